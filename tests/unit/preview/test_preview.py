"""What a preview promises, held against the plan and the generator of the real run."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import DAY, START, simulation_input
from template.conftest import ROOT

from simcrm.core.config import PreviewConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.llm.model_prices import load_prices
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent
from simcrm.models.portal_snapshot import PortalSnapshot
from simcrm.models.run_currency import PortalCurrencies
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import SimulationPlan, resolve_plan
from simcrm.planning.resolved_input import DeploymentSettings, resolve_input
from simcrm.planning.time_mapping import MAX_RUN
from simcrm.preview import preview as preview_module
from simcrm.preview import sample
from simcrm.preview.aws_cost import estimate_aws
from simcrm.preview.portal_load import START_SECONDS, portal_calls
from simcrm.preview.preview import PreviewContext, preview_simulation
from simcrm.preview.sample import SampleResult, sample_batches
from simcrm.storage.file_names import CONTACTS_STEP
from simcrm.storage.previous_values import is_change

JsonObject = dict[str, Any]
QUARTER: JsonObject = {"startTime": "2026-06-01T00:00:00Z", "endTime": "2026-08-31T00:00:00Z"}
BACKFILL: JsonObject = {"startTime": "2025-06-01T00:00:00Z", "endTime": "2025-08-31T00:00:00Z"}
WEEKEND: JsonObject = {"startTime": "2026-06-06T00:00:00Z", "endTime": "2026-06-07T00:00:00Z"}
COUNTED: JsonObject = json.loads((ROOT / "bench/results/scale.json").read_text())["counted"]["runs"]["backfill"]
COUNTED_TEXTS: JsonObject = json.loads((ROOT / "bench/results/ai.json").read_text())
MEASURED: JsonObject = {
    "startTime": "2026-08-01T00:00:00Z",
    "endTime": "2026-11-01T00:00:00Z",
    "timeScale": 0,
    "seed": "bench",
}
MEASURED_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""As in bench/ai_world.py."""
KINDS = ("deals", "notes", "calls", "tasks", "tickets", "meetings", "emails", "lineItems", "products")


def preview(
    *,
    has_key: bool = True,
    limits: JsonObject | None = None,
    portal: PortalSnapshot = PortalSnapshot(),  # noqa: B008 - frozen
    now: datetime = START,
    **fields: Any,
) -> JsonObject:
    config = PreviewConfig.load(limits or {})
    resolved = resolve_input({"totalRecords": 3, "seed": "seed", **fields}, DeploymentSettings(config))
    return preview_simulation(resolved, PreviewContext(config, has_key=has_key, portal=portal), now)


def build_plan(**fields: Any) -> SimulationPlan:
    plan = resolve_plan("sim-test", simulation_input(**{"seed": "seed", **fields}), START, DEFAULT_PIPELINE, ())
    return plan.model_copy(update={"budget_cuts": AccountHistories.from_plan(plan).compute_budget_cutoffs()})


def count_generated(plan: SimulationPlan) -> Counter[str]:
    """Objects by type as the run generates them, changes apart."""
    histories = AccountHistories.from_plan(plan)
    events = [(index, event) for index in range(plan.total_records) for event in histories.events(index)]
    objects = {
        (index, event.object_type, event.ordinal)
        for index, event in events
        if event.object_type is not ObjectType.CONTACTS
    }
    counts = Counter(kind.json_name for _, kind, _ in objects)
    counts["stageChanges"] = len(events) - len(objects) - sum(event.is_entry for _, event in events)
    counts["companies"] = histories.arrivals.count
    counts["products"] = len(histories.product_numbers)
    return counts


@pytest.mark.parametrize(
    "fields",
    [
        {"totalRecords": 300, **BACKFILL},
        {"totalRecords": 300, **QUARTER},
        {"totalRecords": 250, **QUARTER, "timeScale": 0, "contactsPerCompany": 4, "scenario": "B2C"},
        {"totalRecords": 200, **QUARTER, "activities": {"budgets": {"notes": 40, "calls": 0}, "caps": {"tasks": 1}}},
    ],
    ids=["backfill", "live", "shared companies", "budgets"],
)
def test_the_counts_of_a_small_simulation_are_those_of_its_run(fields: JsonObject) -> None:
    plan = build_plan(**fields)
    counts = preview(**fields)["counts"]

    made = count_generated(plan)
    assert counts["contacts"] == plan.total_records
    assert {name: count for name, count in counts.items() if name != "contacts"} == {
        name: made[name] for name in ("companies", *KINDS, "stageChanges")
    }


