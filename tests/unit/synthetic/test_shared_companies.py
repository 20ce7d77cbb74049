"""Contacts that share a company."""

from collections import Counter
from typing import Any

import pytest
from builders import DAY, START, plan

from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic import AccountGenerator, CountRange, GenerationSettings

COUNT = 4_000


def generator(scenario: str, sizes: CountRange | int | None, total: int | None = None) -> AccountGenerator:
    settings = GenerationSettings("7", scenario, contacts_per_company=sizes, total_records=total)
    return AccountGenerator(settings)


def histories(**fields: Any) -> AccountHistories:
    span = {"startTime": to_iso_utc(START - 30 * DAY), "endTime": to_iso_utc(START), "seed": "7"}
    return AccountHistories.from_plan(plan(**{"totalRecords": 400, **span, **fields}))


@pytest.fixture(scope="module", params=[("B2B", 4), ("B2C", 2), ("B2B", 9), ("B2B", CountRange(3, 6))], ids=str)
def market(request: pytest.FixtureRequest) -> AccountGenerator:
    scenario, sizes = request.param
    return generator(scenario, sizes)


def test_a_contact_is_one_of_its_account(market: AccountGenerator) -> None:
    for index in [*range(200), *range(1_000_000, 1_000_100)]:
        contact = market.facts(index)
        account = market.account(contact.company.number)
        assert contact == account.contacts[contact.position]
        assert contact.index == index
        assert contact.company == account.company
        assert contact.subject == account.subject


def test_colleagues_differ_in_address_and_name_and_companies_in_domain(market: AccountGenerator) -> None:
    accounts = [market.account(number) for number in range(market.layout.accounts(COUNT))]
    contacts = [contact for account in accounts for contact in account.contacts]

    assert len(contacts) >= COUNT
    assert len({contact.email for contact in contacts}) == len(contacts)
    assert len({account.company.domain for account in accounts}) == len(accounts)


@pytest.mark.parametrize("sizes", [4, 9])
def test_colleagues_in_business_have_different_first_and_last_names(sizes: int) -> None:
    market = generator("B2B", sizes)
    for number in range(200):
        people = [contact.person for contact in market.account(number).contacts]
        assert len({person.first for person in people}) == len({person.last for person in people}) == len(people)


@pytest.mark.parametrize(("scenario", "mean", "low", "high"), [("B2B", 4, 2, 8), ("B2B", 9, 5, 15), ("B2C", 2, 1, 4)])
def test_the_mean_is_the_setting_and_sizes_spread_by_the_ratio(scenario: str, mean: int, low: int, high: int) -> None:
    layout = generator(scenario, mean).layout
    sizes = Counter(layout.place(index).account for index in range(16 * mean * 20))

    assert sum(sizes.values()) / len(sizes) == mean
    assert low <= min(sizes.values()) < max(sizes.values()) <= high


def test_sizes_are_those_of_the_range_that_is_asked_for() -> None:
    layout = generator("B2B", CountRange(3, 6)).layout
    sizes = [len(layout.contacts(number)) for number in range(160)]

    assert set(sizes) == {3, 4, 5, 6}
    assert sum(sizes) / len(sizes) == layout.mean == 4.5


def test_without_a_setting_sizes_are_the_scenarios_own_and_a_consumer_stands_alone() -> None:
    business, consumers = (generator(scenario, None).layout.sizes for scenario in ("B2B", "B2C"))

    assert (business.low, business.high) == (3, 6)
    assert (consumers.low, consumers.high) == (1, 1)


@pytest.mark.parametrize("total", [1, 2, 17, 100])
def test_the_last_account_is_cut_short_by_the_number_of_all_contacts(total: int) -> None:
    market = generator("B2B", CountRange(3, 6), total)
    accounts = [market.account(number) for number in range(market.layout.accounts(total))]

    assert sum(len(account.contacts) for account in accounts) == total
    assert all(account.contacts for account in accounts)


def test_colleagues_write_their_addresses_alike() -> None:
    market = generator("B2B", 4)
    for number in range(500):
        account = market.account(number)
        if not account.company.uses_freemail:
            assert len({"." in contact.email.split("@")[0] for contact in account.contacts}) == 1


@pytest.mark.parametrize("sizes", [1, 3, CountRange(3, 6)], ids=str)
def test_the_account_of_a_contact_is_known_without_its_facts(sizes: CountRange | int) -> None:
    market = generator("B2B", sizes)

    for index in range(200):
        contact, place = market.facts(index), market.layout.place(index)
        assert place == (contact.company.number, contact.position)
        assert market.layout.contacts(place.account)[place.position] == index


@pytest.mark.parametrize("sizes", [4, None])
def test_a_company_was_entered_before_its_contacts(sizes: int | None) -> None:
    made = histories(contactsPerCompany=sizes)
    for number in range(made.arrivals.count):
        company = made.company(number)
        for contact in made.history(number).facts.contacts:
            joined = made.contact(number, contact.position)
            assert company["simcrm_simulated_at"] < joined["simcrm_simulated_at"]


def test_the_company_of_a_single_contact_is_entered_with_it() -> None:
    made = histories(contactsPerCompany=1, totalRecords=50)

    for number in range(50):
        assert made.company(number)["simcrm_simulated_at"] == made.contact(number, 0)["simcrm_simulated_at"]
