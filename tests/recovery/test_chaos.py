"""What chaos promises, on a small run with one fault of each kind: ``make chaos`` draws many for a large one."""

import os
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from chaos import found
from chaos_faults import Fault, Injector
from chaos_promises import judge, table
from integration.conftest import ROOT, STATE_SETTING
from integration.driving import Api, aws_client, wait_for

from simcrm_embedded.local_model import MODEL_SETTING, STAND_IN
from simcrm_embedded.project import find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState
from simcrm_embedded.waiting import Interruption

RECORDS = 150
HIDDEN_SECONDS = 12
"""How long a killed writer's message stays hidden: more than a writer may run, less than a test may take."""

AFTER_THE_WRITE = {"kind": "status", "status": 502, "afterWrite": True}
DEALS = "/crm/objects/.*/deals/batch/upsert$"
PORTAL_FAULTS = [
    {**AFTER_THE_WRITE, "path": "/crm/objects/.*/contacts/batch/upsert$"},
    {**AFTER_THE_WRITE, "path": "/crm/objects/.*/notes/batch/create$"},
    {"kind": "slow", "delaySeconds": 6, "path": DEALS},
]
QUICK_WORDS = {"latencyBaseMs": 50, "latencyPerOutputTokenMs": 0}
MODEL_FAULTS = [{"kind": "truncated", "path": "^/v1/messages", "times": 2}]


@pytest.fixture(scope="module")
def chaotic() -> Iterator[Injector]:
    """What makes faults happen in a stack of its own, whose words the stand-in of the model writes."""
    folder = os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "recovery")
    project = find_project(ROOT, {STATE_SETTING: f"{folder}-chaos"})
    result = up(
        project, Interruption(), report=lambda _: None, env={**os.environ, MODEL_SETTING: STAND_IN}, replace=True
    )
    hide(result.state)
    yield Injector(project, result.state)
    if not result.already_running:
        down(project, Interruption())


def hide(state: StackState) -> None:
    """Let messages that were taken come back soon."""
    attributes = {"VisibilityTimeout": str(HIDDEN_SECONDS)}
    aws_client(state, "sqs").set_queue_attributes(QueueUrl=state.outputs["WriteQueueUrl"], Attributes=attributes)


def control(state: StackState, method: str, url: str, body: Any = None) -> httpx2.Response:
    """Ask a control path of the portal or the model."""
    answer = httpx2.request(method, url, json=body, headers=state.control_headers, timeout=30)
    return answer.raise_for_status()


def script(state: StackState, url: str, faults: list[dict[str, Any]]) -> None:
    """Let calls go wrong from now on, and forget those of before."""
    control(state, "POST", f"{url}/_local/reset")
    control(state, "POST", f"{url}/_local/faults", faults)


def waiting(state: StackState, url: str) -> list[str]:
    """The paths of faults that no call has met yet."""
    return [rule["path"] for rule in control(state, "GET", f"{url}/_local/faults").json()["rules"]]


def test_a_run_in_which_everything_goes_wrong_once_keeps_all_promises(chaotic: Injector) -> None:
    state, api = chaotic.state, Api(chaotic.state, chaotic.state.operator_token)
    script(state, state.hubspot_url, PORTAL_FAULTS)
    script(state, state.model_url, MODEL_FAULTS)
    control(state, "PUT", f"{state.model_url}/_local/settings", QUICK_WORDS)

    simulation = api.start(totalRecords=RECORDS, seed="chaos-1")
    wait_for(lambda: DEALS not in waiting(state, state.hubspot_url))
    chaotic.make(Fault(0, "writers killed", 1))
    chaotic.make(Fault(0, "cache restarted empty", 1))
    run = api.wait(simulation)

    assert waiting(state, state.hubspot_url) + waiting(state, state.model_url) == []
    assert chaotic.killed["writers killed"] > 0
    promises = judge(found(state, simulation, run["status"], chaotic))
    assert [item for item in promises if item.kept is False] == [], table(simulation, promises)
    figures = {item.what: item.figure for item in promises}
    assert (run["failed"], run["counts"]["contacts"]) == (0, RECORDS)
    assert sum(run["counts"].values()) == figures["planned"] == figures["written and ledgered so"]
