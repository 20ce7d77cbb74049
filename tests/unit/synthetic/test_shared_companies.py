"""Contacts that share a company."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from unit.synthetic.conftest import ARRIVAL

from simcrm.synthetic import GenerationSettings, Pair, SyntheticGenerator

COUNT = 4_000


def settings_for(mean: int, scenario: str = "B2B") -> GenerationSettings:
    return GenerationSettings(seed="7", scenario=scenario, contacts_per_company=mean)


@pytest.fixture(scope="module", params=[("B2B", 4), ("B2C", 2), ("B2B", 9)])
def pairs(request: pytest.FixtureRequest) -> list[Pair]:
    scenario, mean = request.param
    generator = SyntheticGenerator(settings_for(mean, scenario))
    return [generator.pair(index, ARRIVAL + timedelta(hours=index)) for index in range(COUNT)]


def test_a_company_is_the_same_bytes_from_any_of_its_contacts(pairs: list[Pair]) -> None:
    seen: dict[int, dict[str, str]] = {}
    for pair in pairs:
        assert seen.setdefault(pair.company_index, pair.company) == pair.company


def test_companies_have_different_domains(pairs: list[Pair]) -> None:
    companies = {pair.company_index: pair.company["domain"] for pair in pairs}

    assert len(set(companies.values())) == len(companies)


def test_no_two_colleagues_have_one_address(pairs: list[Pair]) -> None:
    assert len({pair.contact["email"] for pair in pairs}) == COUNT


def test_a_company_was_entered_before_its_contacts(pairs: list[Pair]) -> None:
    for pair in pairs:
        assert pair.company["simcrm_simulated_at"] < pair.contact["simcrm_simulated_at"]


@pytest.mark.parametrize(("scenario", "mean", "low", "high"), [("B2B", 4, 2, 8), ("B2B", 9, 5, 15), ("B2C", 2, 1, 4)])
def test_the_mean_is_the_setting_and_sizes_spread_by_the_ratio(scenario: str, mean: int, low: int, high: int) -> None:
    generator = SyntheticGenerator(settings_for(mean, scenario))
    sizes = Counter(generator.facts(index).company.number for index in range(16 * mean * 20))

    assert sum(sizes.values()) / len(sizes) == mean
    assert low <= min(sizes.values()) < max(sizes.values()) <= high


def test_colleagues_write_their_addresses_alike() -> None:
    generator = SyntheticGenerator(settings_for(4))
    habits = defaultdict(set)
    for index in range(2_000):
        facts = generator.facts(index)
        if not facts.company.uses_freemail:
            habits[facts.company.number].add("." in facts.email.split("@")[0])

    assert all(len(kinds) == 1 for kinds in habits.values())


@pytest.mark.parametrize("mean", [1, 3])
def test_the_company_of_a_record_is_known_without_its_facts(mean: int) -> None:
    generator = SyntheticGenerator(settings_for(mean))

    found = [generator.company_index(index) for index in range(200)]

    assert found == [generator.pair(index, ARRIVAL).company_index for index in range(200)]
