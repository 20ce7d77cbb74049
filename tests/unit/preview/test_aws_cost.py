"""The bill of a run: its counts are those of the state machine, its sums those of the price list."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from itertools import takewhile
from typing import Any

import pytest
from template.conftest import ROOT
from template.machine import VALUES, definition

from simcrm.preview import aws_cost
from simcrm.preview.aws_cost import DEFAULT_USAGE, AwsCost, AwsPrices, UsageModel, estimate_aws

EXACT = UsageModel(retried_share=0)
FREE = AwsPrices(**{price.name: 0.0 for price in fields(AwsPrices)})


def bill(**known: Any) -> AwsCost:
    counts = {"records": 1_000, "batches": 10, "waves": 40, "hubspot_calls": 100, "ai_calls": 0}
    return estimate_aws(**{"usage": EXACT, **counts, **known})


def way(machine: Mapping[str, Any]) -> Iterator[str]:
    """The states of a machine or of a map's item where nothing fails."""
    name: str | None = machine["StartAt"]
    while name is not None:
        yield name
        state = machine["States"][name]
        name = state.get("Next") or state.get("Default")


def test_transitions_are_the_states_that_a_run_enters() -> None:
    machine = definition(VALUES)
    batch = machine["States"]["RunBatches"]["ItemProcessor"]
    wave = batch["States"]["RunWaves"]["ItemProcessor"]

    assert len(list(way(machine))) == aws_cost.RUN_TRANSITIONS
    assert len(list(way(batch))) == aws_cost.BATCH_TRANSITIONS
    assert len(list(way(wave))) == aws_cost.WAVE_TRANSITIONS
    assert bill(batches=10, waves=40).quantities["stateTransitions"] == 1 + 6 + 10 * (1 + 5) + 40 * 3


def test_a_million_transitions_cost_what_step_functions_charges() -> None:
    counted = bill(batches=0, waves=333_331)

    assert counted.quantities["stateTransitions"] == 1_000_000
    assert counted.lines["stepFunctions"] == pytest.approx(25.0, rel=1e-5)


def test_a_run_asks_s3_for_what_was_counted_of_its_units() -> None:
    shape = UsageModel(retried_share=0, run_gets=1, batch_gets=8, wave_gets=7, run_puts=10, batch_puts=3, wave_puts=2)

    found = bill(usage=shape, batches=10, waves=40).quantities

    assert found["s3Gets"] == 1 + 10 * 8 + 40 * 7
    assert found["s3Puts"] == 10 + 10 * 3 + 40 * 2


def test_what_is_computed_costs_by_the_core_and_what_is_waited_for_by_the_memory() -> None:
    idle = dict.fromkeys((field.name for field in fields(UsageModel) if "seconds" in field.name), 0.0)

    def gb_seconds(**known: float) -> float:
        return bill(usage=UsageModel(**{**idle, "retried_share": 0, **known})).quantities["lambdaGbSeconds"]  # type: ignore[arg-type]

    assert gb_seconds() == 0
    assert gb_seconds(batch_core_seconds=2) == gb_seconds(batch_core_seconds=2, other_gb=3) == pytest.approx(1.73 * 20)
    assert gb_seconds(hubspot_call_seconds=1) == pytest.approx(0.5 * 100)
    assert gb_seconds(hubspot_call_seconds=1, other_gb=1) == pytest.approx(100)


PER = json.loads((ROOT / "bench" / "results" / "scale.json").read_text())["counted"]["per"]


def test_what_is_counted_is_what_the_results_of_the_count_hold() -> None:
    s3, redis, logs = PER["s3"], PER["redis"], PER["logKb"]
    counted = {
        **{f"{name}_{kind}": s3[name][kind] for name in ("run", "batch", "wave") for kind in ("gets", "puts")},
        **{f"ai_call_{kind}": s3["call"][kind] for kind in ("gets", "puts")},
        "log_kb_per_invocation": logs["invocation"],
        "log_kb_per_ai_record": logs["record"],
        "stored_kb_per_object": PER["objectKb"]["stored"],
        "sent_kb_per_object": PER["objectKb"]["sent"],
        "sent_kb_per_ai_call": PER["modelCallKb"],
        "cache_units_per_record": redis["record"],
        "cache_units_per_step": redis["step"],
        "cache_units_per_hubspot_call": redis["hubspotCall"],
        "cache_units_per_ai_call": redis["modelCall"],
    }

    assert {name: getattr(DEFAULT_USAGE, name) for name in counted} == pytest.approx(counted, rel=0.1)
    assert abs(PER["liveGets"]["unexpected"]) < 0.05 * PER["liveGets"]["counted"]


