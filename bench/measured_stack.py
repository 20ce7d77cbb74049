"""The embedded stack while it is measured, warmed up and with a portal that limits nothing."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psutil

if TYPE_CHECKING:
    from simcrm_embedded.state import StackState

ROOT = Path(__file__).parents[1]
MONTH = {"startTime": "2026-05-02T00:00:00Z", "endTime": "2026-06-01T00:00:00Z", "timeScale": 0}
ROOMY = dict.fromkeys(("notes", "calls", "tasks", "tickets"), 1_000_000)
"""Budgets that no run here reaches: a scenario's own would leave less work for each record of a large run."""
CALLS_PER_TEN_SECONDS = 100_000


@dataclass(frozen=True)
class Stack:
    """Its API, its emulator and its portal, and where all else is."""

    api: httpx2.Client
    emulator: psutil.Process
    portal: httpx2.Client
    state: "StackState"

    def run(self, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """A simulation that has ended well, and the most bytes of memory that the emulator had meanwhile."""
        simulation = self.start(body)["simulationId"]
        peak = 0
        while True:
            peak = max(peak, self.emulator.memory_info().rss)
            document: dict[str, Any] = self.api.get(f"/api/simulations/{simulation}").raise_for_status().json()
            if document["status"] not in {"QUEUED", "RUNNING"}:
                return self.checked(document, body), peak
            time.sleep(1)

    def start(self, body: dict[str, Any]) -> dict[str, Any]:
        """Begin a simulation: what the API answers."""
        answer: dict[str, Any] = self.api.post("/api/simulations", json=body).raise_for_status().json()
        return answer

    def checked(self, document: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """A simulation that has ended.

        Raises:
            SystemExit: not all of its records are in the portal.
        """
        ended = (document["status"], document["counts"]["contacts"], document["failed"])
        if ended != ("SUCCEEDED", body["totalRecords"], 0):
            raise SystemExit(f"a run did not succeed: {document}")
        return document

    def records(self, kind: str, simulation: str, properties: str, **query: str) -> list[dict[str, Any]]:
        """The portal's records of a simulation and a type."""
        found: list[dict[str, Any]] = []
        asked = {"limit": "100", "properties": f"simcrm_simulation_id,{properties}"} | query
        while True:
            page = self.portal.get(f"/crm/v3/objects/{kind}", params=asked).raise_for_status().json()
            found += [row for row in page["results"] if row["properties"]["simcrm_simulation_id"] == simulation]
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return found
            asked["after"] = after


@contextmanager
def stack(**settings: str) -> Iterator[Stack]:
    """The stack with these settings, warmed up by a run that is not counted."""
    from simcrm_embedded.polling import Interruption  # noqa: PLC0415
    from simcrm_embedded.project import find_project  # noqa: PLC0415 - whoever measures a plan's memory needs no stack
    from simcrm_embedded.stack import down, up  # noqa: PLC0415

    env = {**os.environ, "SIMCRM_STATE_DIR": str(ROOT / ".simcrm" / "bench"), **settings}
    project = find_project(ROOT, env)
    state = up(project, Interruption(), report=print, env=env, replace=True).state
    try:
        emulator = next(psutil.Process(process.pid) for process in state.processes if process.name == "MiniStack")
        with (
            client(state.api_url, state.operator_token) as api,
            client(state.hubspot_url, state.hubspot_token) as portal,
        ):
            limits = {"callsPerTenSeconds": CALLS_PER_TEN_SECONDS}
            portal.headers.update(state.control_headers)
            portal.put("/_local/settings", json=limits).raise_for_status()
            measured = Stack(api, emulator, portal, state)
            measured.run(backfill(100))
            yield measured
    finally:
        down(project, Interruption())


def client(url: str, token: str) -> httpx2.Client:
    """Who has this token."""
    return httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def backfill(records: int) -> dict[str, Any]:
    """So many records of a month that has passed, each with all its activities."""
    return {"totalRecords": records, "ai": {"enabled": False}, "activities": {"budgets": ROOMY}, **MONTH}
