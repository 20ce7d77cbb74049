"""Text by a model on the whole stack, with the stand-in for its API: nothing is paid twice, every record arrives."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import psutil
import pytest
from integration.conftest import ROOT, STATE_SETTING
from integration.driving import Api, JsonObject, PortalDriver, aws_client, wait_for

from simcrm_embedded.local_model import MODEL_SETTING, STAND_IN
from simcrm_embedded.polling import Interruption
from simcrm_embedded.processes import MARK
from simcrm_embedded.project import find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState

RECORDS = 200
PAIRS: JsonObject = {"totalRecords": RECORDS, "contactsPerCompany": 1, "activities": {"enabled": False}}
"""Accounts of one contact, ten of which make a call."""
SOME_CALLS = 6
HELD_SECONDS = 60
"""Longer than a call to the model may take."""

ANSWERED, LEFT = 200, 499
"""Statuses of the stand-in's journal: a left call was under way when its caller died."""


@pytest.fixture(scope="module")
def stack() -> Iterator[StackState]:
    """A stack of its own, whose words the stand-in writes."""
    folder = os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "tests")
    project = find_project(ROOT, {STATE_SETTING: f"{folder}-words"})
    result = up(
        project, Interruption(), report=lambda _: None, env={**os.environ, MODEL_SETTING: STAND_IN}, replace=True
    )
    yield result.state
    if not result.already_running:
        down(project, Interruption())