def test_what_is_measured_on_a_shared_machine_is_within_a_factor_of_two() -> None:
    measured = {f"{name}_core_seconds": PER["coreMs"][name] / 1e3 for name in ("run", "batch", "wave", "activity")}
    names = {"hubspotCall": "hubspot_call", "modelCall": "ai_call"}
    measured |= {f"{ours}_core_seconds": PER["coreMs"][theirs] / 1e3 for theirs, ours in names.items()}
    measured |= {"messages_per_write": PER["messagesPerWrite"]["backfill"]}

    assert {
        name for name, found in measured.items() if not found / 2 < getattr(DEFAULT_USAGE, name) < found * 2
    } == set()


def test_each_step_is_one_message_of_three_requests() -> None:
    assert bill(batches=10, waves=40).quantities["sqsRequests"] == 150


def test_the_total_is_the_sum_of_its_lines() -> None:
    counted = bill()

    assert counted.total == pytest.approx(sum(counted.lines.values()))
    assert set(counted.lines) == {"stepFunctions", "lambda", "sqs", "s3", "logs", "cache", "dataOut"}
    assert bill(prices=FREE).total == 0


@pytest.mark.parametrize("more", [{"batches": 20}, {"waves": 80}, {"hubspot_calls": 900}, {"ai_calls": 100}])
def test_more_work_costs_more(more: dict[str, int]) -> None:
    assert bill(**more).total > bill().total


def test_calls_to_the_model_that_run_side_by_side_are_waited_for_once() -> None:
    shape = replace(EXACT, ai_call_core_seconds=0, ai_call_gets=0, ai_call_puts=0)
    alone, beside, after = (bill(batches=1, ai_calls=calls, usage=shape).lines["lambda"] for calls in (1, 20, 21))

    assert beside == pytest.approx(alone)
    assert after - alone == pytest.approx(5.0 * 1.0 * 0.0000133334, rel=0.01)


def test_all_that_leaves_is_charged_because_others_may_use_up_what_is_free() -> None:
    shape = UsageModel(sent_kb_per_object=1_000, sent_kb_per_ai_call=2_000)

    assert bill(objects=50_000, usage=shape).lines["dataOut"] == pytest.approx(50 * 0.09)
    assert bill(objects=0, ai_calls=1_000, usage=shape).lines["dataOut"] == pytest.approx(2 * 0.09)


def test_a_failing_share_is_paid_twice() -> None:
    once, again = bill(), bill(usage=UsageModel(retried_share=1))

    assert again.quantities["sqsRequests"] == 2 * once.quantities["sqsRequests"]


def test_a_run_of_a_million_records_costs_tens_of_dollars_not_hundreds() -> None:
    counted = estimate_aws(records=1_000_000, batches=10_000, waves=10_000, hubspot_calls=120_000, ai_calls=340_000)

    assert 5 < counted.total < 50


def table(after: str) -> dict[str, list[str]]:
    """The rows of a table of the page by their first cell."""
    text = (ROOT / "docs" / "scale.md").read_text().split(after, 1)[1].strip().splitlines()
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in takewhile(lambda row: row[:1] == "|", text)]
    return {name: cells for name, *cells in rows}


def bills_of_the_page() -> list[AwsCost]:
    """One run of each kind that the page counts."""
    counts = table(
        "| | records | batches | waves | HubSpot calls | model calls | objects |\n|---|---|---|---|---|---|---|"
    )
    names = ("records", "batches", "waves", "hubspot_calls", "ai_calls", "objects")
    return [
        bill(usage=DEFAULT_USAGE, **{name: int(cell.replace(",", "")) for name, cell in zip(names, cells, strict=True)})
        for cells in counts.values()
    ]


def test_the_page_about_scale_says_what_the_prices_say() -> None:
    bills = bills_of_the_page()
    priced = table("| line | A | B | C |\n|---|---|---|---|")

    assert priced.pop("total") == [f"{10 * found.total:.2f}" for found in bills]
    assert priced == {line: [f"{10 * found.lines[line]:.2f}" for found in bills] for line in bills[0].lines}


def test_the_page_about_scale_says_how_much_of_everything_is_paid_for() -> None:
    bills = bills_of_the_page()
    asked = table("| quantity | A | B | C |\n|---|---|---|---|")

    def shown(amount: float) -> str:
        return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"

    assert asked == {name: [shown(found.quantities[name]) for found in bills] for name in bills[0].quantities}
