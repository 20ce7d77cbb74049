"""``cleanup`` with a token of the user's own: from the portal alone, or through the stack that knows the simulation."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from unit.cli.conftest import FakeApi, Simcrm

from simcrm.jobs import clean_up
from simcrm_cli import cleanup_route
from simcrm_cli.external_portal import cleanup_command
from simcrm_embedded.processes import ManagedProcess
from simcrm_embedded.project import find_project
from simcrm_embedded.state import StackState

TOKEN = "pat-of-the-user"
TAG, KEY = "simcrm_simulation_id", "simcrm_record_key"


@dataclass
class OwnPortal:
    url: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx2.request(method, self.url + path, json=body, headers=headers, timeout=30).raise_for_status()
        return answer.json() if answer.content else None

    def contacts(self) -> list[str]:
        rows = self.ask("GET", f"/crm/v3/objects/contacts?properties={TAG}")["results"]
        return sorted(str(row["properties"][TAG]) for row in rows)


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnPortal]:
    """A portal with two simulations' contacts and one of somebody else; no stack is anywhere."""
    command = [sys.executable, "-m", "local_hubspot", "--token", TOKEN]
    monkeypatch.setattr(clean_up, "PASS_SECONDS", 0)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        assert server.stdout is not None
        own = OwnPortal(json.loads(server.stdout.readline())["url"])
        text = {"groupName": "contactinformation", "type": "string", "fieldType": "text"}
        for name in (TAG, KEY):
            own.ask("POST", "/crm/v3/properties/contacts", {"name": name, "label": name, **text})
        for simulation_id in ("sim-1", "sim-1", "sim-2", None):
            tagged = {TAG: simulation_id, KEY: f"{simulation_id}:contact"} if simulation_id else {}
            own.ask("POST", "/crm/v3/objects/contacts", {"properties": {"lastname": "A", **tagged}})
        monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", TOKEN)
        monkeypatch.setenv("SIMCRM_HUBSPOT_URL", own.url)
        yield own
        server.terminate()


@pytest.fixture
def alone(portal: OwnPortal, simcrm: Simcrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simcrm:
    """The command line where no stack is, with the portal of the token."""
    assert portal
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(cleanup_route, "POLL_SECONDS", 0)
    return simcrm


def test_without_a_stack_the_portal_says_what_would_go(alone: Simcrm, portal: OwnPortal) -> None:
    shown = alone("cleanup", "sim-1", "--json")

    assert (shown.code, shown.document["dryRun"], shown.document["total"]) == (0, True, 2)
    assert shown.document["counts"]["contacts"] == 2
    assert shown.document["samples"]["contacts"][0]["key"] == "sim-1:contact"
    assert len(portal.contacts()) == 4


def test_with_yes_it_goes_and_nothing_else(alone: Simcrm, portal: OwnPortal) -> None:
    done = alone("cleanup", "sim-1", "--yes", "--json")
    again = alone("cleanup", "sim-1", "--yes", "--json")

    assert (done.code, done.document["takenBack"], done.document["cleanup"]["archived"]) == (0, True, {"contacts": 2})
    assert portal.contacts() == ["None", "sim-2"]
    assert (again.code, again.document["total"]) == (0, 0)


def test_all_shows_each_simulation_first_and_takes_them_with_yes(alone: Simcrm, portal: OwnPortal) -> None:
    shown = alone("cleanup", "--all", "--json")
    people = alone("cleanup", "--all")
    done = alone("cleanup", "--all", "--yes", "--json")

    assert [(row["simulationId"], row["total"]) for row in shown.document["simulations"]] == [
        ("sim-1", 2),
        ("sim-2", 1),
    ]
    assert (shown.document["dryRun"], shown.document["total"]) == (True, 3)
    assert "simcrm cleanup --all --yes" in people.out
    assert [row["takenBack"] for row in done.document["simulations"]] == [True, True]
    assert portal.contacts() == ["None"]
    assert "no SimCRM records" in alone("cleanup", "--all").out


def test_a_stack_that_knows_it_takes_it_back_itself(
    alone: Simcrm, portal: OwnPortal, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_API_URL", api.url)
    monkeypatch.setenv("SIMCRM_API_TOKEN", "operator")
    progress = {"done": True, "job": "cleanup-1", "archived": {"contacts": 2}}
    api.answer("GET /api/simulations/sim-1", {"simulationId": "sim-1", "cleanup": progress})
    begun = {"simulationId": "sim-1", "counts": {}, "total": 2, "samples": {}, "job": "cleanup-1"}
    api.answer("POST /api/simulations/sim-1/cleanup", begun, status=202)

    known, unknown = (alone("cleanup", name, "--yes", "--json") for name in ("sim-1", "sim-2"))

    assert (known.document["cleanup"], unknown.document["cleanup"]["archived"]) == (progress, {"contacts": 1})
    assert portal.contacts() == ["None", "sim-1", "sim-1"]


def test_a_stack_that_was_killed_is_no_hindrance(alone: Simcrm, portal: OwnPortal, tmp_path: Path) -> None:
    dead = ManagedProcess("MiniStack", 2**22, 1.0, "mark", tmp_path / "log")
    state = StackState("mark", processes=[dead], api_url="http://127.0.0.1:9", operator_token="operator")
    state.save(find_project().state_file)

    assert alone("cleanup", "sim-1", "--yes").code == 0
    assert portal.contacts() == ["None", "sim-2"]


def test_an_api_that_was_named_and_is_away_is_told(alone: Simcrm, portal: OwnPortal) -> None:
    outcome = alone("cleanup", "sim-1", "--yes", "--api-url", "http://127.0.0.1:9", "--token", "operator")

    assert (outcome.code, "does not answer" in outcome.err) == (1, True)
    assert len(portal.contacts()) == 4


def test_a_token_that_is_none_is_told_and_not_shown(alone: Simcrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "pat-wrong")

    outcome = alone("cleanup", "--all", "--json")

    assert (outcome.code, outcome.document["error"]["code"]) == (1, "PORTAL_REFUSED")
    assert "SIMCRM_HUBSPOT_TOKEN" in outcome.document["error"]["message"]
    assert "pat-wrong" not in outcome.out + outcome.err


@pytest.mark.parametrize("arguments", [[], ["sim-1", "--all"]])
def test_one_simulation_or_all_is_named(simcrm: Simcrm, arguments: list[str]) -> None:
    assert simcrm("cleanup", *arguments, "--json").code == 2


def test_the_command_that_takes_back_holds_no_token() -> None:
    env = {"SIMCRM_HUBSPOT_TOKEN": TOKEN, "SIMCRM_HUBSPOT_URL": "http://127.0.0.1:1/a b"}

    said = cleanup_command("sim-1", env)

    assert said.startswith("SIMCRM_HUBSPOT_TOKEN=... SIMCRM_HUBSPOT_URL='http://127.0.0.1:1/a b' ")
    assert said.endswith("simcrm cleanup sim-1 --yes")
    assert cleanup_command(None, env).endswith("simcrm cleanup --all")
