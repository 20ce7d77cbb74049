"""The official SDK works with message batches as it does with the API's."""

import json
import time
from typing import Any

import anthropic
import pytest
from contract.local_anthropic.client import HAIKU, Claude, Control, batch, message_text, request


def wait_until_ended(claude: Claude, batch_id: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = claude.call("messages.batches.retrieve", batch_id)
        if found.processing_status == "ended":
            return found
        time.sleep(0.02)
    raise AssertionError("the batch does not end")


def test_a_batch_goes_from_in_progress_to_results_in_another_order(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=0.3)
    made = claude.call("messages.batches.create", requests=batch(20))
    assert (made.processing_status, made.request_counts.processing, made.results_url) == ("in_progress", 20, None)

    done = wait_until_ended(claude, made.id)
    results = claude.call("messages.batches.results", made.id)

    assert (done.request_counts.succeeded, done.request_counts.processing) == (20, 0)
    names = [row.custom_id for row in results]
    assert sorted(names) == sorted(f"batch-{number}" for number in range(20))
    assert names != [f"batch-{number}" for number in range(20)]
    assert all(len(json.loads(message_text(row.result.message))["r"]) == 4 for row in results)
    assert {row.result.message.usage.service_tier for row in results} == {"batch"}
    assert control.stats()["batchTokens"][HAIKU]["outputTokens"] > 0


def test_results_of_a_batch_that_runs_are_not_there(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=60)
    made = claude.call("messages.batches.create", requests=batch(1))

    with pytest.raises(anthropic.AnthropicError):
        claude.call("messages.batches.results", made.id)


def test_requests_of_a_batch_fail_one_by_one(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=0)
    control.fault(inBatches=True, kind="expired", skip=1)
    control.fault(inBatches=True, status=529)
    requests = [*batch(3), {"custom_id": "bad", "params": request(model="claude-unknown")}]

    made = claude.call("messages.batches.create", requests=requests)
    done = wait_until_ended(claude, made.id)

    counts = done.request_counts
    assert (counts.succeeded, counts.expired, counts.errored, counts.canceled) == (1, 1, 2, 0)
    rows = {row.custom_id: row.result for row in claude.call("messages.batches.results", made.id)}
    assert rows["bad"].error.error.type == "not_found_error"
    assert rows["batch-0"].error.error.type == "overloaded_error"
    assert (rows["batch-1"].type, rows["batch-2"].type) == ("expired", "succeeded")


def test_a_cancelled_batch_keeps_what_was_done_and_cancels_the_rest(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=60)
    made = claude.call("messages.batches.create", requests=batch(5))

    stopped = claude.call("messages.batches.cancel", made.id)
    done = wait_until_ended(claude, made.id)

    assert stopped.processing_status == "canceling"
    assert (done.request_counts.canceled, done.cancel_initiated_at is not None) == (5, True)
    assert {row.result.type for row in claude.call("messages.batches.results", made.id)} == {"canceled"}


def test_batches_are_listed_the_newest_first_over_pages_and_deleted(claude: Claude, control: Control) -> None:
    control.set(batchSeconds=0)
    made = [claude.call("messages.batches.create", requests=batch(1)).id for _ in range(3)]

    listed = claude.call("messages.batches.list", limit=2)
    assert [found.id for found in listed] == made[::-1]

    assert claude.call("messages.batches.delete", made[0]).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        claude.call("messages.batches.retrieve", made[0])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["same", "same"], "unique"),
        (["a" * 65], "requests.0.custom_id: String should have at most 64 characters"),
        (["with space"], "custom_id: String should match pattern"),
        ([], "requests: List should have at least 1 item"),
        (["a", "b", "c", "d"], "at most 3 items"),
    ],
)
def test_a_batch_that_the_api_refuses_is_refused(
    claude: Claude, control: Control, names: list[str], words: str
) -> None:
    control.set(maxBatchRequests=3)

    with pytest.raises(anthropic.BadRequestError, match=words):
        claude.call("messages.batches.create", requests=[{"custom_id": name, "params": request()} for name in names])


def test_a_batch_can_be_made_although_its_answer_is_lost(claude: Claude, control: Control) -> None:
    control.fault(kind="drop", path="batches$", afterWork=True)

    with pytest.raises(anthropic.APIConnectionError):
        claude.call("messages.batches.create", requests=batch(2))

    assert [found.request_counts.processing for found in claude.call("messages.batches.list")] in ([2], [0])
