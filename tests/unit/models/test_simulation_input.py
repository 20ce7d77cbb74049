from datetime import UTC, datetime
from typing import Any

import pytest

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.simulation_input import DistributionMethod, SimulationInput, parse_simulation_input


def parse(**fields: Any) -> SimulationInput:
    return parse_simulation_input({"totalRecords": 1, **fields})


def refusal(document: dict[str, Any] | str | bytes) -> InvalidSimulationError:
    with pytest.raises(InvalidSimulationError) as caught:
        parse_simulation_input(document)
    return caught.value


def test_the_number_of_records_is_all_that_must_be_given() -> None:
    simulation = parse_simulation_input('{"totalRecords": 200}')

    assert simulation.total_records == 200
    assert (simulation.scenario, simulation.distribution_method) == ("B2B", DistributionMethod.EVEN)
    assert (simulation.start_time, simulation.end_time, simulation.time_scale) == (None, None, 1)
    assert (simulation.seed, simulation.contacts_per_company, simulation.dry_run) == (None, None, False)
    assert simulation.activities.enabled
    assert not simulation.hubspot.allow_production_portal


@pytest.mark.parametrize("records", [1, 1_000_000])
def test_one_to_a_million_records_are_taken(records: int) -> None:
    assert parse(totalRecords=records).total_records == records


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        (0, "greater than or equal to 1"),
        (-1, "greater than or equal to 1"),
        (1_000_001, "less than or equal to 1000000"),
        ("10", "valid integer"),
        (10.5, "valid integer"),
        (True, "valid integer"),
    ],
)
def test_any_other_number_of_records_is_refused(records: Any, problem: str) -> None:
    error = refusal({"totalRecords": records})

    assert error.field == "totalRecords"
    assert problem in error.problem


def test_a_simulation_without_a_number_of_records_is_refused_by_that_name() -> None:
    assert refusal({}).field == "totalRecords"


def test_an_unknown_field_is_refused_by_its_name() -> None:
    error = refusal({"totalRecords": 1, "recordz": 5})

    assert (error.field, error.problem) == ("recordz", "is not a field of a simulation")
    assert str(error) == "recordz: is not a field of a simulation"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ai": {"recordsPerCall": 51}}, "ai.recordsPerCall"),
        ({"ai": {"maxCostUsd": -1}}, "ai.maxCostUsd"),
        ({"ai": {"mode": "LATER"}}, "ai.mode"),
        ({"ai": {"temperature": 1}}, "ai.temperature"),
        ({"ai": {"enabled": "yes"}}, "ai.enabled"),
        ({"activities": {"enabled": 1}}, "activities.enabled"),
        ({"hubspot": {"ownerIds": ["1", 2]}}, "hubspot.ownerIds.1"),
        ({"hubspot": {"pipelineId": 7}}, "hubspot.pipelineId"),
        ({"hubspot": {"allowProductionPortal": "true"}}, "hubspot.allowProductionPortal"),
        ({"locales": {"en_US": 0}}, "locales.en_US"),
        ({"locales": {}}, "locales"),
        ({"distributionMethod": "SIDEWAYS"}, "distributionMethod"),
        ({"timeScale": -0.5}, "timeScale"),
        ({"timeScale": 1_000_001}, "timeScale"),
        ({"timeScale": "1"}, "timeScale"),
        ({"contactsPerCompany": 0}, "contactsPerCompany"),
        ({"contactsPerCompany": 101}, "contactsPerCompany"),
        ({"dryRun": "false"}, "dryRun"),
        ({"theme": "x" * 2_001}, "theme"),
        ({"scenario": 5}, "scenario"),
        ({"simulationId": "has space"}, "simulationId"),
        ({"simulationId": "x" * 81}, "simulationId"),
        ({"simulationId": "sim-1\n"}, "simulationId"),
        ({"simulationId": ""}, "simulationId"),
        ({"startTime": "tomorrow"}, "startTime"),
        ({"startTime": "2026-03-01T00:00:00"}, "startTime"),
        ({"endTime": 1_700_000_000.5}, "endTime"),
    ],
)
def test_a_bad_value_is_refused_by_the_json_path_of_its_field(given: dict[str, Any], field: str) -> None:
    assert refusal({"totalRecords": 1, **given}).field == field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"totalRecords": 1, "locales": {"en_US": 1e400}}', "locales.en_US"),
        ('{"totalRecords": 1, "ai": {"maxCostUsd": 1e400}}', "ai.maxCostUsd"),
        ('{"totalRecords": 1, "timeScale": NaN}', "timeScale"),
    ],
)
def test_a_number_without_end_is_no_number(text: str, field: str) -> None:
    assert refusal(text).field == field


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "null", '"totalRecords"', b"\xff\xfe", '{"totalRecords": 1'])
def test_what_is_no_json_object_is_refused_as_the_body(text: str | bytes) -> None:
    assert refusal(text).field == "body"