@pytest.mark.parametrize("fields", [{"timeScale": 0}, {"timeScale": 1}, {"timeScale": 5000.0}], ids=str)
def test_the_batches_of_a_small_simulation_are_those_of_its_plan(fields: JsonObject) -> None:
    plan = build_plan(totalRecords=900, **QUARTER, **fields)

    batches = list(AccountHistories.from_plan(plan).batches())
    assert preview(totalRecords=900, **QUARTER, **fields)["batches"] == len(batches)


def test_a_large_simulation_is_scaled_from_a_sample_near_what_its_run_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sample, preview_module):
        monkeypatch.setattr(module, "EXACT_RECORDS", 700)
    monkeypatch.setattr(sample, "MAX_WINDOWS", 3)
    fields: JsonObject = {"totalRecords": 1_500, **QUARTER, "activities": {"budgets": {"notes": 2_250, "tickets": 25}}}
    made = count_generated(build_plan(**fields))

    document = preview(**fields)

    counts = document["counts"]
    assert {name: counts[name] for name in ("notes", "tickets", "companies")} == {
        "notes": 2_250,
        "tickets": 25,
        "companies": made["companies"],
    }
    for name in ("deals", "stageChanges"):
        assert counts[name] == pytest.approx(made[name], rel=0.1)
    assert any("sample" in warning for warning in document["warnings"])


def test_a_million_records_are_previewed_without_looking_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: set[int] = set()
    of_contact = AccountHistories.events

    def noted(histories: AccountHistories, index: int) -> list[ActivityEvent]:
        looked_at.add(index)
        return of_contact(histories, index)

    monkeypatch.setattr(AccountHistories, "events", noted)

    document = preview(totalRecords=1_000_000, **QUARTER)

    assert len(looked_at) <= 3_200
    assert {0, 999_999} <= looked_at
    assert sum(part["records"] for part in document["histogram"]) == 1_000_000


@pytest.mark.parametrize("method", ["EVEN", "BELL_CURVE", "BUSINESS_HOURS", "RANDOM_BURSTS"])
def test_the_histogram_counts_the_arrivals_of_the_run(method: str) -> None:
    fields: JsonObject = {"totalRecords": 700, "distributionMethod": method, **QUARTER}
    histories = AccountHistories.from_plan(build_plan(**fields))
    arrivals = histories.arrivals
    parts = preview(**fields)["histogram"]

    times = [arrivals.at(histories.company_index(index)) for index in range(700)]
    width = (arrivals.end - arrivals.start) / 60
    assert len(parts) == 60
    assert [part["records"] for part in parts] == [
        sum(arrivals.start + width * number <= at < arrivals.start + width * (number + 1) for at in times)
        for number in range(60)
    ]
    assert parts[0]["from"] == "2026-06-01T00:00:00.000Z"
    assert parts[-1]["to"] == "2026-08-31T00:00:00.000Z"
    assert [left["to"] for left in parts[:-1]] == [right["from"] for right in parts[1:]]


def test_a_span_without_length_is_one_part() -> None:
    document = preview(totalRecords=10, mode="LIVE")

    assert [part["records"] for part in document["histogram"]] == [10]
    assert document["span"]["days"] == 0


def test_a_live_run_lasts_until_its_last_activity_is_due_and_says_so() -> None:
    document = preview(totalRecords=20, endTime=(START + DAY).isoformat())

    assert document["durationSeconds"] > timedelta(days=20).total_seconds()
    assert any("after endTime" in warning for warning in document["warnings"])


def test_a_preview_says_the_mode_and_when_the_run_ends() -> None:
    backfill, live = preview(totalRecords=20), preview(totalRecords=20, mode="LIVE")

    assert (backfill["mode"], backfill["simulation"]["mode"], backfill["span"]["days"]) == ("BACKFILL", "BACKFILL", 90)
    assert (live["mode"], live["simulation"]["timeScale"], live["span"]["days"]) == ("LIVE", 1, 0)
    assert backfill["durationSeconds"] < 60 < DAY.total_seconds() < live["durationSeconds"]
    for document in (backfill, live):
        took = datetime.fromisoformat(document["endsAt"]) - START
        assert took.total_seconds() == pytest.approx(document["durationSeconds"], abs=0.1)


def test_a_run_that_limits_stretch_beyond_a_year_ends_when_its_execution_does() -> None:
    narrow = {"HUBSPOT_CALLS_PER_DAY": "1"}

    document = preview(totalRecords=1_000_000, **BACKFILL, limits=narrow)

    assert document["endsAt"] == to_iso_utc(START + 365 * DAY)
    assert document["durationSeconds"] > 365 * DAY.total_seconds()


