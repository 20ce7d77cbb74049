"""E-mail addresses and domains are unique by construction, not by luck."""

import random
from itertools import pairwise

import pytest
from unit.synthetic.conftest import ARRIVAL, MakeRun

from simcrm.synthetic import RECORD_LIMIT, GenerationSettings, RecordIndexError, SyntheticGenerator, locale_names
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


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_addresses_and_domains_are_unique_far_into_a_run(scenario: str) -> None:
    """Neighbours, the first records and a sample of all, so that clashes of any distance would show."""
    generator = SyntheticGenerator(GenerationSettings(seed="u", scenario=scenario))
    chosen = random.Random(5)  # noqa: S311
    indexes = {*range(4000), *range(9_990_000, 9_994_000), *(chosen.randrange(10_000_000) for _ in range(8000))}

    facts = [generator.facts(index) for index in indexes]

    assert len({fact.email for fact in facts}) == len(indexes)
    assert len({fact.company.domain for fact in facts}) == len(indexes)


def test_runs_of_different_seeds_practically_never_share_an_address(run: MakeRun) -> None:
    for scenario in ("B2B", "B2C"):
        one, other = (run(5000, scenario=scenario, seed=seed)[1] for seed in ("left", "right"))
        assert len({pair.contact["email"] for pair in one} & {pair.contact["email"] for pair in other}) <= 2
        assert len({pair.company["domain"] for pair in one} & {pair.company["domain"] for pair in other}) <= 6


def test_names_at_a_run_of_ordinary_size_need_no_numbers(run: MakeRun) -> None:
    _, pairs = run(10_000)

    assert not any("-" in pair.company["domain"] or any(c.isdigit() for c in pair.company["domain"]) for pair in pairs)


@pytest.mark.parametrize("index", [-1, RECORD_LIMIT])
def test_an_index_out_of_range_is_refused(run: MakeRun, index: int) -> None:
    generator, _ = run(1)

    with pytest.raises(RecordIndexError, match=f"{index} is outside 0 to {RECORD_LIMIT - 1}"):
        generator.facts(index)


def test_the_last_index_is_a_record(run: MakeRun) -> None:
    generator, _ = run(1)

    assert generator.pair(RECORD_LIMIT - 1, ARRIVAL).contact["email"]


def test_all_domains_can_stand_under_one_that_the_user_owns() -> None:
    for scenario in ("B2B", "B2C"):
        settings = GenerationSettings(seed="7", scenario=scenario, domain_suffix="acme.sandbox.example-owned.com")
        generator = SyntheticGenerator(settings)
        for index in range(500):
            pair = generator.pair(index, ARRIVAL)
            assert pair.company["domain"].endswith(".acme.sandbox.example-owned.com")
            assert pair.contact["email"].endswith(".acme.sandbox.example-owned.com")


def test_every_address_can_be_undeliverable() -> None:
    for scenario in ("B2B", "B2C"):
        generator = SyntheticGenerator(GenerationSettings(seed="7", scenario=scenario, undeliverable=True))
        pairs = [generator.pair(index, ARRIVAL) for index in range(500)]
        assert all(pair.contact["email"].endswith(".test") for pair in pairs)
        assert all(pair.company["domain"].endswith(".test") for pair in pairs)
        assert len({pair.contact["email"] for pair in pairs}) == 500
