"""What an earlier release has left is described, exported, resumed, repaired and taken back by this one.

``record_release.py`` makes the data when a release is made; what an older release left stays here beside it.
"""

import gzip
import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import redis
from builders import write_request
from lambda_events import api_event, sqs_event
from portal_in_process import LocalPortal
from recorders import ApiCalls
from template_resources import Resources
from unit.functions.after_a_run import ask, end_jobs, started_job
from unit.functions.conftest import Invoke

from simcrm.jobs import clean_up
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm_lambda import job_factory

RELEASES = sorted((Path(__file__).parent / "data").glob("*.json.gz"))
WHOLE, REFUSED, STOPPED = "sim-whole", "sim-refused", "sim-stopped"
NOTHING = by_json_name(dict.fromkeys(ObjectType, 0))
STARTED = "2026-03-02T14:00:00.000Z"

Left = dict[str, Any]
pytestmark = pytest.mark.usefixtures("connected", "_no_pauses")


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_factory, "time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(clean_up, "EMPTY_PASSES", 1)


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.removesuffix(".json.gz"))
def left(request: pytest.FixtureRequest, resources: Resources, cache: redis.Redis, empty_portal: LocalPortal) -> Left:
    """What a release left, back in the bucket, in the cache and in the portal."""
    document: Left = json.loads(gzip.decompress(request.param.read_bytes()))
    for key, text in document["objects"].items():
        boto3.client("s3").put_object(Bucket=resources.bucket, Key=key, Body=text.encode())
    for key, (kind, value) in document["cache"].items():
        restore(cache, key, kind, value)
    for method, path, body in document["portal"]:
        empty_portal.replay(method, path, body)
    for name in (WHOLE, REFUSED, STOPPED):
        machine = resources.state_machine_arn
        given = json.dumps(plan_of(document, name)["input"])
        begun = boto3.client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=given)
        boto3.client("stepfunctions").stop_execution(executionArn=begun["executionArn"])
    return document


def restore(cache: redis.Redis, key: str, kind: str, value: Any) -> None:
    if kind == "string":
        cache.set(key, value)
    elif kind == "hash":
        cache.hset(key, mapping=value)
    elif kind == "set":
        cache.sadd(key, *value)
    elif kind == "zset":
        cache.zadd(key, dict(value))
    else:
        cache.rpush(key, *value)


