"""Settings, counters, reset, and what stands before every endpoint."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from unit.local_anthropic.conftest import HAIKU, HEADERS, StandIn

from local_anthropic.app import create_app


def test_counters_tell_answers_by_path_and_status_and_tokens_by_model(stand_in: StandIn) -> None:
    stand_in.fault(status=529)
    assert stand_in.statuses(3) == [529, 200, 200]

    stats = stand_in.ask("GET", "/_local/stats")

    assert stats["requests"] == {"POST /v1/messages": {"200": 2, "529": 1}}
    assert (stats["totalRequests"], stats["inFlight"], stats["peakInFlight"]) == (3, 0, 1)
    assert stats["tokens"][HAIKU]["inputTokens"] > 0
    assert stats["batchTokens"] == {}


def test_a_reset_forgets_everything_but_the_settings(stand_in: StandIn) -> None:
    stand_in.set(latencyBaseMs=1)
    stand_in.fault(status=529, skip=1)
    batch = {"requests": [{"custom_id": "a", "params": {}}]}
    made = stand_in.ask("POST", "/v1/messages/batches", batch)["id"]

    stand_in.ask("POST", "/_local/reset", status=204)

    assert stand_in.ask("GET", "/_local/stats")["totalRequests"] == 0
    assert stand_in.ask("GET", "/_local/calls") == {"calls": []}
    assert stand_in.ask("GET", "/_local/faults") == {"rules": []}
    assert stand_in.ask("GET", "/_local/settings")["latencyBaseMs"] == 1
    stand_in.ask("GET", f"/v1/messages/batches/{made}", status=404)


def test_the_journal_holds_prompts_where_that_is_wanted(stand_in: StandIn) -> None:
    stand_in.message("0 Ada Lovelace")
    stand_in.set(keepPrompts=True)
    stand_in.message("0 Grace Hopper")

    calls = stand_in.ask("GET", "/_local/calls")["calls"]

    assert [call["prompt"] for call in calls] == ["", "0 Grace Hopper"]


def test_the_journal_holds_the_bytes_of_each_body(stand_in: StandIn) -> None:
    for name in ("Ada", "Ada Lovelace"):
        stand_in.message(f"0 {name}")

    short, long = (call["receivedBytes"] for call in stand_in.ask("GET", "/_local/calls")["calls"])

    assert long - short == len(" Lovelace")


def test_faults_are_listed_and_removed(stand_in: StandIn) -> None:
    stand_in.ask("POST", "/_local/faults", [{"status": 500, "times": None}, {"kind": "drop"}], 201)
    assert [rule["kind"] for rule in stand_in.ask("GET", "/_local/faults")["rules"]] == ["status", "drop"]

    stand_in.ask("DELETE", "/_local/faults", status=204)

    assert stand_in.statuses(1) == [200]


@pytest.mark.parametrize("change", [{"speed": 1}, {"requestsPerMinute": 0}, {"latencyBaseMs": -1}])
def test_a_bad_setting_is_refused_and_changes_nothing(stand_in: StandIn, change: dict[str, Any]) -> None:
    before = stand_in.ask("GET", "/_local/settings")

    stand_in.ask("PUT", "/_local/settings", change, 400)

    assert stand_in.ask("GET", "/_local/settings") == before


def test_it_says_that_it_runs(stand_in: StandIn) -> None:
    assert stand_in.ask("GET", "/_local/health") == {"ok": True}


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 401, "x-api-key header is required"),
        ({"x-api-key": "sk-wrong"}, 401, "invalid x-api-key"),
        ({"authorization": "Bearer sk-wrong"}, 401, "invalid x-api-key"),
        ({"x-api-key": "sk-right"}, 400, "anthropic-version: header is required"),
        ({"x-api-key": "sk-right", "anthropic-version": "2023-06-01"}, 200, ""),
        ({"authorization": "Bearer sk-right", "anthropic-version": "2023-06-01"}, 200, ""),
    ],
)
def test_a_call_needs_a_known_key_and_a_version(headers: dict[str, str], status: int, words: str) -> None:
    with TestClient(create_app(keys=frozenset({"sk-right"})), headers=headers) as http:
        answer = http.get("/v1/models")

    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "Input should be"),
        (b'{"model": "claude-haiku-4-5", "messages": [], "max_tokens": 1}', "messages: List should have at least 1"),
        (b'{"messages": [{"role": "user", "content": "x"}], "max_tokens": 1}', "model: Field required"),
    ],
)
def test_a_body_that_is_no_request_is_refused(stand_in: StandIn, body: bytes, words: str) -> None:
    answer = stand_in.http.post("/v1/messages", content=body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stream": True}, "stream"),
        ({"thinking": {"type": "adaptive"}}, "'adaptive' is not supported"),
        ({"thinking": {"type": "enabled", "budget_tokens": 10}}, "greater than or equal to 1024"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "must be greater than `thinking.budget_tokens`"),
        ({"model": "claude-haiku-5-5", "thinking": {"type": "enabled", "budget_tokens": 2000}}, "not supported"),
        ({"model": "claude-opus-5-5", "thinking": {"type": "disabled"}}, "not supported"),
        ({"messages": [{"role": "user", "content": "word " * 200_001}]}, "prompt is too long"),
    ],
)
def test_what_a_model_does_not_take_is_refused(stand_in: StandIn, changes: dict[str, Any], words: str) -> None:
    answer = stand_in.message(**changes)

    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_thinking_takes_tokens_by_its_effort(stand_in: StandIn) -> None:
    answers = [
        stand_in.message(model="claude-haiku-5-5", output_config={"effort": effort}).json()
        for effort in ("low", "medium", "high")
    ]
    thoughts = [answer["usage"]["output_tokens_details"]["thinking_tokens"] for answer in answers]

    assert thoughts == sorted(thoughts)
    assert thoughts[0] > 0


def test_thinking_that_leaves_no_room_for_the_answer_ends_it(stand_in: StandIn) -> None:
    message = stand_in.message(model="claude-haiku-5-5", max_tokens=100).json()

    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 100)
    assert [block["type"] for block in message["content"]] == ["thinking"]


def test_a_path_that_is_not_there_is_answered_in_the_apis_form(stand_in: StandIn) -> None:
    answer = stand_in.http.get("/v1/complete", headers=HEADERS)

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"
