"""E-mail addresses and domains are unique by construction, not by luck."""

import random
import re
from itertools import pairwise
from typing import Any

import pytest

from simcrm.synthetic import (
    RECORD_LIMIT,
    AccountGenerator,
    ContactFacts,
    CountRange,
    GenerationSettings,
    RecordIndexError,
    locale_names,
)
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.seeded_random import Permutation, SeedSequence

FIRST_PARTS = ("first", "surname", "plainSurname", "initials", "coinedStart", "founder", "kanjiFirst")
FOLLOWING_PARTS = ("second", "otherSurname", "suffix")


def slugs(locale: str, names: tuple[str, ...]) -> list[str]:
    data = read_data(f"locales/{locale}/companies.json")
    return [entry.partition("|")[2] or entry.lower() for name in names for entry in data.get(name, [])]


@pytest.mark.parametrize(("left", "right"), [(1, 1), (7, 1), (26, 676), (1000, 1), (380, 83)])
def test_a_permutation_reaches_every_pair_once(left: int, right: int) -> None:
    order = Permutation(SeedSequence("x"), "test", left, right)

    reached = {order.pair(position) for position in range(order.size)}

    assert reached == {(a, b) for a in range(left) for b in range(right)}


@pytest.mark.parametrize("locale", locale_names())
@pytest.mark.parametrize("names", [FIRST_PARTS, FOLLOWING_PARTS, ("coinedMiddle",), ("coinedEnd",), ("kanjiSecond",)])
def test_no_part_of_a_domain_begins_another_of_its_place(locale: str, names: tuple[str, ...]) -> None:
    parts = sorted(slugs(locale, names))

    assert len(parts) == len(set(parts))
    assert not [(one, two) for one, two in pairwise(parts) if two.startswith(one)]


def generator(seed: str = "7", scenario: str = "B2B", sizes: CountRange | int = 1, **changes: Any) -> AccountGenerator:
    return AccountGenerator(GenerationSettings(seed, scenario, contacts_per_company=sizes, **changes))


def first_contacts(made: AccountGenerator, count: int) -> list[ContactFacts]:
    return [made.facts(index) for index in range(count)]


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_addresses_and_domains_are_unique_far_into_a_run(scenario: str) -> None:
    """Neighbours, the first records and a sample of all, so that clashes of any distance would show."""
    made = generator("u", scenario)
    chosen = random.Random(5)  # noqa: S311
    indexes = {*range(2000), *range(9_990_000, 9_992_000), *(chosen.randrange(10_000_000) for _ in range(4000))}

    facts = [made.facts(index) for index in indexes]

    assert len({fact.email for fact in facts}) == len(indexes)
    assert len({fact.company.domain for fact in facts}) == len(indexes)


def test_addresses_of_colleagues_are_unique_far_into_a_run() -> None:
    made = generator("u", sizes=CountRange(3, 6))
    accounts = [made.account(number) for number in (*range(400), *range(9_000_000, 9_000_400))]

    emails = [contact.email for account in accounts for contact in account.contacts]

    assert len(set(emails)) == len(emails)
    assert len({account.company.domain for account in accounts}) == len(accounts)


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_runs_of_different_seeds_practically_never_share_an_address(scenario: str) -> None:
    one, other = (first_contacts(generator(seed, scenario), 3000) for seed in ("left", "right"))

    assert len({contact.email for contact in one} & {contact.email for contact in other}) <= 1
    assert len({contact.company.domain for contact in one} & {contact.company.domain for contact in other}) <= 4


def test_names_at_a_run_of_ordinary_size_need_no_numbers() -> None:
    companies = generator().locale_context(0).companies
    domains = [companies.company(number).domain for number in range(10_000)]

    assert not [domain for domain in domains if re.search(r"[-\d]", domain)]


@pytest.mark.parametrize("index", [-1, RECORD_LIMIT])
def test_an_index_out_of_range_is_refused(index: int) -> None:
    with pytest.raises(RecordIndexError, match=f"{index} is outside 0 to {RECORD_LIMIT - 1}"):
        generator().facts(index)


@pytest.mark.parametrize("sizes", [1, CountRange(3, 6)], ids=str)
def test_the_last_index_is_a_contact(sizes: CountRange | int) -> None:
    contact = generator(sizes=sizes).facts(RECORD_LIMIT - 1)

    assert contact.index == RECORD_LIMIT - 1
    assert contact.email


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_all_domains_can_stand_under_one_that_the_user_owns(scenario: str) -> None:
    made = generator(scenario=scenario, domain_suffix="acme.sandbox.example-owned.com")
    for contact in first_contacts(made, 500):
        assert contact.company.domain.endswith(".acme.sandbox.example-owned.com")
        assert contact.email.endswith(".acme.sandbox.example-owned.com")


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_every_address_can_be_undeliverable(scenario: str) -> None:
    contacts = first_contacts(generator(scenario=scenario, undeliverable=True), 500)

    assert all(contact.email.endswith(".test") for contact in contacts)
    assert all(contact.company.domain.endswith(".test") for contact in contacts)
    assert len({contact.email for contact in contacts}) == 500