def test_a_problem_begins_in_lower_case_because_it_follows_the_field() -> None:
    assert str(refusal({"totalRecords": 0})) == "totalRecords: input should be greater than or equal to 1"


def test_an_end_before_its_start_is_refused() -> None:
    error = refusal({"totalRecords": 1, "startTime": "2026-03-02T00:00:00Z", "endTime": "2026-03-01T23:59:59Z"})

    assert (error.field, error.problem) == ("endTime", "is before startTime")


def test_a_span_may_be_a_moment() -> None:
    moment = "2026-03-02T00:00:00Z"

    assert parse(startTime=moment, endTime=moment).start_time == datetime(2026, 3, 2, tzinfo=UTC)


def test_times_are_compared_and_kept_in_utc() -> None:
    simulation = parse(startTime="2026-03-02T01:00:00+02:00", endTime="2026-03-01T23:30:00Z")

    assert simulation.start_time == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert simulation.start_time.tzinfo is UTC


BOTH = "totalCompanies: specify either totalRecords or totalCompanies, not both"


@pytest.mark.parametrize("companies", [1, 1_000_000])
def test_companies_may_be_counted_instead_of_records(companies: int) -> None:
    simulation = parse_simulation_input({"totalCompanies": companies})

    assert (simulation.total_companies, simulation.total_records) == (companies, None)
    assert parse_simulation_input(simulation.model_dump_json(by_alias=True)) == simulation


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "totalRecords: is required, unless totalCompanies is specified"),
        ({"totalRecords": None}, "totalRecords: is required, unless totalCompanies is specified"),
        ({"totalRecords": 1, "totalCompanies": 1}, BOTH),
        ({"total_records": 1, "totalCompanies": 1}, BOTH),
        ({"totalCompanies": 0}, "totalCompanies: input should be greater than or equal to 1"),
        ({"totalCompanies": 1_000_001}, "totalCompanies: input should be less than or equal to 1000000"),
        ({"totalCompanies": "5"}, "totalCompanies: input should be a valid integer"),
    ],
    ids=str,
)
def test_either_records_or_companies_are_counted(given: dict[str, Any], said: str) -> None:
    assert str(refusal(given)) == said


def test_either_one_locale_or_several_are_given() -> None:
    error = refusal({"totalRecords": 1, "locale": "en_US", "locales": {"en_US": 1}})

    assert error.field == "locales"


def test_the_predecessors_names_are_taken_too() -> None:
    simulation = parse_simulation_input(
        {
            "total_records": 5,
            "distribution_method": "SURGE",
            "start_time": "2026-03-01T00:00:00Z",
            "end_time": "2026-03-02T00:00:00Z",
        }
    )

    assert simulation.total_records == 5
    assert simulation.distribution_method is DistributionMethod.SURGE
    assert (simulation.start_time, simulation.end_time) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_a_field_is_named_in_an_error_as_it_was_given() -> None:
    assert refusal({"total_records": 0}).field == "total_records"


def test_a_field_is_given_by_one_of_its_names_only() -> None:
    assert refusal({"totalRecords": 1, "total_records": 1}).field == "total_records"


@pytest.mark.parametrize("name", ["time_scale", "contacts_per_company", "dry_run"])
def test_other_names_in_snake_case_are_unknown(name: str) -> None:
    assert refusal({"totalRecords": 1, name: 1}).field == name


@pytest.mark.parametrize("seed", ["seven", 7])
def test_a_seed_is_text_or_a_number(seed: str | int) -> None:
    assert parse(seed=seed).seed == seed


def test_a_simulation_survives_its_own_json() -> None:
    simulation = parse(startTime="2026-03-01T00:00:00Z", hubspot={"ownerIds": ["1"]}, locales={"en_US": 2})

    assert parse_simulation_input(simulation.model_dump_json(by_alias=True, exclude_unset=True)) == simulation