def test_a_scale_shortens_a_run_by_that_much() -> None:
    slow, fast = (preview(totalRecords=20, **BACKFILL, timeScale=scale)["durationSeconds"] for scale in (10.0, 1000.0))

    assert slow - 10 == pytest.approx(100 * (fast - 10), rel=0.01)


def test_the_portals_limit_makes_a_run_longer_and_its_day_is_named() -> None:
    at_once: JsonObject = {"totalRecords": 2_000, **BACKFILL, "activities": {"enabled": False}}
    narrow = preview(limits={"HUBSPOT_CALLS_PER_TEN_SECONDS": "1", "HUBSPOT_CALLS_PER_DAY": "20"}, **at_once)
    wide = preview(**at_once)

    assert narrow["hubspotCalls"] == wide["hubspotCalls"] >= 40
    assert narrow["durationSeconds"] > 86_400 > wide["durationSeconds"]
    assert any("20 a day" in warning for warning in narrow["warnings"])
    assert not any("a day" in warning for warning in wide["warnings"])


def test_few_batches_side_by_side_leave_little_to_merge() -> None:
    """A backfill of so many on four batches at a time was counted: bench/results/scale.json, `counted`, `backfill`."""
    alone = preview(limits={"MAP_CONCURRENCY": "4"}, totalRecords=1_000, **BACKFILL)
    many = preview(limits={"MAP_CONCURRENCY": "40"}, totalRecords=1_000, **BACKFILL)

    assert alone["hubspotCalls"] == pytest.approx(COUNTED["hubspotCalls"], rel=0.1)
    assert many["hubspotCalls"] < 0.7 * alone["hubspotCalls"]


def test_each_hundred_objects_that_a_wave_updates_are_read_in_one_call() -> None:
    deals, tasks = ObjectType.DEALS, ObjectType.TASKS
    waves = [Counter({deals: 150, tasks: 30})]
    updates = [Counter({deals: 101, tasks: 1})]
    live = build_plan(totalRecords=50, **QUARTER).pace

    without = portal_calls(SampleResult(waves=waves), live, 4)

    assert portal_calls(SampleResult(waves=waves, updates=updates), live, 4) == without + 3


@pytest.mark.parametrize(("times", "has_updates"), [(QUARTER, True), (BACKFILL, False)])
def test_the_updates_are_those_of_the_generated_waves(times: dict[str, str], *, has_updates: bool) -> None:
    generator = RowGenerator.from_plan(build_plan(totalRecords=60, **times))
    batches = list(generator.histories.batches())
    histories = [generate_history(generator, batch) for batch in batches]
    waves = [rows for history in histories for step, rows in history.rows.items() if step != CONTACTS_STEP]
    changed = [_places(rows, changes=True) - _places(rows, changes=False) for rows in waves]

    updates = sample_batches(generator.histories, batches).updates

    assert sum(map(len, changed)) == pytest.approx(sum(step.total() for step in updates), rel=0.05)
    assert any(changed) is has_updates


def _places(rows: list[JsonObject], *, changes: bool) -> set[tuple[str, int, int]]:
    return {(row["type"], row["index"], row["ordinal"]) for row in rows if is_change(row) is changes}


def test_a_dry_run_calls_nobody() -> None:
    assert preview(totalRecords=50, dryRun=True, **BACKFILL)["hubspotCalls"] == 0


@pytest.mark.parametrize(
    ("fields", "price", "kind", "calls"),
    [
        ({"activities": {"enabled": False}}, "usdPer1000Pairs", "sync", "pairs"),
        ({}, "usdPer1000Contacts", "sync", "stories"),
        ({"ai": {"mode": "BATCH"}}, "usdPer1000Contacts", "batch", "batch"),
    ],
    ids=["pairs", "one by one", "in batches"],
)
def test_words_cost_what_the_measured_tokens_cost(fields: JsonObject, price: str, kind: str, calls: str) -> None:
    """The benchmark counts them for the same plan, a quarter that ended a day before."""
    document = preview(now=MEASURED_AT, totalRecords=1_000, **MEASURED, **fields)

    assert document["aiCostUsd"] == pytest.approx(COUNTED_TEXTS[price]["claude-haiku-4-5"][kind], rel=0.05)
    assert document["aiCalls"] == pytest.approx(COUNTED_TEXTS["calls"][calls], rel=0.05)


