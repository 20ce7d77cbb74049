"""Consumers differ from business contacts in every field that should."""

import re
from statistics import median

import pytest
from unit.synthetic.conftest import MakeRun

from simcrm.synthetic import Pair

COUNT = 5_000
FREEMAIL = {"gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "aol.com", "proton.me", "live.com"}


@pytest.fixture(scope="module")
def consumers(run: MakeRun) -> list[Pair]:
    return run(COUNT, scenario="B2C")[1]


@pytest.fixture(scope="module")
def business(run: MakeRun) -> list[Pair]:
    return run(10_000)[1][:COUNT]


def provider(pair: Pair) -> str:
    return pair.contact["email"].split("@")[1]


def test_no_two_consumers_have_one_address(consumers: list[Pair]) -> None:
    assert len({pair.contact["email"] for pair in consumers}) == COUNT


def test_consumers_write_from_mail_providers(consumers: list[Pair]) -> None:
    assert 0.85 <= sum(provider(pair) in FREEMAIL for pair in consumers) / COUNT <= 0.99


def test_an_address_comes_from_the_name(consumers: list[Pair]) -> None:
    for pair in consumers:
        local = re.sub(r"[^a-z]", "", pair.contact["email"].split("@")[0])
        assert re.sub(r"[^a-z]", "", pair.contact["lastname"].lower()) in local


def test_few_addresses_need_many_digits(consumers: list[Pair]) -> None:
    digits = [len(re.findall(r"\d", pair.contact["email"].split("@")[0])) for pair in consumers]

    assert sum(count == 0 for count in digits) > 0.15 * COUNT
    assert sum(count <= 4 for count in digits) > 0.95 * COUNT


def test_consumers_have_no_job_title(consumers: list[Pair]) -> None:
    assert all("jobtitle" not in pair.contact for pair in consumers)


def test_consumers_decide_for_themselves(consumers: list[Pair]) -> None:
    assert sum(pair.contact["simcrm_buyer_role"] == "Decision Maker" for pair in consumers) > 0.6 * COUNT


@pytest.mark.parametrize("name", ["simcrm_original_source", "simcrm_lead_reasoning", "simcrm_marketing_consent_detail"])
def test_words_of_a_contact_are_not_those_of_business(consumers: list[Pair], business: list[Pair], name: str) -> None:
    shared = {pair.contact[name] for pair in consumers} & {pair.contact[name] for pair in business}

    assert len(shared) < 0.02 * COUNT


def test_products_and_industries_are_for_consumers(consumers: list[Pair], business: list[Pair]) -> None:
    def of(pairs: list[Pair], name: str) -> set[str]:
        return {pair.company[name] for pair in pairs}

    assert not of(consumers, "simcrm_product_interest") & of(business, "simcrm_product_interest")
    assert "RETAIL" in of(consumers, "industry") - of(business, "industry")


def test_the_companies_are_shops_not_corporations(consumers: list[Pair], business: list[Pair]) -> None:
    def size(pairs: list[Pair]) -> float:
        return median(int(pair.company["numberofemployees"]) for pair in pairs)

    assert size(consumers) < size(business) / 3


def test_consumers_shop_in_their_town(consumers: list[Pair]) -> None:
    assert sum(pair.contact["city"] == pair.company["city"] for pair in consumers) > 0.9 * COUNT


def test_the_same_seed_gives_other_people_than_in_business(consumers: list[Pair], business: list[Pair]) -> None:
    same = sum(one.company["domain"] == other.company["domain"] for one, other in zip(consumers, business, strict=True))

    assert same == 0
