"""What chaos promises, on a small run with one fault of each kind: ``make chaos`` draws many for a large one."""

from typing import Any

import httpx2
from chaos import collect_result
from chaos_faults import Fault, Injector
from chaos_promises import judge, table
from integration.driving import Api, wait_for

from simcrm_embedded.state import StackState

RECORDS = 150
AFTER_THE_WRITE = {"kind": "status", "status": 502, "afterWrite": True}
DEALS = "/crm/objects/.*/deals/batch/upsert$"
PORTAL_FAULTS = [
    {**AFTER_THE_WRITE, "path": "/crm/objects/.*/contacts/batch/upsert$"},
    {**AFTER_THE_WRITE, "path": "/crm/objects/.*/notes/batch/create$"},
    {"kind": "slow", "delaySeconds": 6, "path": DEALS},
]
QUICK_WORDS = {"latencyBaseMs": 50, "latencyPerOutputTokenMs": 0}
MODEL_FAULTS = [{"kind": "truncated", "path": "^/v1/messages", "times": 2}]


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
    promises = judge(collect_result(state, simulation, run["status"], chaotic))
    assert [item for item in promises if item.is_met is False] == [], table(simulation, promises)
    figures = {item.what: item.figure for item in promises}
    assert (run["failed"], run["counts"]["contacts"]) == (0, RECORDS)
    assert sum(run["counts"].values()) == figures["planned"] == figures["written and ledgered so"]