def test_a_cheaper_model_costs_less_by_its_prices() -> None:
    fields: JsonObject = {"totalRecords": 200, **BACKFILL, "activities": {"enabled": False}}
    older, newer = (preview(**fields, ai={"model": name})["aiCostUsd"] for name in load_prices())

    assert newer == pytest.approx(older / 10, rel=0.01)


def test_aws_costs_what_the_runs_batches_waves_and_calls_cost() -> None:
    document = preview(totalRecords=900, **QUARTER, timeScale=0)
    generator = RowGenerator.from_plan(build_plan(totalRecords=900, **QUARTER, timeScale=0))
    batches = list(generator.histories.batches())
    waves = sum(len(generate_history(generator, batch).waves) for batch in batches)

    expected = estimate_aws(
        records=900,
        batches=len(batches),
        waves=waves,
        hubspot_calls=document["hubspotCalls"],
        ai_calls=document["aiCalls"],
        objects=sum(document["counts"].values()),
    )
    assert document["awsCostUsd"] == round(expected.total, 4) > 0


def test_the_page_about_deploying_says_what_previews_say() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    sizes, clocks, words = (1_000, 100_000), {"at once": 0, "by the clock": 1}, {"composed": False, "a model's": True}

    for clock, scale in clocks.items():
        for writer, has_key in words.items():
            runs = [preview(has_key=has_key, totalRecords=size, **QUARTER, timeScale=scale) for size in sizes]
            small, large = (f"{run['awsCostUsd']:#.2g}".rstrip(".") for run in runs)
            assert f"| {clock}, {writer} text | {small} | {large} |" in page


def test_a_ceiling_bounds_the_cost_and_says_what_it_pays_for() -> None:
    document = preview(totalRecords=1_000, **BACKFILL, activities={"enabled": False}, ai={"maxCostUsd": 0.1})

    assert document["aiCostUsd"] == 0.1
    assert any("40%" in warning for warning in document["warnings"])


@pytest.mark.parametrize(
    ("has_key", "ai"), [(False, {}), (True, {"enabled": False}), (True, {"provider": "synthetic"})], ids=str
)
def test_where_no_model_is_asked_no_words_cost_anything(has_key: bool, ai: JsonObject) -> None:  # noqa: FBT001
    document = preview(totalRecords=50, has_key=has_key, ai=ai, **BACKFILL)

    assert (document["aiCalls"], document["aiCostUsd"]) == (0, 0)
    assert any("No key" in warning for warning in document["warnings"]) is not has_key


def test_without_a_seed_the_counts_are_called_expected() -> None:
    assert any("seed" in warning for warning in preview(totalRecords=5, seed=None)["warnings"])
    assert preview(totalRecords=5)["simulation"]["seed"] == "seed"


LATE: JsonObject = {"startTime": to_iso_utc(START + 350 * DAY), "endTime": to_iso_utc(START + 360 * DAY)}
"""Leads that arrive before an execution ends, and whose sales cycles end after it."""


LACKING = {ObjectType.LINE_ITEMS: ("crm.objects.line_items.write",), ObjectType.EMAILS: ()}


def test_what_the_portal_does_not_let_a_run_write_is_left_out_and_named() -> None:
    asked = {"totalRecords": 200, "seed": "omitted", **BACKFILL}
    whole, less = preview(**asked), preview(portal=PortalSnapshot(omitted_types=LACKING, omitted_labels=()), **asked)

    assert (whole["omitted"], whole["counts"]["lineItems"] > 0, whole["counts"]["emails"] > 0) == ({}, True, True)
    assert less["omitted"] == {"lineItems": LACKING[ObjectType.LINE_ITEMS], "emails": (), "associationLabels": ()}
    assert {name for name, count in less["counts"].items() if count != whole["counts"][name]} == {"lineItems", "emails"}
    assert (less["counts"]["lineItems"], less["counts"]["emails"]) == (0, 0)
    assert less["hubspotCalls"] < whole["hubspotCalls"]
    assert "No line items are written: the token lacks crm.objects.line_items.write." in less["warnings"]
    assert "No emails are written: the portal forbids it." in less["warnings"]
    assert "Contacts have no labels of their roles in deals: the portal forbids it." in less["warnings"]


def test_a_run_that_writes_nothing_misses_nothing() -> None:
    portal = PortalSnapshot(omitted_types=LACKING, omitted_labels=())

    assert preview(portal=portal, totalRecords=20, dryRun=True, **BACKFILL)["omitted"] == {}


def warnings_about(document: JsonObject, about: str) -> list[str]:
    return [warning for warning in document["warnings"] if about in warning]


