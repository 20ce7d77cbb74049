"""Names, tokens and values that nobody means well with: none ends as a 500, and no answer repeats them at length."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from lambda_events import api_event
from unit.functions.conftest import Invoke
from unit.functions.test_bad_input import OPERATIONS, field_name

from simcrm.models.resource_names import RESERVED_NAMES
from simcrm.preview import preview, sample

Ask = Any
LONGEST_REFUSAL = 1_500
NAMES = [
    "preview",
    "...",
    "-",
    "--help",
    "%2e%2e",
    "\ud800",
    "\x00",
    "x" * 3_000,
    "\u00e9" * 100,
    "sim-1--r99999999999999999999",
    "__proto__",
    "\u0663",
    "arn:aws:states:us-east-1:1:execution:a:b",
    "a\x7fb",
    "\u202e",
    "\U0001f389",
    "{{7*7}}",
    "B2B\u00a0",
]
TOKENS = [
    "\x00",
    "\ud800",
    "\u00e9",
    "x" * 2_000,
    "a b",
    "0:0",
    "99999999999999999999:0",
    "../..",
    "W10=",
    "-1",
    "\u0663",
]
VALUES = ["\x00", "x" * 20_000, "\u202e", -1, 1e308, 5e-324, 10**300, [None], {"": 1}, "9999-12-31T23:59:59Z"]
RAW = ["NaN", "-Infinity", "1e400", "9" * 5_000, '"\\ud800"', "[" * 300 + "]" * 300]
HERE = "@here@"
WHOLE: dict[str, Any] = {
    "totalRecords": 3,
    "scenario": "B2B",
    "scenarioParameters": {
        "salesCycleDays": 10,
        "winRate": 0.5,
        "amountMu": 8,
        "contactsPerCompany": {"low": 1, "high": 2},
        "caps": {"notes": 2},
        "rules": [],
    },
    "mode": "BACKFILL",
    "distributionMethod": "CUSTOM",
    "distributionWeights": {"points": [[0, 1], [1, 2]]},
    "timeZone": "UTC",
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-02-01T00:00:00Z",
    "timeScale": 0,
    "seed": 1,
    "locales": {"en_US": 1, "de_DE": 2},
    "domainSuffix": "a.example",
    "theme": "x",
    "ai": {"enabled": False, "provider": "anthropic", "model": "claude-haiku-5-5", "maxCostUsd": 1},
    "activities": {"caps": {"notes": 1}, "budgets": {"notes": 3}},
    "hubspot": {"pipelineId": "x", "ownerIds": ["1"]},
    "dryRun": True,
}


@pytest.fixture
def ask(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Send a request as a boss; answers the status, which is none of the API's own failures."""
    for module in (preview, sample):
        monkeypatch.setattr(module, "EXACT_RECORDS", 200)

    def send(method: str, path: str, body: str | None = None, **query: str) -> int:
        answer = invoke("ApiFunction", api_event(method, path, body, role="boss", **query))
        shown = (method, path[:80], (body or "")[:200], {name: value[:40] for name, value in query.items()})
        assert answer["statusCode"] < 500, shown
        assert answer["statusCode"] < 400 or len(answer["body"]) < LONGEST_REFUSAL, shown
        return int(answer["statusCode"])

    return send


