"""Runs three simulations by the functions of this release and keeps what they leave: ``pytest record_release.py``.

What is kept is what the next release finds: the bucket, the cache, and what was sent to the portal.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
import redis
from builders import write_request
from lambda_events import sqs_event
from portal_in_process import LocalPortal
from template_resources import Resources
from unit.functions.conftest import Invoke

STARTED = "2026-03-02T14:00:00.000Z"
INPUT = {"totalRecords": 12, "seed": "7", "timeScale": 0}
DATA = Path(__file__).parent / "data"


def keep_requests(portal: LocalPortal) -> list[Any]:
    """The requests that may change something: sent again in this order they make the same records with the same ids."""
    sent: list[Any] = []

    def note(request: httpx2.Request) -> httpx2.Response | None:
        if request.method != "GET" and not request.url.path.endswith(("/search", "/batch/read")):
            sent.append([request.method, request.url.raw_path.decode(), json.loads(request.content or b"null")])
        return None

    portal.intercept = note
    return sent


def run(invoke: Invoke, resources: Resources, name: str, *, only_contacts_of: int | None = None, **fields: Any) -> None:
    """A simulation, to its end or until a batch has its contacts."""
    document = INPUT | fields
    text = json.dumps(document)
    machine = resources.state_machine_arn
    arn = boto3.client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=text)["executionArn"]
    begun = {"simulationId": name, "startedAt": STARTED}
    invoke("PlanSimulationFunction", {**begun, "input": document})
    body = boto3.client("s3").get_object(Bucket=resources.bucket, Key=f"simulations/{name}/batches.jsonl")["Body"]
    for row in map(json.loads, body.read().splitlines()):
        event = {"simulationId": name, "batch": row}
        made = invoke("GenerateContactFunction", event)
        about: dict[str, Any] = {"simulationId": name, "batch": row["batch"]}
        invoke("WriteHubSpotFunction", sqs_event(write_request(**about, source=made["source"])))
        if row["batch"] == only_contacts_of:
            invoke("FinishSimulationFunction", {**begun, "failure": {"Error": "Stopped", "Cause": "by somebody"}})
            boto3.client("stepfunctions").stop_execution(executionArn=arn)
            return
        for wave in made["waves"]:
            activities = invoke("GenerateActivityFunction", {**event, "wave": wave["wave"]})
            place = {name: activities[name] for name in ("source", "step")}
            invoke("WriteHubSpotFunction", sqs_event(write_request(**about, **place)))
    invoke("FinishSimulationFunction", begun)
    boto3.client("stepfunctions").stop_execution(executionArn=arn)


def objects_of(bucket: str) -> dict[str, str]:
    """The text of each object of the bucket, by its key."""
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}


def values_of(cache: redis.Redis) -> dict[str, Any]:
    """Type and value of each key of the cache."""
    read: dict[str, Any] = {
        "string": cache.get,
        "hash": cache.hgetall,
        "set": lambda key: sorted(cache.smembers(key)),
        "zset": lambda key: cache.zrange(key, 0, -1, withscores=True),
        "list": lambda key: cache.lrange(key, 0, -1),
    }
    kinds = {str(key): str(cache.type(key)) for key in cache.scan_iter("*") if ":once:" not in str(key)}
    return {key: [kind, read[kind](key)] for key, kind in sorted(kinds.items())}


@pytest.mark.usefixtures("connected")
def test_record(invoke: Invoke, resources: Resources, portal: LocalPortal, cache: redis.Redis) -> None:
    sent = keep_requests(portal)
    run(invoke, resources, "sim-whole")
    fault = {"kind": "invalid_input", "path": "contacts/batch/upsert", "record": 3, "times": 1}
    portal.fault(**fault)
    sent.append(["POST", "/_local/faults", fault])
    run(invoke, resources, "sim-refused", seed="8")
    run(invoke, resources, "sim-stopped", totalRecords=103, seed="9", only_contacts_of=1)
    left = {"objects": objects_of(resources.bucket), "cache": values_of(cache), "portal": sent}
    DATA.mkdir(exist_ok=True)
    file = DATA / f"{os.environ.get('RELEASE', 'next')}.json.gz"
    file.write_bytes(gzip.compress(json.dumps(left, sort_keys=True, ensure_ascii=False).encode(), mtime=0))
