"""A demo in somebody's own portal, played by a second local HubSpot, is taken back when its stack is gone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from simcrm.models.crm_objects import ObjectType

ROOT = Path(__file__).parents[2]
SIMCRM = Path(sys.executable).parent / "simcrm"
KINDS = tuple(ObjectType)
TOKEN = "pat-na1-of-the-user"
DEADLINE_SECONDS = 300.0


@dataclass(frozen=True)
class Foreign:
    """The portal of somebody who has records of their own in it, and a stack's folder beside."""

    url: str
    home: Path

    def simcrm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SIMCRM, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=600, check=False
        )

    def document(self, *arguments: str) -> dict[str, Any]:
        done = self.simcrm(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    @property
    def env(self) -> dict[str, str]:
        own = {"SIMCRM_STATE_DIR": str(self.home), "SIMCRM_HUBSPOT_TOKEN": TOKEN, "SIMCRM_HUBSPOT_URL": self.url}
        return {name: value for name, value in os.environ.items() if not name.startswith("SIMCRM_")} | own

    def rows(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = {"limit": "100", "properties": "simcrm_simulation_id"}
        while True:
            page = self.ask("GET", f"/crm/v3/objects/{kind}", params=query).json()
            found += page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return found
            query["after"] = after

    def held(self) -> dict[str, list[str]]:
        """The ids of all records by type."""
        return {kind: sorted(row["id"] for row in self.rows(kind)) for kind in KINDS}

    def ask(self, method: str, path: str, **content: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx2.request(method, self.url + path, headers=headers, timeout=30, **content).raise_for_status()


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    command = [sys.executable, "-m", "local_hubspot", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        assert server.stdout is not None
        portal = Foreign(json.loads(server.stdout.readline())["url"], tmp_path / "state")
        contact = {"email": "real@customer.example", "lastname": "Real"}
        portal.ask("POST", "/crm/v3/objects/contacts", json={"properties": contact})
        portal.ask("POST", "/crm/v3/objects/companies", json={"properties": {"name": "Customer"}})
        note = {"hs_timestamp": "2026-03-02T14:00:00Z", "hs_note_body": "A real note"}
        portal.ask("POST", "/crm/v3/objects/notes", json={"properties": note})
        yield portal
        portal.simcrm("down")
        server.terminate()


def test_a_demo_says_how_to_take_it_back_and_that_works_without_a_stack(foreign: Foreign) -> None:
    before = foreign.held()
    demo = foreign.document("demo", "--records", "30")
    simulation_id = demo["simulationId"]
    kept = foreign.home / "portals"
    files = [path for path in kept.rglob("*") if path.is_file()]

    assert demo["takeBack"].endswith(f"cleanup {simulation_id} --yes")
    assert TOKEN not in demo["takeBack"]
    assert any("ledger" in path.parts for path in files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [kept, *kept.rglob("*")] if path.is_dir()} == {0o700}
    assert not [path for path in files if TOKEN in path.read_text(encoding="utf-8")]

    shown = foreign.document("cleanup", simulation_id)
    assert (shown["counts"]["contacts"], foreign.held() == before) == (30, False)
    done = foreign.document("cleanup", simulation_id, "--yes")

    assert foreign.held() == before
    assert (done["takenBack"], done["cleanup"]["foreign"]) == (True, 0)
    assert foreign.document("cleanup", simulation_id, "--yes")["total"] == 0


def test_what_a_killed_stack_has_written_is_found_and_taken_back(foreign: Foreign) -> None:
    before = foreign.held()
    command = [str(SIMCRM), "demo", "--records", "300", "--json"]
    with subprocess.Popen(command, cwd=ROOT, env=foreign.env, stdout=subprocess.DEVNULL) as demo:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(foreign.rows("contacts")) < 50:
            assert demo.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        kill_all(demo.pid, foreign.home)

    found = foreign.document("cleanup", "--all")
    (row,) = found["simulations"]
    taken = foreign.document("cleanup", "--all", "--yes")

    assert (found["dryRun"], row["total"] > 50, row["counts"]["contacts"]) == (True, True, row["counts"]["contacts"])
    assert foreign.held() == before
    assert [one["takenBack"] for one in taken["simulations"]] == [True]
    assert foreign.document("cleanup", "--all")["simulations"] == []


def kill_all(demo: int, home: Path) -> None:
    """What a machine that loses its power does to the stack, and to the command that follows it."""
    state = json.loads((home / "state.json").read_text(encoding="utf-8"))
    os.kill(demo, signal.SIGKILL)
    leaders = [process["pid"] for process in state["processes"]]
    for leader in leaders:
        with suppress(psutil.Error):
            for process in [psutil.Process(leader), *psutil.Process(leader).children(recursive=True)]:
                process.kill()