@pytest.mark.parametrize(
    ("currencies", "fields", "said"),
    [
        (None, {}, ()),
        (PortalCurrencies("EUR"), {}, ()),
        (PortalCurrencies("USD", ("EUR",)), {}, ()),
        (PortalCurrencies("USD"), {"dryRun": True}, ()),
        (PortalCurrencies("USD"), {}, ("EUR", "home currency, USD", "2025")),
        (PortalCurrencies("XAU"), {}, ("EUR", "no rate")),
    ],
    ids=str,
)
def test_amounts_that_the_portal_cannot_hold_are_announced_where_the_portal_is_known(
    currencies: PortalCurrencies | None, fields: JsonObject, said: tuple[str, ...]
) -> None:
    warnings = warnings_about(
        preview(portal=PortalSnapshot(currencies=currencies), locale="de_DE", **fields), "amounts"
    )

    assert len(warnings) == bool(said)
    assert all(part in warnings[0] for part in said)


def test_what_would_be_due_when_the_execution_has_ended_is_counted_as_left_out() -> None:
    fields = {"totalRecords": 50, **LATE}
    histories = AccountHistories.from_plan(build_plan(**fields))
    whole = histories.without_cutoff
    late = [event for index in range(50) for event in whole.events(index) if event.at > START + MAX_RUN]
    (said,) = warnings_about(document := preview(**fields), "left out")

    assert said.startswith(f"{len(late)} activities")
    assert document["durationSeconds"] <= MAX_RUN.total_seconds() + START_SECONDS
    counts = document["counts"]
    created = counts["companies"] + counts["products"] + histories.arrivals.count
    assert sum(counts.values()) - created == sum(len(histories.events(index)) for index in range(50))


@pytest.mark.parametrize("fields", [{"timeScale": 100}, {"timeScale": 0}, QUARTER, {"activities": {"enabled": False}}])
def test_where_nothing_is_due_too_late_nothing_is_said_of_it(fields: JsonObject) -> None:
    assert warnings_about(preview(totalRecords=50, **LATE | fields), "left out") == []


def test_of_a_large_simulation_what_is_left_out_is_scaled_from_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sample, preview_module):
        monkeypatch.setattr(module, "EXACT_RECORDS", 700)
    monkeypatch.setattr(sample, "MAX_WINDOWS", 3)
    fields = {"totalRecords": 1_400, **LATE}
    histories = AccountHistories.from_plan(build_plan(**fields))
    late = sum(len(histories.without_cutoff.events(index)) - len(histories.events(index)) for index in range(1_400))

    (said,) = warnings_about(preview(**fields), "left out")

    assert int(said.split()[0].replace(",", "")) == pytest.approx(late, rel=0.1)


def test_the_waves_of_a_large_simulation_are_as_few_as_those_of_its_run() -> None:
    plan = resolve_plan("sim-test", simulation_input(totalRecords=900_000, **QUARTER), START, DEFAULT_PIPELINE, ())
    generator = RowGenerator.from_plan(plan)
    batches = sample.choose_batches(generator.histories)[:3]

    assert len(sample.sample_batches(generator.histories, batches).waves) == sum(
        len(generate_history(generator, batch).waves) for batch in batches
    )


def test_smart_scheduling_is_said_to_move_what_is_shown() -> None:
    asked: JsonObject = {"totalRecords": 20, **BACKFILL, "ai": {"smartScheduling": True}}

    assert len(warnings_about(preview(**asked), "rules' times")) == 1
    assert warnings_about(preview(**asked, has_key=False), "rules' times") == []
    assert warnings_about(preview(totalRecords=20, **BACKFILL), "rules' times") == []


def test_what_a_start_would_refuse_is_refused_by_a_preview_too() -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        preview(totalRecords=5, endTime=to_iso_utc(START + 366 * DAY))
    assert caught.value.field == "endTime"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"timeScale": 10}, "timeScale"),
        ({"distributionMethod": "BUSINESS_HOURS", **WEEKEND}, "distributionMethod"),
    ],
    ids=["no span to scale", "no weight"],
)
def test_what_could_not_be_planned_is_refused_by_its_field(fields: JsonObject, field: str) -> None:
    with pytest.raises(InvalidSimulationError) as refused:
        preview(**fields)

    assert refused.value.field == field


def test_every_type_is_counted() -> None:
    counts = preview(totalRecords=5)["counts"]

    assert set(counts) == {kind.json_name for kind in ObjectType} | {"stageChanges"}
