"""The console's benchmark asks what it says, and its kept results are those of the page as it is."""

import json
from collections import Counter
from typing import Any

import console
import console_files
import httpx2
import pytest

STATUS = {"/api/no-such-route": 404, "/api/health": 200}


@pytest.fixture
def asked() -> Counter[tuple[str, int]]:
    """Requests by path and status."""
    return Counter()


@pytest.fixture
def api(asked: Counter[tuple[str, int]]) -> httpx2.Client:
    """Answers as the API does."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        status = STATUS.get(path, 304 if request.headers.get("If-None-Match") == '"tag"' else 200)
        asked[path, status] += 1
        return httpx2.Response(status, headers={"ETag": '"tag"'})

    return httpx2.Client(base_url="http://api.test", transport=httpx2.MockTransport(answer))


def test_health_is_asked_as_often_as_what_it_is_compared_with(
    api: httpx2.Client, asked: Counter[tuple[str, int]]
) -> None:
    found = console.answer_figures(api, requests=5)

    turns = 5 + console.WARM_UP
    wanted = {("/api/no-such-route", 404): turns, ("/console", 304): turns, ("/api/health", 200): turns}
    assert asked == wanted | {("/console", 200): 1}
    assert (found["requests"], set(found)) == (5, {"requests", "gateway", "function", "health"})


def test_an_answer_that_is_another_than_meant_is_not_measured(
    api: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STATUS, "/api/health", 500)

    with pytest.raises(SystemExit, match="/api/health answered 500"):
        console.answer_figures(api, requests=1)


def test_a_spread_is_the_middle_and_what_nineteen_in_twenty_stay_below() -> None:
    assert console.spread([float(value) for value in range(1, 100)]) == {"median": 50, "p95": 95}


def test_a_goal_that_is_missed_is_named() -> None:
    found: dict[str, Any] = {
        "page": {"firstPaint": {"median": 1_000}, "weightBytes": 149_999},
        "answers": {"health": {"median": 49.9}},
    }

    assert console.missed_goals(found) == ["firstPaintMs 1000 is not below 1000"]


def test_the_kept_results_reach_the_goals_and_are_of_this_page() -> None:
    kept = json.loads(console.RESULT.read_text())
    files = (console_files.page(), console_files.style(), console_files.script())

    assert console.missed_goals(kept) == []
    assert kept["page"]["loads"] >= 10
    assert kept["answers"]["requests"] >= 200
    assert kept["page"]["weightBytes"] == pytest.approx(sum(len(file.body.encode()) for file in files), rel=0.05)
