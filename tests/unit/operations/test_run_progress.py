import pytest
from builders import status

from simcrm.models.crm_objects import ObjectType
from simcrm.operations.run_progress import llm_counters, percent_complete, written_counts
from simcrm.storage.run_status import RunState


def test_before_anything_is_planned_nothing_is_complete() -> None:
    assert percent_complete(status(RunState.QUEUED, planned=0), {}) == 0


def test_contacts_and_companies_settle_in_the_half_that_their_records_are() -> None:
    assert percent_complete(status(planned=100), {"records_settled": "100"}) == 0.5


def test_activities_are_part_of_the_whole_as_soon_as_some_are_known() -> None:
    halfway = {"records_generated": "50", "activities_planned": "100", "records_settled": "100"}

    assert percent_complete(status(planned=100), halfway) == 0.25


def test_the_activities_of_batches_to_come_are_estimated_from_those_before() -> None:
    counted = {"records_generated": "10", "activities_planned": "30", "records_settled": "20"}

    assert percent_complete(status(planned=10), counted) == 0.4
    assert percent_complete(status(planned=100), counted) == 0.04


def test_settled_activities_bring_a_run_forward() -> None:
    counted = {"records_generated": "10", "activities_planned": "30", "records_settled": "20"}

    assert percent_complete(status(planned=10), counted | {"activities_settled": "15"}) == 0.7


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.FAILED, RunState.ABORTED])
def test_only_success_is_complete(state: RunState) -> None:
    assert percent_complete(status(state, planned=10), {"records_settled": "20"}) == 0.999
    assert percent_complete(status(RunState.SUCCEEDED, planned=10), {}) == 1


def test_a_run_that_arrived_in_part_is_as_complete_as_what_it_settled() -> None:
    assert percent_complete(status(RunState.PARTIAL, planned=10), {"records_settled": "20"}) == 1
    assert percent_complete(status(RunState.PARTIAL, planned=10), {"records_settled": "15"}) == 0.75


def test_more_settled_than_planned_is_not_more_than_complete() -> None:
    assert percent_complete(status(planned=1), {"records_settled": "50"}) == 0.999


def test_written_objects_are_counted_by_type_and_an_absent_counter_is_zero() -> None:
    assert written_counts({"contacts_created": "7", "other": "9"}) == dict.fromkeys(ObjectType, 0) | {
        ObjectType.CONTACTS: 7
    }


def test_a_simulation_without_a_model_has_only_fallbacks() -> None:
    assert llm_counters({"ai_generation_fallback": "40"}) == {
        "successCount": 0,
        "fallbackCount": 40,
        "totalCount": 40,
        "successRate": "0.000",
        "avgLatencyMs": 0,
        "totalTokens": 0,
        "estimatedCost": "$0.0000",
        "lastErrorCategory": None,
    }


def test_the_models_part_is_a_rate_with_three_decimals_and_a_mean() -> None:
    part = llm_counters(
        {
            "ai_generation_success": "2",
            "ai_generation_fallback": "1",
            "ai_generation_total_latency_ms": "901",
            "ai_generation_total_tokens": "1200",
            "ai_last_error_category": "rate_limit",
        }
    )

    assert (part["successRate"], part["avgLatencyMs"], part["totalTokens"]) == ("0.667", 450, 1200)
    assert (part["totalCount"], part["lastErrorCategory"]) == (3, "rate_limit")


def test_a_simulation_that_has_generated_nothing_has_a_rate_of_zero() -> None:
    assert (llm_counters({})["successRate"], llm_counters({})["totalCount"]) == ("0.000", 0)
