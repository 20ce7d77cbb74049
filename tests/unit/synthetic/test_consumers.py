"""Consumers differ from business contacts in every field that should."""

import re
from statistics import median

import pytest
from unit.synthetic.conftest import MakeAccounts, MakeRun, Record

from simcrm.synthetic import AccountFacts, ContactFacts

COUNT = 3_000
FREEMAIL = {"gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "aol.com", "proton.me", "live.com"}


@pytest.fixture(scope="module")
def households(accounts: MakeAccounts) -> list[AccountFacts]:
    return accounts(COUNT, scenario="B2C")


@pytest.fixture(scope="module")
def consumers(households: list[AccountFacts]) -> list[ContactFacts]:
    return [account.contacts[0] for account in households]


@pytest.fixture(scope="module")
def business(accounts: MakeAccounts) -> list[AccountFacts]:
    return accounts(2_200)


@pytest.fixture(scope="module")
def written(run: MakeRun) -> tuple[list[Record], list[Record]]:
    """Consumers and business contacts as they are written."""
    return run(1_000, scenario="B2C").records, run(1_000).records


def test_a_consumer_stands_alone(households: list[AccountFacts]) -> None:
    assert all(len(account.contacts) == 1 for account in households)


def test_no_two_consumers_have_one_address(consumers: list[ContactFacts]) -> None:
    assert len({contact.email for contact in consumers}) == COUNT


def test_consumers_write_from_mail_providers(consumers: list[ContactFacts]) -> None:
    assert 0.85 <= sum(contact.email.split("@")[1] in FREEMAIL for contact in consumers) / COUNT <= 0.99


def test_an_address_comes_from_the_name(consumers: list[ContactFacts]) -> None:
    for contact in consumers:
        local = re.sub(r"[^a-z]", "", contact.email.split("@")[0])
        assert re.sub(r"[^a-z]", "", contact.person.last.lower()) in local


def test_few_addresses_need_many_digits(consumers: list[ContactFacts]) -> None:
    digits = [len(re.findall(r"\d", contact.email.split("@")[0])) for contact in consumers]

    assert sum(count == 0 for count in digits) > 0.15 * COUNT
    assert sum(count <= 4 for count in digits) > 0.95 * COUNT


def test_consumers_have_no_job_title_and_nothing_that_follows_from_one(
    written: tuple[list[Record], list[Record]],
) -> None:
    consumers, business = written
    of_a_business = {"jobtitle", "website", "hs_linkedin_url"}

    assert not any(of_a_business & record.contact.keys() for record in consumers)
    assert all("jobtitle" in record.contact for record in business)


def test_consumers_decide_for_themselves(written: tuple[list[Record], list[Record]]) -> None:
    consumers, _ = written

    assert sum(record.contact["simcrm_buyer_role"] == "Decision Maker" for record in consumers) > 0.6 * len(consumers)


@pytest.mark.parametrize("name", ["simcrm_original_source", "simcrm_lead_reasoning", "simcrm_marketing_consent_detail"])
def test_words_of_a_contact_are_not_those_of_business(written: tuple[list[Record], list[Record]], name: str) -> None:
    consumers, business = ({record.contact[name] for record in records} for records in written)

    assert len(consumers & business) < 0.02 * len(written[0])


def test_products_and_industries_are_for_consumers(
    households: list[AccountFacts], business: list[AccountFacts]
) -> None:
    def products(accounts: list[AccountFacts]) -> set[str]:
        return {product for account in accounts for product in account.company.interests}

    def industries(accounts: list[AccountFacts]) -> set[str]:
        return {account.company.industry for account in accounts}

    assert not products(households) & products(business)
    assert "RETAIL" in industries(households) - industries(business)


def test_the_companies_are_shops_not_corporations(households: list[AccountFacts], business: list[AccountFacts]) -> None:
    def size(accounts: list[AccountFacts]) -> float:
        return median(account.company.employees for account in accounts)

    assert size(households) < size(business) / 3


def test_consumers_shop_in_their_town(consumers: list[ContactFacts]) -> None:
    assert sum(contact.place.city == contact.company.place.city for contact in consumers) > 0.9 * COUNT


def test_the_same_seed_gives_other_companies_than_in_business(
    households: list[AccountFacts], business: list[AccountFacts]
) -> None:
    assert not [
        one.number
        for one, other in zip(households, business, strict=False)
        if one.company.domain == other.company.domain
    ]
