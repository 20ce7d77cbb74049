"""What consumers of a ledger ask besides the bucket: a Step Functions that knows one run, a portal that archives."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx2

from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.custom_properties import SIMULATION_ID
from simcrm.jobs.clean_up import MERGED_IDS

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:simulation"
MAINTENANCE = "arn:aws:states:us-east-1:123456789012:stateMachine:maintenance"


class OneExecution:
    """Answers as a Step Functions client does that has one execution; ``requests`` counts what it was asked."""

    def __init__(self, requests: Counter[str], given: dict[str, Any], started_at: datetime, status: str) -> None:
        self._requests = requests
        self._given = json.dumps(given)
        self._started_at = started_at
        self._status = status

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        """How it stands."""
        self._requests["DescribeExecution"] += 1
        known = {"executionArn": executionArn, "status": self._status, "input": self._given}
        return {**known, "startDate": self._started_at}

    def stop_execution(self, **_: Any) -> None:
        """Stop it."""
        self._requests["StopExecution"] += 1
        self._status = "ABORTED"

    def start_execution(self, **_: Any) -> dict[str, str]:
        """Begin a job."""
        self._requests["StartExecution"] += 1
        return {"executionArn": MAINTENANCE}


class ArchivingPortal:
    """Has whatever it is asked for, all of it of one simulation, and finds nothing by a search.

    ``merged`` are records into which somebody has merged another one of the same simulation: the latter by the former.
    """

    def __init__(self, requests: Counter[str], simulation_id: str, merged: Mapping[str, str] | None = None) -> None:
        self._requests = requests
        self._properties = {SIMULATION_ID: simulation_id}
        self._merged = merged or {}
        self.calls = 0

    @property
    def client(self) -> HubSpotClient:
        """The project's client, connected to it."""
        transport = httpx2.MockTransport(self._answer)
        return HubSpotClient(httpx2.Client(base_url="http://portal.test", transport=transport), ApiPaths("2026-09"))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.calls += 1
        self._requests["HubSpot"] += 1
        path = request.url.path
        if path.endswith("/batch/archive"):
            return httpx2.Response(204)
        if path.endswith("/batch/read"):
            return httpx2.Response(200, json={"results": list(map(self._row, json.loads(request.content)["inputs"]))})
        found = [{"name": SIMULATION_ID}] if "/properties/" in path else []
        return httpx2.Response(200, json={"results": found})

    def _row(self, wanted: dict[str, str]) -> dict[str, Any]:
        number = wanted["id"]
        return {"id": number, "properties": {**self._properties, MERGED_IDS: self._merged.get(number)}}
