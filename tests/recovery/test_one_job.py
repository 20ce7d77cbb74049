"""Two jobs of one simulation, asked for at the same moment: one is begun, and the ledger is the portal's afterwards."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from integration.driving import Api, PortalDriver, aws_client, wait_for
from recovery.test_aborting import keys, ledger

from simcrm_embedded.state import StackState

RECORDS = 30
HELD_SECONDS = 4
"""How long the portal holds each call while both jobs are asked for: the first must not end before the second comes."""
REFUSED = "contacts/batch/upsert"
CLEANUP, RESUME, REPAIR, ABORT = "cleanup", "resume", "repair", "abort"
PAIRS = [(RESUME, CLEANUP), (RESUME, REPAIR), (RESUME, ABORT), (CLEANUP, REPAIR), (CLEANUP, ABORT), (REPAIR, ABORT)]


def start_failed(operator: Api, portal: PortalDriver) -> str:
    """A run that was stopped after its companies and contacts."""
    portal.script_fault({"kind": "rate_limit", "policy": "DAILY", "path": "/notes/batch/create", "times": None})
    run = operator.run(totalRecords=RECORDS)
    portal.clear_faults()
    assert run["status"] == "FAILED"
    return str(run["simulationId"])


def with_refusals(operator: Api, portal: PortalDriver) -> str:
    """A run that succeeded but for some contacts."""
    portal.script_fault({"kind": "invalid_input", "path": REFUSED, "record": 1, "times": 1})
    portal.script_fault({"kind": "invalid_input", "path": REFUSED, "record": 2, "times": 1})
    run = operator.run(totalRecords=RECORDS, activities={"enabled": False})
    portal.clear_faults()
    return str(run["simulationId"])


def running(operator: Api, portal: PortalDriver) -> str:
    """A run that waits for its portal."""
    portal.script_fault({"kind": "slow", "path": "upsert", "delaySeconds": 1, "times": None})
    simulation_id = operator.start(totalRecords=500)
    wait_for(lambda: operator.simulation(simulation_id)["counts"]["companies"] > 0)
    return simulation_id


MAKE: dict[str, Callable[[Api, PortalDriver], str]] = {
    RESUME: start_failed,
    CLEANUP: start_failed,
    REPAIR: with_refusals,
    ABORT: running,
}


def demand(operator: Api, simulation_id: str, job: str) -> httpx2.Response:
    route = RESUME if job == REPAIR else job
    return operator.post(f"/api/simulations/{simulation_id}/{route}", {"dryRun": False} if job == CLEANUP else {})


def nothing_runs(state: StackState, simulation_id: str) -> bool:
    """Whether no execution of either machine that belongs to a simulation runs."""
    machines, simulation = aws_client(state, "stepfunctions"), state.outputs["StateMachineArn"]
    found: list[Any] = []
    for arn in (simulation, simulation.removesuffix("-simulation") + "-maintenance"):
        found += machines.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    return not any(simulation_id in execution["name"] for execution in found)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_jobs_at_once_one_is_begun(
    state: StackState, operator: Api, portal: PortalDriver, first: str, second: str
) -> None:
    simulation_id = MAKE[second if second == ABORT and first == RESUME else first](operator, portal)
    portal.script_fault({"kind": "slow", "delaySeconds": HELD_SECONDS, "times": None})

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda job: demand(operator, simulation_id, job), (first, second)))
    portal.clear_faults()

    assert sorted(answer.status_code for answer in answers) == [202, 409], [answer.text for answer in answers]
    (refused,) = [answer.json()["error"] for answer in answers if answer.status_code == 409]
    assert refused["code"] in {"JOB_RUNNING", "SIMULATION_RUNNING", "SIMULATION_ENDED", "SIMULATION_ABORTED"}
    wait_for(lambda: nothing_runs(state, simulation_id))
    ended = operator.simulation(simulation_id)
    held = keys(portal, simulation_id)
    assert {key for key, outcome in ledger(operator, simulation_id) if outcome == "written"} == held
    assert sum(ended["counts"].values()) == len(held)
    assert ended["takenBack"] is (not held)


def test_what_was_taken_back_stays_so(operator: Api, portal: PortalDriver) -> None:
    simulation_id = start_failed(operator, portal)
    assert demand(operator, simulation_id, CLEANUP).status_code == 202
    wait_for(lambda: bool(operator.simulation(simulation_id)["takenBack"]))

    again, resumed = (demand(operator, simulation_id, job) for job in (CLEANUP, RESUME))

    assert (again.status_code, again.json()["total"], again.json()["takenBack"]) == (200, 0, True)
    assert (resumed.status_code, resumed.json()["error"]["code"]) == (409, "SIMULATION_TAKEN_BACK")
    exported = operator.get(f"/api/simulations/{simulation_id}/records").text.splitlines()
    assert "written" not in {json.loads(line)["outcome"] for line in exported}
    assert keys(portal, simulation_id) == set()