class Model:
    """The stand-in's controls."""

    def __init__(self, state: StackState) -> None:
        self._url, self._headers = state.model_url, state.control_headers

    def reset(self, **settings: Any) -> None:
        """Forget calls, batches and faults."""
        self._send("POST", "/_local/reset")
        self._send("PUT", "/_local/settings", settings)

    def fail(self, **rule: Any) -> None:
        """Script a fault."""
        self._send("POST", "/_local/faults", [rule])

    def mend(self) -> None:
        """Let calls be answered from now on."""
        self._send("DELETE", "/_local/faults")

    def calls(self, path: str = "/v1/messages") -> list[JsonObject]:
        """The journal of a path's calls."""
        rows: list[JsonObject] = self._send("GET", "/_local/calls")["calls"]
        return [row for row in rows if row["path"] == path and row["method"] == "POST"]

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx2.request(method, self._url + path, json=body, headers=self._headers, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture
def model(stack: StackState) -> Model:
    made = Model(stack)
    made.reset(latencyBaseMs=50)
    return made


@pytest.fixture
def api(stack: StackState) -> Api:
    return Api(stack, stack.operator_token)


def metadata(stack: StackState, simulation_id: str) -> list[JsonObject]:
    """How the words of each record were made, by its index."""
    client, bucket = aws_client(stack, "s3"), stack.outputs["BucketName"]
    prefix = f"simulations/{simulation_id}/records/"
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    lines = [line for key in sorted(keys) for line in _lines(client, bucket, key)]
    return [json.loads(row["contact"]["simcrm_generation_metadata"]) for row in sorted(lines, key=_index)]


def _lines(client: Any, bucket: str, key: str) -> list[JsonObject]:
    body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


def _index(row: JsonObject) -> int:
    return int(row["index"])


def test_all_words_come_by_message_batches(stack: StackState, api: Api, model: Model) -> None:
    run = api.run(totalRecords=RECORDS, ai={"mode": "BATCH", "maxCostUsd": 5})

    made = metadata(stack, run["simulationId"])
    assert (run["status"], run["failed"], run["counts"]["contacts"]) == ("SUCCEEDED", 0, RECORDS)
    assert {row["method"] for row in made} == {"ai"}
    assert len(PortalDriver(stack).simulation_records("contacts", run["simulationId"])) == RECORDS
    assert len(model.calls("/v1/messages/batches")) == 1
    assert model.calls() == []


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("mode", ["SYNC", "BATCH"])
def test_a_model_times_activities_and_all_arrive(stack: StackState, api: Api, mode: str) -> None:
    span = {"startTime": "2026-01-05T00:00:00Z", "endTime": "2026-03-02T00:00:00Z", "timeScale": 0}
    run = api.run(totalRecords=60, ai={"mode": mode, "smartScheduling": True}, seed="timing", **span)

    timings = [row["timing"] for row in metadata(stack, run["simulationId"])]
    assert (run["status"], run["failed"], run["counts"]["contacts"]) == ("SUCCEEDED", 0, 60)
    assert 0 < sum(timing["model"] + timing["rules"] for timing in timings) <= run["counts"]["notes"]
    assert sum(timing["model"] for timing in timings) > 0


def test_what_expires_or_fails_in_a_message_batch_falls_back_alone(stack: StackState, api: Api, model: Model) -> None:
    model.fail(inBatches=True, kind="expired", times=2)
    model.fail(inBatches=True, kind="status", status=500, skip=4, times=1)
    model.fail(inBatches=True, kind="refusal", skip=8, times=1)

    run = api.run(**PAIRS, ai={"mode": "BATCH", "recordsPerCall": 10})

    reasons = [row["reason"] for row in metadata(stack, run["simulationId"])]
    assert (run["status"], run["counts"]["contacts"]) == ("SUCCEEDED", RECORDS)
    counts = {reason: reasons.count(reason) for reason in set(reasons)}
    assert counts == {None: RECORDS - 40, "batch_expired": 20, "batch_errored": 10, "refusal": 10}
    figures = api.get(f"/api/simulations/{run['simulationId']}/metrics").json()["aiGeneration"]
    assert (figures["successCount"], figures["fallbackCount"]) == (RECORDS - 40, 40)
    assert model.calls() == []


def test_a_message_batch_whose_answer_was_lost_is_found_and_not_paid_for_twice(
    stack: StackState, api: Api, model: Model
) -> None:
    model.fail(path="^/v1/messages/batches$", method="POST", kind="drop", afterWork=True)

    run = api.run(totalRecords=20, ai={"mode": "BATCH"}, activities={"enabled": False})

    assert {row["method"] for row in metadata(stack, run["simulationId"])} == {"ai"}
    assert [call["status"] for call in model.calls("/v1/messages/batches")] == [0]


def test_a_run_whose_generators_are_killed_pays_for_no_record_twice(stack: StackState, api: Api, model: Model) -> None:
    model.reset(keepPrompts=True)
    model.fail(kind="slow", delaySeconds=HELD_SECONDS, skip=SOME_CALLS, times=None)
    simulation_id = api.start(**PAIRS, ai={"recordsPerCall": 10})
    wait_for(lambda: answered(model) == stored(stack, simulation_id) == SOME_CALLS)

    killed = kill_generators(stack)
    model.mend()
    run = api.wait(simulation_id)

    calls = model.calls()
    paid = Counter(line for call in calls if call["status"] == ANSWERED for line in facts(call))
    under_way = {line for call in calls if call["status"] == LEFT for line in facts(call)}
    assert killed > 0
    assert under_way
    assert (run["status"], run["failed"], run["counts"]["contacts"]) == ("SUCCEEDED", 0, RECORDS)
    assert {row["method"] for row in metadata(stack, simulation_id)} == {"ai"}
    assert (len(paid), set(paid.values())) == (RECORDS, {1})


def answered(model: Model) -> int:
    return sum(call["status"] == ANSWERED for call in model.calls())


def stored(stack: StackState, simulation_id: str) -> int:
    """How many calls' answers are in S3."""
    prefix = f"simulations/{simulation_id}/words/"
    found = aws_client(stack, "s3").list_objects_v2(Bucket=stack.outputs["BucketName"], Prefix=prefix)
    return sum(item["Key"].count("/") == prefix.count("/") + 1 for item in found.get("Contents", []))


def facts(call: JsonObject) -> list[str]:
    """The contacts of a call, by their lines."""
    return [line for line in call["prompt"].splitlines() if line.startswith("r")]


def kill_generators(stack: StackState) -> int:
    """Kill every process that this stack runs generate-contact in."""
    found = [process for process in psutil.process_iter() if _is_generator(process, stack.mark)]
    for process in found:
        process.kill()
    return len(found)


def _is_generator(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error):
        return "GenerateContactFunction" in " ".join(process.cmdline()) and process.environ().get(MARK) == mark
    return False
