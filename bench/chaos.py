"""A run beside which everything goes wrong: ``python bench/chaos.py [--seed 1 2 3] [--records 5000]``.

Functions are killed, the cache is restarted empty, the local HubSpot and the stand-in of the model misbehave, all by a
schedule that the seed fixes. At the end the table says what was promised and what was kept; a broken promise is
exit code 1.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
from chaos_faults import Fault, Injector, schedule
from chaos_promises import ChaosResult, Promise, judge, table

from simcrm.models.crm_objects import ACTIVITY_TYPES, ObjectType
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.batch_history import read_history
from simcrm.storage.ledger import Ledger
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.build_objects import build_objects
from simcrm_embedded.deployment import s3
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState

ROOT = Path(__file__).parents[1]
SPAN = {"startTime": "2026-05-02T00:00:00Z", "endTime": "2026-06-01T00:00:00Z", "timeScale": 0}
FINAL = {"SUCCEEDED", "PARTIAL", "FAILED", "ABORTED"}
POLL_SECONDS = 1.0
MOST_RESUMES = 3
CALLS_AT_ONCE = 20
"""Calls to the model that one function has under way."""

BELONG_TO_A_CONTACT = frozenset(ACTIVITY_TYPES) - {ObjectType.LINE_ITEMS}
"""Line items belong to a deal."""


def main() -> int:
    """Bring a stack up, run each seed, judge, end it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--records", type=int, default=5_000)
    asked = parser.parse_args()
    env = {"SIMCRM_STATE_DIR": str(ROOT / ".simcrm" / "chaos"), **os.environ, "SIMCRM_AI": "stand-in"}
    project = find_project(ROOT, env)
    broken = False
    try:
        state = up(project, Interruption(), report=_say, env=env, replace=True).state
        for seed in asked.seed:
            promises = chaos(project, state, seed, asked.records)
            print(table(f"seed {seed}, {asked.records} records", promises), flush=True)
            broken |= any(item.is_met is False for item in promises)
    finally:
        down(project, Interruption())
    return int(broken)


def chaos(project: Project, state: StackState, seed: int, records: int) -> list[Promise]:
    """One run with its faults; the table's lines."""
    injector, began = Injector(project, state), time.monotonic()
    httpx2.post(f"{state.model_url}/_local/reset", headers=state.control_headers, timeout=30).raise_for_status()
    with httpx2.Client(base_url=state.api_url, headers={"Authorization": f"Bearer {state.operator_token}"}) as api:
        api.timeout = 60
        input_ = {"totalRecords": records, "seed": f"chaos-{seed}", **SPAN}
        simulation = str(api.post("/api/simulations", json=input_).raise_for_status().json()["simulationId"])
        status, resumes = _follow(api, simulation, injector, schedule(seed, records)), 0
        injector.calm()
        while status == "FAILED" and resumes < MOST_RESUMES:
            api.post(f"/api/simulations/{simulation}/resume", json={}).raise_for_status()
            resumes += 1
            status = _wait_for_end(api, simulation)
    made = [Promise(f"fault: {kind}", count) for kind, count in sorted(injector.made.items())]
    killed = [Promise(f"processes: {kind}", count) for kind, count in sorted(injector.killed.items())]
    seconds = Promise("seconds", round(time.monotonic() - began))
    judged = judge(collect_result(state, simulation, status, injector))
    return [*judged, Promise("resumes", resumes), *made, *killed, seconds]


def _follow(api: httpx2.Client, simulation: str, injector: Injector, faults: Iterator[Fault]) -> str:
    """Let faults happen when they are due, from the plan to the end of the run.

    The emulator names every failed function alike, so that a plan is not tried again there as it is on AWS.
    """
    while _status(api, simulation) == "QUEUED":
        time.sleep(POLL_SECONDS)
    began, due = time.monotonic(), next(faults, None)
    while True:
        while due is not None and due.at <= time.monotonic() - began:
            injector.make(due)
            due = next(faults, None)
        if (status := _status(api, simulation)) in FINAL:
            return status
        time.sleep(POLL_SECONDS)


def _wait_for_end(api: httpx2.Client, simulation: str) -> str:
    while (status := _status(api, simulation)) not in FINAL:
        time.sleep(POLL_SECONDS)
    return status


def _status(api: httpx2.Client, simulation: str) -> str:
    """Where the run stands; an API that has lost its cache for a moment, or is late, is asked again."""
    try:
        answer = api.get(f"/api/simulations/{simulation}")
    except httpx2.TransportError:
        return "UNKNOWN"
    return str(answer.json()["status"]) if answer.is_success else "UNKNOWN"


def collect_result(state: StackState, simulation: str, status: str, injector: Injector) -> ChaosResult:
    """What the run has left in bucket, portal and model."""
    files = SimulationFiles(s3(state), state.outputs["BucketName"], simulation)
    portal = [row for kind in ObjectType for row in _portal(state, kind, simulation)]
    spoiled = sum(count for kind, count in injector.made.items() if kind.startswith("model"))
    died = injector.killed["generators killed"]
    return ChaosResult(
        status=status,
        planned=frozenset(_planned(files)),
        ledger={entry.key: (entry.outcome.value, entry.reason) for entry in Ledger(files).read_all()},
        portal=[row["properties"]["simcrm_record_key"] for row in portal],
        unlinked=[row["properties"]["simcrm_record_key"] for row in portal if row["unlinked"]],
        paid=_good_answers(state),
        retained=sum(name.count("/") > 1 for name in files.list_names("words/")),
        in_flight=CALLS_AT_ONCE * (died + spoiled),
    )


def _planned(files: SimulationFiles) -> Iterator[str]:
    """The keys of everything that was generated to be written."""
    plan, products = read_plan(files), files.read_lines(file_names.PRODUCTS) or []
    yield from (item.key for item in build_objects(plan, file_names.CATALOGUE_STEP, products))
    for batch in read_batches(files):
        history = read_history(files, batch.number)
        for step, rows in history.rows.items() if history else ():
            yield from (item.key for item in build_objects(plan, step, rows))


def _portal(state: StackState, kind: ObjectType, simulation: str) -> Iterator[dict[str, Any]]:
    """The simulation's records of a type, each with whether it should belong to a contact and does not."""
    headers = {"Authorization": f"Bearer {state.hubspot_token}"}
    query = {"limit": "100", "properties": "simcrm_simulation_id,simcrm_record_key", "associations": "contacts"}
    with httpx2.Client(base_url=state.hubspot_url, headers=headers, timeout=60) as http:
        while True:
            page = http.get(f"/crm/v3/objects/{kind}", params=query)
            if page.status_code == httpx2.codes.TOO_MANY_REQUESTS:
                time.sleep(POLL_SECONDS)
                continue
            document = page.raise_for_status().json()
            for row in document["results"]:
                if row["properties"]["simcrm_simulation_id"] == simulation:
                    linked = (row.get("associations") or {}).get("contacts")
                    yield row | {"unlinked": kind in BELONG_TO_A_CONTACT and not linked}
            if "paging" not in document:
                return
            query["after"] = document["paging"]["next"]["after"]


def _good_answers(state: StackState) -> int:
    """Answers of the model that arrived whole."""
    answer = httpx2.get(f"{state.model_url}/_local/calls", headers=state.control_headers, timeout=60)
    calls = answer.raise_for_status().json()["calls"]
    return sum(call["status"] == httpx2.codes.OK and not call["fault"] for call in calls)


def _say(text: str) -> None:
    print(json.dumps({"stack": text}), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
