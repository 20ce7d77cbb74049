"""Message batches under a clock of the test's."""

import json
from typing import Any

import pytest
from unit.local_anthropic.conftest import HAIKU, Clock, StandIn

PARAMS = {"model": HAIKU, "max_tokens": 200, "messages": [{"role": "user", "content": "0 Ada Lovelace"}]}
ROOT = "/v1/messages/batches"


def requests(count: int, **changes: Any) -> dict[str, Any]:
    return {"requests": [{"custom_id": f"r{number}", "params": PARAMS | changes} for number in range(count)]}


def counts(stand_in: StandIn, batch: str) -> dict[str, int]:
    found = stand_in.ask("GET", f"{ROOT}/{batch}")["request_counts"]
    return {name: number for name, number in found.items() if number}


def types(stand_in: StandIn, batch: str) -> list[str]:
    lines = stand_in.http.get(f"{ROOT}/{batch}/results").text.splitlines()
    rows = {row["custom_id"]: row["result"]["type"] for row in map(json.loads, lines)}
    return [rows[name] for name in sorted(rows)]


def test_a_batch_ends_when_its_time_has_come(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(batchSeconds=100)
    made = stand_in.ask("POST", ROOT, requests(3))
    clock.advance(99)
    assert counts(stand_in, made["id"]) == {"processing": 3}
    stand_in.ask("GET", f"{ROOT}/{made['id']}/results", status=400)

    clock.advance(1)

    ended = stand_in.ask("GET", f"{ROOT}/{made['id']}")
    assert ended["processing_status"] == "ended"
    assert ended["results_url"] == f"http://testserver{ROOT}/{made['id']}/results"
    assert types(stand_in, made["id"]) == ["succeeded"] * 3


def test_a_setting_that_changes_later_does_not_touch_a_batch_that_runs(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(batchSeconds=100)
    made = stand_in.ask("POST", ROOT, requests(1))
    stand_in.set(batchSeconds=0)
    clock.advance(50)

    assert counts(stand_in, made["id"]) == {"processing": 1}


def test_what_is_not_done_when_a_batch_expires_is_expired(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(batchSeconds=100, batchExpireSeconds=50)
    made = stand_in.ask("POST", ROOT, requests(4))

    clock.advance(50)

    assert counts(stand_in, made["id"]) == {"succeeded": 2, "expired": 2}
    assert types(stand_in, made["id"]) == ["succeeded", "succeeded", "expired", "expired"]


def test_what_is_done_when_a_batch_is_cancelled_is_kept(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(batchSeconds=100, batchCancelSeconds=10)
    made = stand_in.ask("POST", ROOT, requests(10))
    clock.advance(20)

    assert stand_in.ask("POST", f"{ROOT}/{made['id']}/cancel")["processing_status"] == "canceling"
    clock.advance(5)
    assert stand_in.ask("GET", f"{ROOT}/{made['id']}")["processing_status"] == "canceling"
    clock.advance(5)

    assert counts(stand_in, made["id"]) == {"succeeded": 3, "canceled": 7}
    stand_in.ask("POST", f"{ROOT}/{made['id']}/cancel", status=400)


def test_a_bad_request_is_an_error_of_its_own_and_never_of_the_batch(stand_in: StandIn) -> None:
    stand_in.set(batchSeconds=0)
    body = requests(2)
    body["requests"][1]["params"] = {"model": HAIKU}

    made = stand_in.ask("POST", ROOT, body)

    assert types(stand_in, made["id"]) == ["succeeded", "errored"]


def test_texts_can_be_spoiled_inside_a_batch(stand_in: StandIn) -> None:
    stand_in.set(batchSeconds=0)
    stand_in.fault(inBatches=True, kind="refusal")
    made = stand_in.ask("POST", ROOT, requests(1))

    (line,) = stand_in.http.get(f"{ROOT}/{made['id']}/results").text.splitlines()

    assert json.loads(line)["result"]["message"]["stop_reason"] == "refusal"


def test_results_are_the_same_and_counted_once_however_often_they_are_read(stand_in: StandIn) -> None:
    stand_in.set(batchSeconds=0)
    made = stand_in.ask("POST", ROOT, requests(3))
    first = types(stand_in, made["id"])
    used = stand_in.ask("GET", "/_local/stats")["batchTokens"]

    assert types(stand_in, made["id"]) == first
    assert stand_in.ask("GET", "/_local/stats")["batchTokens"] == used


def test_the_queue_of_waiting_requests_has_an_end(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(batchQueue=5, batchSeconds=10)
    stand_in.ask("POST", ROOT, requests(3))

    stand_in.ask("POST", ROOT, requests(3), status=429)

    clock.advance(10)
    stand_in.ask("POST", ROOT, requests(3))


def test_a_batch_may_be_larger_than_a_message(stand_in: StandIn) -> None:
    stand_in.set(maxMessageBytes=300, maxBatchBytes=2_000)

    stand_in.ask("POST", ROOT, requests(5))

    assert stand_in.ask("POST", ROOT, requests(50), status=413)["error"]["type"] == "request_too_large"


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_has_1_to_1000_batches(stand_in: StandIn, limit: str) -> None:
    stand_in.ask("GET", f"{ROOT}?limit={limit}", status=400)


def test_pages_go_on_after_and_before_a_batch(stand_in: StandIn) -> None:
    ids = [stand_in.ask("POST", ROOT, requests(1))["id"] for _ in range(4)][::-1]

    first = stand_in.ask("GET", f"{ROOT}?limit=2")
    second = stand_in.ask("GET", f"{ROOT}?limit=2&after_id={first['last_id']}")
    before = stand_in.ask("GET", f"{ROOT}?before_id={second['first_id']}")

    assert [row["id"] for row in first["data"] + second["data"]] == ids
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert [row["id"] for row in before["data"]] == ids[:2]


def test_a_batch_is_deleted_only_after_its_end(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(batchSeconds=10)
    made = stand_in.ask("POST", ROOT, requests(1))["id"]
    stand_in.ask("DELETE", f"{ROOT}/{made}", status=400)

    clock.advance(10)

    assert stand_in.ask("DELETE", f"{ROOT}/{made}") == {"id": made, "type": "message_batch_deleted"}
    stand_in.ask("GET", f"{ROOT}/{made}", status=404)
