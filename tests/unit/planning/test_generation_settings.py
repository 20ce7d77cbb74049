"""The number of a run's contacts, as requested or by the number of its companies."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import START, simulation_input
from template.conftest import ROOT

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.run_mode import RunMode
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.generation_settings import count_records
from simcrm.planning.plan_document import SimulationPlan, read_plan, resolve_plan, write_plan
from simcrm.planning.resolved_input import resolve_input
from simcrm.storage.simulation_files import SimulationFiles

ENOUGH = 250_000
"""More companies than a run can have, if each has at least five contacts."""


def plan(**fields: Any) -> SimulationPlan:
    request = parse_simulation_input({"seed": "seed", **fields})
    return resolve_plan("sim-test", request, START, DEFAULT_PIPELINE, ())


@pytest.mark.parametrize("companies", [1, 2, 15, 16, 17, 100])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"scenario": "B2C"},
        {"contactsPerCompany": 1},
        {"contactsPerCompany": 7},
        {"contactsPerCompany": {"min": 2, "max": 9}},
        {"scenarioParameters": {"contactsPerCompany": {"low": 1, "high": 3}}},
        {"locales": {"de_DE": 1, "ja_JP": 2}},
    ],
    ids=str,
)
def test_a_run_has_exactly_so_many_companies_and_all_their_contacts(companies: int, fields: dict[str, Any]) -> None:
    made = plan(totalCompanies=companies, **fields)
    histories = AccountHistories.from_plan(made)
    whole = AccountHistories.from_plan(plan(totalRecords=made.total_records + 100, **fields))

    assert histories.arrivals.count == companies
    assert sum(len(histories.contacts(number)) for number in range(companies)) == made.total_records
    assert histories.contacts(companies - 1) == whole.contacts(companies - 1)


def test_the_sizes_of_companies_follow_the_seed() -> None:
    counts = {count_records(simulation_of(5), str(seed)) for seed in range(20)}

    assert len(counts) > 1
    assert {count_records(simulation_of(16), str(seed)) for seed in range(20)} == {72}


def simulation_of(companies: int) -> Any:
    return parse_simulation_input({"totalCompanies": companies})


def test_a_plan_holds_the_number_of_records_and_is_that_of_an_input_that_gives_it() -> None:
    made = plan(totalCompanies=20)

    assert (made.input.total_records, made.input.total_companies) == (made.total_records, None)
    assert made.total_records > 20
    assert made == plan(totalRecords=made.total_records).model_copy(
        update={"input": made.input.model_copy(update={"mode": RunMode.BACKFILL})}
    )


def test_a_plan_of_companies_is_read_as_it_was_written(files: SimulationFiles) -> None:
    made = plan(totalCompanies=20)
    write_plan(files, made)

    assert read_plan(files) == made


def test_the_number_that_is_requested_is_not_computed() -> None:
    assert count_records(simulation_input(totalRecords=11, scenario="none"), "seed") == 11


def test_companies_of_a_pack_of_ones_own_are_counted_by_its_sizes(tmp_path: Path) -> None:
    shipped = (ROOT / "layers/domain/simcrm/synthetic/data/packs/b2b-software.json").read_text(encoding="utf-8")
    own = tmp_path / "mine.json"
    own.write_text(shipped.replace('"b2b-software"', '"mine"'), encoding="utf-8")
    request = parse_simulation_input({"totalCompanies": 3, "scenario": "mine", "seed": "s"})

    made = resolve_plan("sim-test", request, START, DEFAULT_PIPELINE, (), pack_paths=(str(own),))

    settings = replace(made.generation, pack_paths=(str(own),))
    assert AccountHistories.from_plan(made, settings.pack_paths).arrivals.count == 3


@pytest.mark.parametrize("resolve", [lambda given: resolve_input(given).request, lambda given: plan(**given)])
def test_companies_with_too_many_contacts_are_refused_with_their_number(resolve: Any) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        resolve({"totalCompanies": ENOUGH, "contactsPerCompany": 5})

    assert str(caught.value) == (
        "totalCompanies: 250,000 companies have 1,250,000 contacts, and a run has at most 1,000,000: "
        "lower it, or contactsPerCompany"
    )
    assert resolve({"totalCompanies": ENOUGH, "contactsPerCompany": 4}) is not None


def test_an_input_keeps_its_companies_until_it_is_planned() -> None:
    resolved = resolve_input({"totalCompanies": 5})

    assert (resolved.request.total_companies, resolved.request.total_records) == (5, None)