def places(value: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield prefix
    for name, part in value.items() if isinstance(value, dict) else ():
        yield from places(part, (*prefix, name))


def with_value(document: Any, place: tuple[str, ...], value: Any) -> Any:
    if not place:
        return value
    return {**document, place[0]: with_value(document[place[0]], place[1:], value)}


@pytest.mark.parametrize(("method", "path", "operation"), [one for one in OPERATIONS if "{" in one[1]])
def test_no_name_breaks_a_route(ask: Ask, method: str, path: str, operation: dict[str, Any]) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for name in NAMES:
        ask(method, field_name(path, name), json.dumps(content["example"]) if content else None)


QUERIES = [
    (method, path, parameter["name"])
    for method, path, operation in OPERATIONS
    for parameter in operation["parameters"]
    if parameter["in"] == "query"
]


@pytest.mark.parametrize(("method", "path", "name"), QUERIES)
def test_no_token_breaks_a_page(ask: Ask, method: str, path: str, name: str) -> None:
    ask("POST", "/api/simulations", json.dumps({"totalRecords": 3, "simulationId": "sim-1"}))
    for token in TOKENS:
        ask(method, field_name(path, "sim-1"), **{name: token})


@pytest.mark.parametrize("place", list(places(WHOLE)), ids=".".join)
def test_no_value_breaks_a_preview(ask: Ask, place: tuple[str, ...]) -> None:
    for value in VALUES:
        ask("POST", "/api/simulations/preview", json.dumps(with_value(WHOLE, place, value)))
    for raw in RAW:
        body = json.dumps(with_value(WHOLE, place, HERE)).replace(f'"{HERE}"', raw)
        assert ask("POST", "/api/simulations/preview", body) == 400


@pytest.mark.parametrize(
    "weights",
    [
        {"hours": [1e308] * 24},
        {"hours": [1e200] * 24, "days": [1e200] * 7},
        {"hours": [5e-324] * 24, "days": [1] * 7},
        {"points": [[0, 1e308], [0.5, 1e308], [1, 1e308]]},
        {"points": [[0, 0], [1, 5e-324]]},
        {"hours": [1e12] * 24, "days": [1e12] * 7},
        {"hours": [1e-12] * 24, "days": [1e-12] * 7},
        {"points": [[0, 1e-12], [1, 1e12]]},
        {"points": [[number / 999, 1e12] for number in range(1_000)]},
    ],
    ids=lambda weights: str(weights)[:40],
)
def test_weights_whose_sum_is_infinite_or_nothing_are_refused_and_all_others_add_up(
    ask: Ask, weights: dict[str, Any]
) -> None:
    given = {"totalRecords": 50, "distributionMethod": "CUSTOM", "distributionWeights": weights}
    least, most = (f(x for x in _numbers(weights) if x) for f in (min, max))

    assert ask("POST", "/api/simulations/preview", json.dumps(given)) == (
        200 if least >= 1e-12 and most <= 1e12 else 400
    )


def _numbers(weights: dict[str, Any]) -> list[float]:
    points = [weight for _, weight in weights.get("points", [])]
    return [*weights.get("hours", []), *weights.get("days", []), *points]


@pytest.mark.parametrize(("heavy", "expected"), [(1e308, 400), (1e12, 200), (1e-12, 200), (1e-300, 400), (0, 400)])
def test_weights_of_locales_add_up(ask: Ask, heavy: float, expected: int) -> None:
    given = {"totalRecords": 20, "locales": {"en_US": heavy, "de_DE": heavy, "fr_FR": 1}}

    assert ask("POST", "/api/simulations/preview", json.dumps(given)) == expected


def test_names_of_routes_are_no_names_of_what_lies_beside_or_above_them() -> None:
    paths = {path for _, path, _ in OPERATIONS}
    collections = {path.partition("{")[0] for path in paths if "{" in path}
    beside = {path.removeprefix(start) for start in collections for path in paths if path.startswith(start)}
    words = {part for tail in beside for part in tail.split("/") if part and "{" not in part}

    assert words == RESERVED_NAMES


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES | {"Preview", "RECORDS"}))
def test_the_name_of_a_route_names_nothing_else(ask: Ask, name: str) -> None:
    schedule = {"name": name, "expression": "rate(1 day)", "input": {"totalRecords": 1}}

    assert ask("POST", "/api/simulations", json.dumps({"totalRecords": 1, "simulationId": name})) == 400
    assert ask("POST", "/api/schedules", json.dumps(schedule)) == 400
    assert ask("PUT", f"/api/boss/scenarios/{name}", json.dumps({"version": 0, "base": "B2B"})) == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"totalRecords": 1, "x" * 50_000: 1}, "xxx"),
        ({"totalRecords": 1, "timeZone": "x" * 50_000}, "timeZone"),
        ({"totalRecords": 1, "locales": {"x" * 50_000: 1}}, "locales.xxx"),
        ({"totalRecords": 1, "scenario": "x" * 50_000}, "scenario"),
        ({"totalRecords": 1, "ai": {"model": "x" * 50_000}}, "ai.model"),
        ({"totalRecords": 1, "locale": "pat-na1-12345678-aaaa-bbbb-cccc"}, "locale"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refusal_repeats_the_beginning_of_a_value_and_no_key(
    invoke: Invoke, body: dict[str, Any], field: str
) -> None:
    answer = invoke("ApiFunction", api_event("POST", "/api/simulations", json.dumps(body), role="boss"))

    error = json.loads(answer["body"])["error"]
    assert error["field"].startswith(field)
    assert len(error["field"]) <= 210
    assert "pat-na1" not in answer["body"]
