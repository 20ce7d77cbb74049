"""Words by a model on the whole stack, with the stand-in for its API: nothing is paid twice, every record arrives."""

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from integration.conftest import ROOT, STATE_SETTING
from integration.driving import Api, JsonObject, Portal, aws_client

from simcrm_embedded.local_model import MODEL_SETTING, STAND_IN
from simcrm_embedded.project import find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState
from simcrm_embedded.waiting import Interruption

RECORDS = 200


@pytest.fixture(scope="module")
def stack() -> Iterator[StackState]:
    """A stack of its own, whose words the stand-in writes."""
    folder = os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "tests")
    project = find_project(ROOT, {STATE_SETTING: f"{folder}-words"})
    result = up(project, Interruption(), report=lambda _: None, env={**os.environ, MODEL_SETTING: STAND_IN})
    yield result.state
    if not result.already_running:
        down(project, Interruption())


class Model:
    """The stand-in's controls."""

    def __init__(self, url: str) -> None:
        self._url = url

    def reset(self, **settings: Any) -> None:
        """Forget calls, batches and faults."""
        self._send("POST", "/_local/reset")
        self._send("PUT", "/_local/settings", settings)

    def fail(self, **rule: Any) -> None:
        """Script a fault."""
        self._send("POST", "/_local/faults", [rule])

    def calls(self, path: str = "/v1/messages") -> list[JsonObject]:
        """The journal of a path's calls."""
        rows: list[JsonObject] = self._send("GET", "/_local/calls")["calls"]
        return [row for row in rows if row["path"] == path and row["method"] == "POST"]

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx2.request(method, self._url + path, json=body, timeout=30).raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture
def model(stack: StackState) -> Model:
    made = Model(stack.model_url)
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
    assert len(Portal(stack).of_simulation("contacts", run["simulationId"])) == RECORDS
    assert len(model.calls("/v1/messages/batches")) == 1
    assert model.calls() == []


def test_what_expires_or_fails_in_a_message_batch_falls_back_alone(stack: StackState, api: Api, model: Model) -> None:
    model.fail(inBatches=True, kind="expired", times=2)
    model.fail(inBatches=True, kind="status", status=500, skip=4, times=1)
    model.fail(inBatches=True, kind="refusal", skip=8, times=1)

    run = api.run(totalRecords=RECORDS, ai={"mode": "BATCH"}, activities={"enabled": False})

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
