"""Driving the embedded stack from a test: its API, its portal and its queues."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx2

from simcrm_embedded import deployment
from simcrm_embedded.state import StackState

JsonObject = dict[str, Any]
DEADLINE_SECONDS = 300.0
FINAL = {"SUCCEEDED", "PARTIAL", "FAILED", "ABORTED"}
BATCH = 100
QUARTER = {"startTime": "2026-06-01T00:00:00Z", "endTime": "2026-08-31T00:00:00Z", "timeScale": 0}


@cache
def http() -> httpx2.Client:
    """One client for all tests: making one reads the certificates, which takes longer than most answers."""
    return httpx2.Client(trust_env=False, timeout=60)


class Api:
    """The stack's API as one of its roles."""

    def __init__(self, state: StackState, token: str | None) -> None:
        self._url = state.api_url
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> httpx2.Response:
        return self._send("GET", path)

    def post(self, path: str, body: Any) -> httpx2.Response:
        return self._send("POST", path, json=body)

    def put(self, path: str, body: Any) -> httpx2.Response:
        return self._send("PUT", path, json=body)

    def delete(self, path: str) -> httpx2.Response:
        return self._send("DELETE", path)

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        return http().request(method, self._url + path, headers=self._headers, **content)

    def start(self, **fields: Any) -> str:
        answer = self.post("/api/simulations", QUARTER | fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["simulationId"])

    def simulation(self, simulation_id: str) -> JsonObject:
        answer = self.get(f"/api/simulations/{simulation_id}")
        assert answer.status_code == 200, answer.text
        document: JsonObject = answer.json()
        return document

    def wait(self, simulation_id: str) -> JsonObject:
        wait_for(lambda: self.simulation(simulation_id)["status"] in FINAL)
        return self.simulation(simulation_id)

    def run(self, **fields: Any) -> JsonObject:
        return self.wait(self.start(**fields))


class PortalDriver:
    """The local HubSpot as its users and its test controls see it."""

    def __init__(self, state: StackState, token: str | None = None) -> None:
        self._url = state.hubspot_url
        self._headers = {"Authorization": f"Bearer {token or state.hubspot_token}", **state.control_headers}

    def simulation_records(self, object_type: str, simulation_id: str, *, associations: str = "") -> list[JsonObject]:
        """All records of a simulation; ``associations`` names object types to list with each."""
        rows = self.all_records(object_type, associations=associations)
        return [item for item in rows if item["properties"]["simcrm_simulation_id"] == simulation_id]

    def all_records(self, object_type: str, *, associations: str = "") -> list[JsonObject]:
        """All records of a type."""
        found: list[JsonObject] = []
        after: str | None = None
        while True:
            query = {"limit": "100", "properties": "simcrm_simulation_id,simcrm_record_key,email"}
            query |= {"associations": associations} if associations else {}
            query |= {"after": after} if after else {}
            page = self._send("GET", f"/crm/v3/objects/{object_type}", params=query).json()
            found += page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return found

    def create(self, object_type: str, properties: JsonObject, count: int = 1) -> None:
        """What a person adds to the portal: one record, or several that are alike."""
        for first in range(0, count, BATCH):
            inputs = [{"properties": properties}] * min(BATCH, count - first)
            self._send("POST", f"/crm/v3/objects/{object_type}/batch/create", json={"inputs": inputs})

    def accept(self, tokens: JsonObject) -> None:
        """Let these tokens in, each with its scopes or with None for all, and no other."""
        self._send("PUT", "/_local/tokens", json=tokens)

    def set(self, **settings: Any) -> None:
        """Change settings of the portal by their JSON names."""
        self._send("PUT", "/_local/settings", json=settings)

    def script_fault(self, rule: JsonObject) -> None:
        self._send("POST", "/_local/faults", json=rule)

    def clear_faults(self) -> None:
        self._send("DELETE", "/_local/faults")

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        return http().request(method, self._url + path, headers=self._headers, **content).raise_for_status()


def aws_client(state: StackState, service: Any) -> Any:
    """A client of the emulated AWS."""
    return deployment.aws_client(state, service)


def wait_for(condition: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Poll until a condition holds; a run that never gets there fails the test instead of hanging it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)
