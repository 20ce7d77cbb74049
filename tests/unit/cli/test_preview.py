"""``simcrm preview`` against a small API."""

from typing import Any

import pytest
from unit.cli.conftest import FakeApi, Simcrm

from simcrm_cli.preview_view import plot

ROUTE = "POST /api/simulations/preview"
COUNTS = {"contacts": 1200, "companies": 1200, "deals": 500, "notes": 9, "calls": 8, "tasks": 7, "tickets": 6}
DOCUMENT: dict[str, Any] = {
    "ok": True,
    "simulation": {"totalRecords": 1200},
    "span": {"startTime": "2026-06-01T00:00:00.000Z", "endTime": "2026-08-31T00:00:00.000Z", "days": 91.0},
    "histogram": [{"from": "", "to": "", "records": count} for count in (0, 400, 800)],
    "counts": {**COUNTS, "stageChanges": 3000},
    "batches": 12,
    "hubspotCalls": 96,
    "aiCalls": 300,
    "aiCostUsd": 1.43,
    "durationSeconds": 3725.4,
    "warnings": ["Counts are expected ones."],
}


def test_a_preview_shows_the_curve_the_counts_and_what_it_takes(on: Simcrm, api: FakeApi) -> None:
    api.answer(ROUTE, DOCUMENT)

    outcome = on("preview", "--records", "1200", "--distribution", "BELL_CURVE")

    assert outcome.code == 0
    assert api.requests[0].body == {"totalRecords": 1200, "distributionMethod": "BELL_CURVE"}
    for words in ("█", "1,200", "3,000", "1.43", "1:02:05", "91 days", "Note: Counts are expected ones."):
        assert words in outcome.out


def test_the_cost_of_aws_is_shown_where_the_api_says_it(on: Simcrm, api: FakeApi) -> None:
    api.answer(ROUTE, DOCUMENT | {"awsCostUsd": 12.5})

    assert "12.50" in on("preview", "--records", "1").out


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (400.0, "First limit: HubSpot calls in 10 s, 400 needed, 100 allowed"),
        (40.0, "No limit is reached, closest: HubSpot calls in 10 s, 40 needed, 100 allowed"),
    ],
)
def test_the_limit_that_a_run_meets_first_is_shown(on: Simcrm, api: FakeApi, needed: float, said: str) -> None:
    limit = {"name": "hubspotCallsPerTenSeconds", "needed": needed, "available": 100, "share": needed / 100}
    api.answer(ROUTE, DOCUMENT | {"limits": [limit, limit | {"name": "planSeconds", "share": 0.1}]})

    assert said in on("preview", "--records", "1000000").out.splitlines()


def test_a_preview_of_a_long_run_says_when_it_ends_and_what_it_is(on: Simcrm, api: FakeApi) -> None:
    api.answer(ROUTE, DOCUMENT | {"mode": "LIVE", "durationSeconds": 6_480_000.0, "endsAt": "2027-02-12T18:00:31.000Z"})

    outcome = on("preview", "--records", "1200", "--live")

    assert api.requests[0].body == {"totalRecords": 1200, "mode": "LIVE"}
    for words in ("LIVE", "This run takes about 75 days, until about 2027-02-12 18:00 UTC."):
        assert words in outcome.out


def test_json_is_the_apis_document(on: Simcrm, api: FakeApi) -> None:
    api.answer(ROUTE, DOCUMENT)

    assert on("preview", "--records", "1", "--json").document == DOCUMENT


def test_a_refusal_is_an_error(on: Simcrm, api: FakeApi) -> None:
    error = {"code": "VALIDATION_ERROR", "message": "timeScale: needs a span to scale", "field": "timeScale"}
    api.answer(ROUTE, {"ok": False, "error": error}, status=400)

    outcome = on("preview", "--records", "1", "--json")

    assert (outcome.code, outcome.document["error"]["code"]) == (1, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("values", "rows", "expected"),
    [
        ([0, 4, 8], 1, [" ▄█"]),
        ([0, 4, 8], 2, ["  █", " ██"]),
        ([1, 1000], 1, ["▁█"]),
        ([0, 0], 1, ["  "]),
    ],
)
def test_columns_are_as_high_as_their_values(values: list[int], rows: int, expected: list[str]) -> None:
    assert plot(values, rows) == expected