def status_of(left: Left, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(left["objects"][f"simulations/{name}/status.json"])
    return found


def plan_of(left: Left, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(left["objects"][f"simulations/{name}/plan.json"])
    return found


def in_portal(portal: LocalPortal, name: str) -> dict[ObjectType, int]:
    """How many records of a simulation the portal has, by type."""
    rows = {kind: portal.records(kind, "simcrm_simulation_id") for kind in ObjectType}
    return {kind: sum(row["simcrm_simulation_id"] == name for row in found) for kind, found in rows.items()}


def exported(invoke: Invoke, name: str) -> list[dict[str, Any]]:
    """All rows of an export, page by page."""
    rows, token = [], ""
    while True:
        query = {"token": token} if token else {}
        answer = invoke("ApiFunction", api_event("GET", f"/api/simulations/{name}/records", **query))
        rows += [json.loads(line) for line in answer["body"].splitlines()]
        (token,) = answer["multiValueHeaders"]["X-Next-Token"]
        if not token:
            return rows


@pytest.mark.parametrize("name", [WHOLE, REFUSED, STOPPED])
@pytest.mark.parametrize("is_cached", [True, False])
def test_a_run_is_described_as_it_ended(
    invoke: Invoke, left: Left, cache: redis.Redis, name: str, *, is_cached: bool
) -> None:
    if not is_cached:
        cache.flushall()
    ended = status_of(left, name)

    number, document = ask(invoke, "GET", f"/api/simulations/{name}")
    _, metrics = ask(invoke, "GET", f"/api/simulations/{name}/metrics")

    assert number == 200
    assert {field: document[field] for field in ("status", "planned", "failed")} == {
        field: ended[field] for field in ("status", "planned", "failed")
    }
    assert document["counts"] == NOTHING | ended["counts"]
    assert (document["error"] or {}).get("code") == (ended.get("error") or {}).get("code")
    assert metrics["ok"]


@pytest.mark.parametrize("name", [WHOLE, REFUSED, STOPPED])
def test_the_ledger_of_a_run_is_the_portal(invoke: Invoke, left: Left, empty_portal: LocalPortal, name: str) -> None:
    rows = exported(invoke, name)

    written = Counter(row["type"] for row in rows if row["outcome"] == "written")
    assert dict(written) == {kind: count for kind, count in status_of(left, name)["counts"].items() if count}
    assert in_portal(empty_portal, name) == dict.fromkeys(ObjectType, 0) | dict(written)


def test_a_run_that_was_stopped_goes_on_with_what_it_had_stored(
    invoke: Invoke, left: Left, empty_portal: LocalPortal
) -> None:
    """What it had not generated yet belonged to leads that this release would give another life."""
    before = status_of(left, STOPPED)
    stored = [key for key in left["objects"] if key.startswith(f"simulations/{STOPPED}/activities/")]
    number, answer = ask(invoke, "POST", f"/api/simulations/{STOPPED}/resume", {})
    resumed = answer["executionArn"].rsplit(":", 1)[1]
    begun = {"simulationId": resumed, "startedAt": STARTED}
    given = plan_of(left, STOPPED)["input"]

    invoke("PlanSimulationFunction", {**begun, "input": given})
    for row in map(json.loads, left["objects"][f"simulations/{STOPPED}/batches.jsonl"].splitlines()):
        event = {"simulationId": STOPPED, "batch": row}
        made = invoke("GenerateContactFunction", event)
        about: dict[str, Any] = {"simulationId": STOPPED, "batch": row["batch"]}
        invoke("WriteHubSpotFunction", sqs_event(write_request(**about, source=made["source"])))
        for wave in made["waves"]:
            activities = invoke("GenerateActivityFunction", {**event, "wave": wave["wave"]})
            place = {name: activities[name] for name in ("source", "step")}
            invoke("WriteHubSpotFunction", sqs_event(write_request(**about, **place)))
    ended = invoke("FinishSimulationFunction", begun)

    assert (number, answer["action"]) == (202, "continue")
    assert (ended["status"], ended["failed"], ended["missing"]) == ("SUCCEEDED", 0, 0)
    assert ended["counts"]["contacts"] == ended["planned"]
    rows = sum(len(left["objects"][key].splitlines()) for key in stored)
    assert sum(ended["counts"].values()) >= max(sum(before["counts"].values()), 2 * ended["planned"] + rows)
    assert in_portal(empty_portal, STOPPED) == ended["counts"]


def test_what_was_refused_is_written_again(
    invoke: Invoke, left: Left, api_calls: ApiCalls, empty_portal: LocalPortal
) -> None:
    number, answer = ask(invoke, "POST", f"/api/simulations/{REFUSED}/resume", {})
    (job,) = started_job(api_calls)
    while not invoke("MaintainSimulationFunction", job)["done"]:
        pass
    end_jobs(api_calls)

    _, document = ask(invoke, "GET", f"/api/simulations/{REFUSED}")
    assert (number, answer["action"]) == (202, "repair")
    assert (document["status"], document["failed"]) == ("SUCCEEDED", 0)
    assert sum(document["counts"].values()) == sum(status_of(left, REFUSED)["counts"].values()) + answer["failed"]
    assert by_json_name(in_portal(empty_portal, REFUSED)) == document["counts"]


def test_a_run_is_taken_back_and_no_other(
    invoke: Invoke, left: Left, api_calls: ApiCalls, empty_portal: LocalPortal
) -> None:
    others = {name: in_portal(empty_portal, name) for name in (REFUSED, STOPPED)}
    _, preview = ask(invoke, "POST", f"/api/simulations/{WHOLE}/cleanup", {"dryRun": True})
    number, _ = ask(invoke, "POST", f"/api/simulations/{WHOLE}/cleanup", {"dryRun": False})
    (job,) = started_job(api_calls)
    while not invoke("MaintainSimulationFunction", job)["done"]:
        pass
    end_jobs(api_calls)

    assert (number, preview["total"]) == (202, sum(status_of(left, WHOLE)["counts"].values()))
    assert in_portal(empty_portal, WHOLE) == dict.fromkeys(ObjectType, 0)
    assert {name: in_portal(empty_portal, name) for name in others} == others
    assert ask(invoke, "GET", f"/api/simulations/{WHOLE}")[1]["takenBack"]
