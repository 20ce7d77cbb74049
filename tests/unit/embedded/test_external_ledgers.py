"""Ledgers of runs in the user's own portal: kept when a stack ends or was killed, for its owner's eyes alone."""

import json
from pathlib import Path

import pytest

from simcrm.storage.ledger import Ledger
from simcrm_embedded.emulator import emulator_environment
from simcrm_embedded.external_ledgers import (
    LocalSimulationFiles,
    bucket_folder,
    find_ledger,
    reset_cleanup_progress,
    save_ledgers,
)
from simcrm_embedded.project import Project

ENTRY = {"key": "sim-1:contact:0", "type": "contacts", "outcome": "written", "id": "7"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(root=tmp_path, home=tmp_path / "state")


def bucket(project: Project, simulation_id: str = "sim-1", portal: object = {"id": 42}) -> Path:
    """A run's folder as the emulator writes it."""
    folder = bucket_folder(project.scratch) / "000000000000" / "data" / "simulations" / simulation_id
    for name, text in {
        "plan.json": json.dumps({"portal": portal}),
        "status.json": "{}",
        "job.json": "{}",
        "records/000000.jsonl": "{}\n",
        "ledger/000000/contacts.jsonl": json.dumps(ENTRY) + "\n",
        "ledger/000000/contacts.jsonl.meta.json": "{}",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_what_a_clean_up_wants_is_kept_by_portal_and_simulation(project: Project) -> None:
    bucket(project)

    save_ledgers(project)

    folder = find_ledger(project, "42", "sim-1")
    assert folder == project.portals / "42" / "sim-1"
    assert folder is not None
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert kept == {"plan.json", "status.json", "ledger/000000/contacts.jsonl"}
    assert {(folder / name).stat().st_mode & 0o777 for name in kept} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (project.portals, folder, folder / "ledger")} == {0o700}
    assert [entry.hubspot_id for entry in Ledger(LocalSimulationFiles(folder, "sim-1")).read_all()] == ["7"]


@pytest.mark.parametrize("portal", [None, {}, "42", 42])
def test_a_run_that_wrote_into_no_portal_is_not_kept(project: Project, portal: object) -> None:
    bucket(project, portal=portal)

    save_ledgers(project)

    assert not project.portals.exists()


def test_a_ledger_is_found_in_the_folder_of_a_stack_that_was_killed(project: Project) -> None:
    folder = bucket(project)

    assert find_ledger(project, "42", "sim-1") == folder
    assert find_ledger(project, "43", "sim-1") is None
    assert find_ledger(project, "42", "sim-2") is None


def test_a_later_stack_adds_to_what_is_kept(project: Project) -> None:
    for simulation_id in ("sim-1", "sim-2"):
        bucket(project, simulation_id)
        save_ledgers(project)

    assert {path.name for path in (project.portals / "42").iterdir()} == {"sim-1", "sim-2"}


def test_a_clean_up_begins_anew_whatever_an_earlier_one_has_noted(project: Project) -> None:
    folder = bucket(project)
    (folder / "cleanup.json").write_text("{}", encoding="utf-8")

    reset_cleanup_progress(folder)
    reset_cleanup_progress(folder)

    assert not (folder / "cleanup.json").exists()


@pytest.mark.parametrize(("token", "persists"), [("pat-1", "1"), ("", "0")])
def test_the_emulator_keeps_its_bucket_on_disk_for_a_portal_of_the_users_own(
    tmp_path: Path, token: str, persists: str
) -> None:
    env = emulator_environment({"SIMCRM_HUBSPOT_TOKEN": token}, 4566, tmp_path, "token-of-the-stack")

    assert (env["S3_PERSIST"], env["S3_DATA_DIR"]) == (persists, str(bucket_folder(tmp_path)))
    assert "pat-1" not in env.values()
