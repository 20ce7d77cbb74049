"""How runs end, for a cause of each kind: what the portal, the ledger, the API and the command line say of it agrees.

The table that is printed is the one of docs/endings.md.
"""

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from chaos_faults import Fault, Injector
from integration.conftest import ROOT
from integration.driving import Api, JsonObject, PortalDriver, aws_client, wait_for
from recovery.portal_scopes import ALL_BUT_ONE

from simcrm.models.crm_objects import ObjectType
from simcrm_cli.main import run as simcrm
from simcrm_embedded import processes
from simcrm_embedded.function_processes import kill_functions

RECORDS = 20
KINDS = tuple(ObjectType)
EXIT = {"SUCCEEDED": 0, "PARTIAL": 3, "FAILED": 1, "ABORTED": 1}
KEY = {"name": "simcrm_record_key", "label": "Record key", "groupName": "simcrm", "type": "string", "fieldType": "text"}
DOCUMENT = (ROOT / "docs" / "endings.md").read_text(encoding="utf-8")
TABLE: list[str] = []


@dataclass(slots=True)
class RecoveryWorld:
    """A stack with a portal that holds nothing, and what a cause needs to spoil a run in it."""

    injector: Injector
    api: Api
    portal: PortalDriver
    ai: bool = False
    undo: list[Callable[[], object]] = field(default_factory=list)

    def fault(self, path: str, **rule: Any) -> None:
        """Let every call to a path of the portal go wrong until it is mended."""
        self.portal.script_fault({"path": path, "times": None, **rule})
        self.undo.append(self.portal.clear_faults)

    def start(self) -> str:
        return self.api.start(totalRecords=RECORDS, seed="endings", ai={"enabled": self.ai})

    def run(self) -> str:
        simulation_id = self.start()
        self.api.wait(simulation_id)
        return simulation_id

    def start_and_stay(self, path: str) -> str:
        """A run that has called this path in vain, and gets no further until ``go_on``."""
        busy = {"status": 503, "path": path}
        for rule in (busy, {**busy, "times": None}):
            self.portal.script_fault(rule)
        simulation_id = self.start()
        wait_for(lambda: len(self.ask("GET", "/_local/faults")["rules"]) == 1)
        return simulation_id

    def go_on(self) -> None:
        self.portal.clear_faults()

    def mend(self) -> None:
        for undo in self.undo:
            undo()
        self.undo.clear()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the portal as an administrator."""
        state = self.injector.state
        headers = {"Authorization": f"Bearer {state.hubspot_token}", **state.control_headers}
        answer = httpx2.request(method, state.hubspot_url + path, headers=headers, json=body, timeout=30)
        return answer.raise_for_status().json() if answer.content else None


def refuse_one_type(world: RecoveryWorld) -> str:
    world.fault("/deals/batch/upsert", status=400)
    return world.run()


def refuse_all(world: RecoveryWorld) -> str:
    for kind in ("companies", "contacts"):
        world.fault(f"/{kind}/batch/upsert", status=400)
    return world.run()


def lose_definitions(world: RecoveryWorld) -> str:
    simulation_id = world.start_and_stay("/companies/batch/upsert")
    for kind in ("companies", "contacts"):
        rows = world.ask("GET", f"/crm/v3/properties/{kind}")["results"]
        own = [{"name": row["name"]} for row in rows if row["name"].startswith("simcrm_")]
        world.ask("POST", f"/crm/v3/properties/{kind}/batch/archive", {"inputs": own})
    world.go_on()
    world.api.wait(simulation_id)
    return simulation_id


def keep_the_key_plain(world: RecoveryWorld) -> str:
    world.ask("POST", "/_local/reset")
    world.ask("POST", "/crm/v3/properties/contacts/groups", {"name": "simcrm", "label": "SimCRM"})
    world.ask("POST", "/crm/v3/properties/contacts", KEY)
    world.undo.append(lambda: world.ask("DELETE", "/crm/v3/properties/contacts/simcrm_record_key"))
    return world.run()


def revoke_the_token(world: RecoveryWorld) -> str:
    world.fault("/deals/batch/upsert", status=401)
    return world.run()


def take_a_scope(world: RecoveryWorld) -> str:
    token = world.injector.state.hubspot_token
    world.portal.accept({token: ALL_BUT_ONE})
    world.undo.append(lambda: world.portal.accept({token: None}))
    return world.run()


def spend_the_day(world: RecoveryWorld) -> str:
    world.fault("/objects/.*/notes/batch/create", kind="rate_limit", policy="DAILY")
    return world.run()


def leave_no_room(world: RecoveryWorld) -> str:
    world.portal.set(recordsPerObject=RECORDS - 1)
    world.undo.append(lambda: world.portal.set(recordsPerObject=None))
    return world.run()


def kill_the_generator(world: RecoveryWorld) -> str:
    simulation_id, is_over = world.start_and_stay("/companies/batch/upsert"), threading.Event()

    def kill() -> None:
        """Leave no function the time to start, however long a question to the API takes."""
        while not is_over.wait(0.01):
            kill_functions(world.injector.state, "GenerateActivityFunction")

    with ThreadPoolExecutor(1) as killer:
        killing = killer.submit(kill)
        world.go_on()
        try:
            world.api.wait(simulation_id)
        finally:
            is_over.set()
        killing.result()
    return simulation_id


def end_redis(world: RecoveryWorld) -> str:
    (server,) = [process for process in world.injector.state.processes if process.name == "Redis"]
    processes.end([server])
    world.undo.append(lambda: world.injector.make(Fault(0, "cache restarted empty", 1)))
    return world.run()


def lose_the_model(world: RecoveryWorld) -> str:
    world.ai = True
    state = world.injector.state
    url, headers = f"{state.model_url}/_local/faults", state.control_headers
    rule = {"kind": "drop", "path": "^/v1/messages", "times": None}
    httpx2.post(url, json=rule, headers=headers, timeout=30).raise_for_status()
    world.undo.append(lambda: httpx2.delete(url, headers=headers, timeout=30).raise_for_status())
    return world.run()


def abort(world: RecoveryWorld) -> str:
    simulation_id = world.start_and_stay("/companies/batch/upsert")
    assert world.api.post(f"/api/simulations/{simulation_id}/abort", {}).status_code == 202
    wait_for(lambda: world.api.simulation(simulation_id)["aborted"] > 0)
    world.go_on()
    return simulation_id


CAUSES = {
    "400 for all deals": (refuse_one_type, "PARTIAL", "repair"),
    "400 for everything": (refuse_all, "FAILED", "repair"),
    "definitions lost after the plan": (lose_definitions, "FAILED", "continue"),
    "a record key that is not unique": (keep_the_key_plain, "FAILED", "continue"),
    "token revoked": (revoke_the_token, "FAILED", "continue"),
    "scope missing": (take_a_scope, "FAILED", "continue"),
    "daily limit spent": (spend_the_day, "FAILED", "continue"),
    "no room for the records": (leave_no_room, "FAILED", "continue"),
    "generator killed again and again": (kill_the_generator, "FAILED", "continue"),
    "Redis gone": (end_redis, "SUCCEEDED", "nothing"),
    "model gone": (lose_the_model, "SUCCEEDED", "nothing"),
    "aborted": (abort, "ABORTED", "refused"),
}
"""What is done to a run, how it ends, and what a resume then does."""


@pytest.fixture
def world(chaotic: Injector) -> Iterator[RecoveryWorld]:
    state = chaotic.state
    world = RecoveryWorld(chaotic, Api(state, state.operator_token), PortalDriver(state))
    world.ask("POST", "/_local/reset")
    yield world
    world.mend()


@pytest.fixture(scope="module", autouse=True)
def _print_table(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        sys.stdout.write("\n" + "\n".join(TABLE) + "\n")


def ledger(world: RecoveryWorld, simulation_id: str) -> dict[str, tuple[str, set[str]]]:
    """Type and outcomes of each object, by the export; nothing where the run was never planned."""
    found: dict[str, tuple[str, set[str]]] = {}
    query = ""
    while True:
        answer = world.api.get(f"/api/simulations/{simulation_id}/records{query}")
        if answer.status_code == 404:
            return {}
        for row in map(json.loads, answer.text.splitlines()):
            found.setdefault(row["key"], (row["type"], set()))[1].add(row["outcome"])
        if not (token := answer.headers.get("X-Next-Token")):
            return found
        query = f"?token={token}"


def portal_keys(world: RecoveryWorld, simulation_id: str) -> set[str]:
    """The record keys of a simulation in the portal."""
    rows = [row["properties"] for kind in KINDS for row in world.portal.all_records(kind)]
    keys = Counter(row["simcrm_record_key"] for row in rows if row.get("simcrm_simulation_id") == simulation_id)
    assert set(keys.values()) <= {1}
    return set(keys)


def list_states(world: RecoveryWorld) -> dict[str, str]:
    """The states in the list of simulations."""
    rows = world.api.get("/api/simulations").json()["simulations"]
    return {row["simulationId"]: row["status"] for row in rows}


def require_agreement(world: RecoveryWorld, simulation_id: str, capsys: pytest.CaptureFixture[str]) -> JsonObject:
    """What the API says of a run that has ended, after the portal, the ledger and the command line said the same."""
    told = world.api.simulation(simulation_id)
    entries = ledger(world, simulation_id)
    written = {name for name, (_, outcomes) in entries.items() if "written" in outcomes}
    refused = {name for name, (_, outcomes) in entries.items() if outcomes == {"refused"}}
    aborted = {name for name, (_, outcomes) in entries.items() if outcomes == {"aborted"}}
    assert written == portal_keys(world, simulation_id)
    assert told["counts"] == {kind.json_name: sum(entries[name][0] == kind for name in written) for kind in KINDS}
    assert (told["failed"], told["aborted"]) == (len(refused), len(aborted))

    wait_for(lambda: list_states(world)[simulation_id] == told["status"], seconds=30)  # the list is seconds old
    counters = world.api.get(f"/api/simulations/{simulation_id}/metrics").json()
    assert counters["status"] == told["status"]
    if counters["metrics"]:
        created = {kind.json_name: int(counters["metrics"].get(f"{kind}_created", 0)) for kind in KINDS}
        assert created == told["counts"]

    state = world.injector.state
    capsys.readouterr()
    code = simcrm(["watch", simulation_id, "--json", "--api-url", state.api_url, "--token", state.operator_token])
    said = json.loads(capsys.readouterr().out)
    assert code == EXIT[told["status"]]
    assert {name: said[name] for name in ("status", "counts", "failed", "missing", "error")} == {
        name: told[name] for name in ("status", "counts", "failed", "missing", "error")
    }
    return told


def resume(world: RecoveryWorld, simulation_id: str) -> str:
    """Resume a run and wait for what that does; in one word."""
    answer = world.api.post(f"/api/simulations/{simulation_id}/resume", {})
    if answer.status_code == 409:
        return "refused"
    action = str(answer.json()["action"])
    if action == "continue":
        world.api.wait(simulation_id)
    if action == "repair":
        job, states = answer.json()["executionArn"], aws_client(world.injector.state, "stepfunctions")
        wait_for(lambda: states.describe_execution(executionArn=job)["status"] != "RUNNING")
    return action


def figures(told: JsonObject) -> str:
    """Contacts, companies and other objects in the portal; refused; never made."""
    counts = told["counts"]
    others = sum(counts.values()) - counts["contacts"] - counts["companies"]
    return f"{counts['contacts']}, {counts['companies']}, {others} | {told['failed']} | {told['missing']}"


def message(told: JsonObject) -> str:
    """The message without the id and without what only the machine says of a killed process."""
    error = told["error"]
    if error is None:
        return ""
    said = error["message"].replace(told["simulationId"], "ID")
    return f"`{error['code']}` {re.sub(r'could answer [(].*[)]', 'could answer (...)', said)}"


@pytest.mark.parametrize("cause", CAUSES)
def test_an_ending_says_the_truth_and_a_resume_makes_it_whole(
    world: RecoveryWorld, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, state, action = CAUSES[cause]

    simulation_id = spoil(world)
    ended = require_agreement(world, simulation_id, capsys)
    world.mend()
    done = resume(world, simulation_id)
    after = require_agreement(world, simulation_id, capsys)

    cells = (cause, ended["status"], str(EXIT[ended["status"]]), message(ended), figures(ended), done, after["status"])
    TABLE.append(f"| {' | '.join(cells)} | {figures(after)} |")
    assert (ended["status"], done) == (state, action)
    assert after["status"] == ("ABORTED" if state == "ABORTED" else "SUCCEEDED")
    assert state == "ABORTED" or (after["error"], after["failed"], after["missing"]) == (None, 0, 0)
    assert TABLE[-1] in DOCUMENT
