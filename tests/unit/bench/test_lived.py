"""What is said of a portal's contents: nothing of a portal as the generator fills it, and each way it can be wrong."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from builders import plan
from lived import BUDGETS, RECORDS, RESULT, Run, failed_figures, span, tables, to_document
from lived_model import NUMBERS
from template.conftest import ROOT

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.planning.account_histories import AccountHistories
from simcrm.writing.build_objects import build_objects

NOW = datetime(2026, 8, 30, 20, tzinfo=UTC)
Row = dict[str, Any]
Rows = list[Row]
Change = Callable[[Row], Row]


def row_of(item: CrmObject) -> Row:
    linked: dict[str, Row] = {}
    for link in item.associations:
        linked.setdefault(link.to_type, {"results": []})["results"].append({"id": link.to_key})
    return {"id": item.key, "properties": item.properties, "associations": linked}


@cache
def filled(scenario: str) -> Run:
    """A portal as a run fills it."""
    asked: Row = {"totalRecords": RECORDS, "scenario": scenario, "activities": {"budgets": BUDGETS[scenario]}}
    asked |= span(scenario, NOW)
    open_plan = plan(run_start=NOW, seed="lived", **asked)
    made = open_plan.model_copy(update={"budget_cuts": AccountHistories.from_plan(open_plan).compute_budget_cutoffs()})
    generator = RowGenerator.from_plan(made)
    objects = [
        item
        for batch in generator.histories.batches()
        for step, rows in generate_history(generator, batch).rows.items()
        for item in build_objects(made, step, rows)
    ]
    pipeline = made.pipeline
    stages = dict.fromkeys(pipeline.open) | {pipeline.won: True, pipeline.lost: False}
    portal = {str(kind): [row_of(item) for item in objects if item.object_type is kind] for kind in ObjectType}
    return Run(scenario, NOW, portal, stages)


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
        ("contacts", having(lifecyclestage="lead"), 4, "qualified"),
        ("contacts", having(lifecyclestage="customer"), 5, "customers"),
        ("deals", having(dealstage="closedwon"), 3, "win rate"),
        ("deals", later("closedate", timedelta(days=15)), 1, "days to close"),
        ("deals", having(amount="1000000"), 10, "mu of amounts"),
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
