"""``up``, ``down`` and ``demo`` on a project whose tools are small programs."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from unit.cli.conftest import Simcrm
from unit.embedded.fake_project import make_project

from simcrm_cli.commands.demo import backfill
from simcrm_embedded import stack
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project

COUNTS = {"contacts": 3, "companies": 3, "deals": 2, "notes": 4, "calls": 1, "tasks": 1, "tickets": 0} | dict.fromkeys(
    ("meetings", "emails", "lineItems", "products"), 0
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    made = make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("SIMCRM_HUBSPOT_TOKEN", "SIMCRM_REDIS_URL", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield made
    stack.down(made, Interruption())


def is_up(project: Project) -> bool:
    return project.state_file.exists()


def test_up_says_where_everything_is_and_up_again_that_it_is_there(simcrm: Simcrm, project: Project) -> None:
    first = simcrm("up", "--json")
    second = simcrm("up", "--json")

    assert (first.code, second.code) == (0, 0)
    assert first.document["alreadyRunning"] is False
    assert second.document == {**first.document, "alreadyRunning": True}
    assert {"apiUrl", "consoleUrl", "operatorToken", "bossToken", "hubspotUrl", "hubspotToken", "redisUrl"} <= set(
        first.document
    )
    assert is_up(project)


def test_up_for_people_shows_addresses_and_the_next_step(simcrm: Simcrm, project: Project) -> None:
    outcome = simcrm("up")

    state = json.loads(project.state_file.read_text(encoding="utf-8"))
    assert "The stack is up." in outcome.out
    assert state["hubspot_url"] in outcome.out
    assert "simcrm start" in outcome.out
    assert "Deploying template.yaml ..." in outcome.err


def test_keys_of_the_user_are_never_printed(simcrm: Simcrm, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_up(project)
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "pat-of-the-user")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-the-user")

    printed = "".join(simcrm(*command).out for command in (["up"], ["up", "--json"]))

    assert "of-the-user" not in printed


def test_down_ends_the_stack_and_down_again_says_there_is_none(simcrm: Simcrm, project: Project) -> None:
    simcrm("up")

    assert simcrm("down", "--json").document == {"ok": True, "ended": True}
    assert simcrm("down").out == "No stack was running.\n"
    assert not is_up(project)


def test_a_stack_that_cannot_start_is_one_line_and_exit_code_1(simcrm: Simcrm, project: Project) -> None:
    (project.home / "fail-deploy").touch()

    outcome = simcrm("up", "--json")

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "STEP_FAILED"
    assert "deploy went wrong" in outcome.document["error"]["message"]


def test_the_demo_prints_one_document_and_leaves_nothing_running(simcrm: Simcrm, project: Project) -> None:
    outcome = simcrm("demo", "--records", "3", "--json")

    assert outcome.code == 0
    document = outcome.document
    assert document.pop("durationSeconds") >= 0
    assert set(document.pop("urls")) == {"hubspot", "api", "console"}
    assert document == {
        "ok": True,
        "simulationId": "sim-1",
        "status": "SUCCEEDED",
        "planned": 3,
        "counts": COUNTS,
        "failed": 0,
        "missing": 0,
        "hubspotCalls": 12,
        "stackRunning": False,
    }
    assert not is_up(project)


def test_the_demo_asks_for_a_backfill_of_its_records(simcrm: Simcrm, project: Project) -> None:
    simcrm("demo", "--records", "3", "--scenario", "B2C", "--seed", "9")

    started = json.loads((project.home / "started.json").read_text(encoding="utf-8"))
    assert (started["totalRecords"], started["scenario"], started["seed"], started["mode"]) == (
        3,
        "B2C",
        "9",
        "BACKFILL",
    )


def test_the_demos_span_is_the_last_90_whole_days() -> None:
    assert backfill(datetime(2026, 11, 22, 13, 45, tzinfo=UTC)) == {
        "startTime": "2026-08-24T00:00:00Z",
        "endTime": "2026-11-22T00:00:00Z",
        "mode": "BACKFILL",
    }


def test_the_demo_can_leave_the_stack_running(simcrm: Simcrm, project: Project) -> None:
    outcome = simcrm("demo", "--records", "3", "--keep", "--json")

    assert outcome.document["stackRunning"] is True
    assert is_up(project)


def test_the_demo_leaves_a_stack_that_was_up_before_as_it_was(simcrm: Simcrm, project: Project) -> None:
    simcrm("up")

    outcome = simcrm("demo", "--records", "3")

    assert "simcrm down" in outcome.out
    assert is_up(project)


def test_the_demo_leaves_a_stack_up_that_it_had_to_start_anew_because_the_sources_changed(
    simcrm: Simcrm, project: Project
) -> None:
    simcrm("up")
    (project.root / "functions" / "api.py").write_text("changed", encoding="utf-8")

    outcome = simcrm("demo", "--records", "3", "--json")

    assert "Ending the stack that runs here, because it has other sources" in outcome.err
    assert outcome.document["stackRunning"] is True
    assert is_up(project)


@pytest.mark.parametrize(("status", "code"), [("FAILED", 1), ("PARTIAL", 3)])
def test_a_demo_whose_simulation_does_not_succeed_says_why_and_leaves_nothing_running(
    simcrm: Simcrm, project: Project, status: str, code: int
) -> None:
    project.home.mkdir(exist_ok=True)
    (project.home / "outcome").write_text(status, encoding="utf-8")

    outcome = simcrm("demo", "--records", "3", "--json")

    assert outcome.code == code
    assert outcome.document["ok"] is False
    assert outcome.document["error"] == {"code": "PORTAL_REFUSED", "message": "Mend the token."}
    assert not is_up(project)


def test_a_demo_that_takes_too_long_ends_its_stack(simcrm: Simcrm, project: Project) -> None:
    (project.home / "outcome").write_text("RUNNING", encoding="utf-8")

    outcome = simcrm("demo", "--records", "3", "--keep", "--timeout", "1", "--json")

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "STILL_RUNNING"
    assert not is_up(project)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("options", [[], ["--keep"]], ids=["", "keep"])
def test_a_demo_that_is_interrupted_ends_its_stack(
    project: Project, number: signal.Signals, options: list[str]
) -> None:
    (project.home / "outcome").write_text("RUNNING", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("simcrm")), "demo", "--records", "3", "--json", *options]
    with subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, text=True) as demo:
        while not (project.home / "started.json").exists():
            time.sleep(0.02)
        demo.send_signal(number)
        printed, _ = demo.communicate(timeout=60)

    assert demo.returncode == 1
    assert json.loads(printed)["error"]["code"] == "INTERRUPTED"
    assert not is_up(project)


def test_a_demo_in_a_portal_of_ones_own_says_how_to_take_it_back(
    simcrm: Simcrm, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_portal(monkeypatch)

    shown = simcrm("demo", "--records", "3", "--json")
    said = simcrm("demo", "--records", "3")
    (project.home / "outcome").write_text("RUNNING", encoding="utf-8")
    late = simcrm("demo", "--records", "3", "--timeout", "1")

    command = "cleanup sim-1 --yes"
    assert shown.document["takeBack"].endswith(command)
    assert shown.document["takeBack"].startswith("SIMCRM_HUBSPOT_TOKEN=... SIMCRM_HUBSPOT_URL=http://127.0.0.1:9 ")
    assert command in said.out
    assert command in late.err
    assert "pat-of-the-user" not in shown.out + said.out + said.err + late.out + late.err


def test_an_interrupted_demo_in_a_portal_of_ones_own_says_it_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_portal(monkeypatch)
    (project.home / "outcome").write_text("RUNNING", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("simcrm")), "demo", "--records", "3"]
    with subprocess.Popen(command, cwd=project.root, stderr=subprocess.PIPE, text=True) as demo:
        while not (project.home / "started.json").exists():
            time.sleep(0.02)
        demo.send_signal(signal.SIGINT)
        _, said = demo.communicate(timeout=60)

    assert "cleanup sim-1 --yes" in said or "cleanup --all" in said


def own_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal of the user's own, at which nobody answers."""
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "pat-of-the-user")
    monkeypatch.setenv("SIMCRM_HUBSPOT_URL", "http://127.0.0.1:9")


def test_a_demo_that_is_interrupted_leaves_a_stack_alone_that_was_up_before(simcrm: Simcrm, project: Project) -> None:
    simcrm("up")
    (project.home / "outcome").write_text("RUNNING", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("simcrm")), "demo", "--records", "3"]
    with subprocess.Popen(command, cwd=project.root, stderr=subprocess.PIPE, text=True) as demo:
        while not (project.home / "started.json").exists():
            time.sleep(0.02)
        demo.send_signal(signal.SIGINT)
        _, said = demo.communicate(timeout=60)

    assert demo.returncode == 1
    assert "Interrupted by SIGINT" in said
    assert simcrm("up", "--json").document["alreadyRunning"] is True
