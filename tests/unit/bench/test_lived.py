"""What is said of a portal's contents: nothing of a portal as the generator fills it, and each way it can be wrong."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from builders import batch, plan
from lived import BUDGETS, RECORDS, RESULT, SPAN, Run, failed_figures, last_90_days, tables, to_document
from lived_model import NUMBERS
from template.conftest import ROOT

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.storage import file_names
from simcrm.writing.build_objects import build_objects

NOW = datetime(2026, 8, 30, 20, tzinfo=UTC)
Row = dict[str, Any]
Rows = list[Row]
Change = Callable[[Row], Row]


def row_of(item: CrmObject) -> Row:
    deals = [{"id": link.to_key} for link in item.associations if link.to_type is ObjectType.DEALS]
    return {"properties": item.properties, "associations": {"deals": {"results": deals}} if deals else {}}


@cache
def filled(scenario: str) -> Run:
    """A portal as a run of the last 90 days fills it."""
    span: Row = {"startTime": to_iso_utc(NOW - SPAN), "endTime": to_iso_utc(NOW), "seed": "lived"}
    asked: Row = {"totalRecords": RECORDS, "scenario": scenario, "activities": {"budgets": BUDGETS[scenario]}}
    open_plan = plan(run_start=NOW, **span, **asked)
    made = open_plan.model_copy(update={"budget_cuts": RecordTimelines.from_plan(open_plan).compute_budget_cutoffs()})
    maker, whole = RowGenerator.from_plan(made), batch(count=RECORDS)
    objects = build_objects(made, file_names.CONTACTS_STEP, maker.contact_rows(whole))
    for wave in maker.waves(whole):
        objects += build_objects(made, file_names.wave_step(0), maker.activity_rows(wave))
    pipeline = made.pipeline
    stages = dict.fromkeys(pipeline.open) | {pipeline.won: True, pipeline.lost: False}
    portal = {str(kind): [row_of(item) for item in objects if item.object_type is kind] for kind in ObjectType}
    return Run(scenario, last_90_days(NOW), portal, stages)


def said(run: Run, **changes: Sequence[Row]) -> list[str]:
    ledger = {kind: len(rows) for kind, rows in run.portal.items()}
    return failed_figures(to_document(replace(run, portal={**run.portal, **changes}), ledger))


def but(rows: Sequence[Row], change: Change, every: int = 1) -> Rows:
    """The rows with each of so many changed."""
    return [change(row) if place % every == 0 else row for place, row in enumerate(rows)]


def having(**properties: str) -> Change:
    return lambda row: {**row, "properties": row["properties"] | properties}


def later(name: str, by: timedelta) -> Change:
    def change(row: Row) -> Row:
        return having(**{name: to_iso_utc(datetime.fromisoformat(row["properties"][name]) + by)})(row)

    return change


@pytest.mark.parametrize("scenario", NUMBERS)
def test_a_portal_as_it_should_be_is_found_so(scenario: str) -> None:
    document = to_document(filled(scenario), {kind: len(rows) for kind, rows in filled(scenario).portal.items()})

    assert failed_figures(document) == []
    assert document["records"] == RECORDS
    assert len(document["chance"]) == 11


@pytest.mark.parametrize(
    ("kind", "change", "every", "what"),
    [
        ("contacts", having(lifecyclestage="lead"), 10, "qualified"),
        ("contacts", having(lifecyclestage="customer"), 5, "customers"),
        ("deals", having(dealstage="closedwon"), 3, "win rate"),
        ("deals", later("closedate", timedelta(days=5)), 1, "days to close"),
        ("deals", having(amount="1000000"), 20, "mu of amounts"),
        ("deals", having(dealstage="elsewhere"), 900, "deals on a stage that the portal has not"),
        ("deals", later("closedate", timedelta(days=-300)), 900, "events before their cause"),
        ("notes", later("hs_timestamp", timedelta(days=-100)), 9_000, "events before their cause"),
        ("tickets", later("simcrm_simulated_at", timedelta(days=-100)), 9_000, "events before their cause"),
        ("tasks", later("hs_timestamp", timedelta(hours=12)), 1, "activities outside working time"),
    ],
)
def test_each_way_to_be_wrong_is_seen(kind: str, change: Change, every: int, what: str) -> None:
    run = filled("B2B")

    assert what in said(run, **{kind: but(run.portal[kind], change, every)})  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "what"), [("tasks", "tasks per record"), ("calls", "away from the budgets")])
def test_activities_that_are_missing_are_seen(kind: str, what: str) -> None:
    kept = filled("B2B").portal[kind][: -len(filled("B2B").portal[kind]) // 5]

    assert {what, "away from the ledger"} <= set(said(filled("B2B"), **{kind: kept}))  # type: ignore[arg-type]


def test_the_page_about_data_shows_what_was_found_and_all_of_it_holds() -> None:
    found = json.loads(RESULT.read_text())

    assert set(found) == set(NUMBERS)
    assert [failed_figures(document) for document in found.values()] == [[], []]
    assert all(document["records"] == RECORDS for document in found.values())
    assert tables(found) in (ROOT / "docs" / "data.md").read_text()
