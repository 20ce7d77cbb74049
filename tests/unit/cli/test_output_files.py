"""A file that a user names for output is there whole, or as it was."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from unit.cli.conftest import FakeApi, Simcrm

from simcrm_cli.errors import OutputFileError
from simcrm_cli.output_files import open_for_writing

PRECIOUS = "precious\n"
PROGRAM = [sys.executable, "-m", "simcrm_cli.main"]
RECORDS = "GET /api/simulations/sim-1/records?format=csv"
REFUSAL = {"ok": False, "error": {"code": "NOT_FOUND", "message": "There is no simulation sim-1."}}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old.csv"
    file.write_text(PRECIOUS)
    return file


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_untouched(old: Path) -> None:
    assert old.read_text() == PRECIOUS
    assert names_in(old.parent) == [old.name]


def run(*arguments: str, file_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line; no file may grow beyond so many bytes, as on a disk that gets full."""

    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.run([*PROGRAM, *arguments], preexec_fn=limit, capture_output=True, text=True, check=False)


def test_an_export_without_a_stack_leaves_the_file_as_it_was(
    simcrm: Simcrm, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path.parent / "nowhere"))

    outcome = simcrm("export", "sim-1", "--format", "csv", "--out", str(old))

    assert outcome.code == 1
    assert_untouched(old)


def test_a_refused_export_leaves_the_file_as_it_was(on: Simcrm, api: FakeApi, old: Path) -> None:
    api.answer(RECORDS, REFUSAL, status=404)

    outcome = on("export", "sim-1", "--format", "csv", "--out", str(old))

    assert (outcome.code, outcome.err) == (1, "There is no simulation sim-1.\n")
    assert_untouched(old)


def test_a_refused_training_export_leaves_the_file_as_it_was(
    simcrm: Simcrm, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path.parent / "nowhere"))

    assert simcrm("export", "sim-1", "--training", "--out", str(old)).code == 1
    assert_untouched(old)


def test_a_full_disk_is_one_line_and_leaves_the_file_as_it_was(old: Path) -> None:
    done = run("generate", "--pairs", "100", "--out", str(old), file_bytes=20_000)

    assert done.returncode == 1
    assert done.stderr == "System error: [Errno 27] File too large.\n"
    assert_untouched(old)


def test_a_full_standard_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "generate", "--pairs", "100", "--out", "-"], stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 1
    assert done.stderr.decode() == "System error: [Errno 28] No space left on device.\n"


@pytest.mark.parametrize("command", [["generate", "--pairs", "500", "--out", "-"], ["sample"], ["sample", "--json"]])
def test_a_reader_that_has_seen_enough_is_no_error_to_speak_of(command: Sequence[str]) -> None:
    reading, writing_end = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, *command], stdout=writing_end, stderr=subprocess.PIPE, check=False)
    os.close(writing_end)

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_leaves_no_draft(old: Path, number: signal.Signals, code: int) -> None:
    command = [*PROGRAM, "generate", "--pairs", "500000", "--out", str(old)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, restore_signals=True) as running:
        while len(names_in(old.parent)) == 1 and running.poll() is None:
            time.sleep(0.02)
        running.send_signal(number)
        _, said = running.communicate()

    assert running.returncode == code
    assert said.decode().count("\n") == 1
    assert_untouched(old)


LOST = """
import os, signal, sys
from simcrm_cli.output_files import open_for_writing
class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.Signals(int(sys.argv[2])))
        for _ in range(100):
            pass
with open_for_writing(sys.argv[1]) as file:
    Finalized()
    file.write("more")
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, -2)])
def test_a_signal_that_comes_while_an_object_is_finalized_is_not_lost(
    old: Path, number: signal.Signals, code: int
) -> None:
    done = subprocess.run([sys.executable, "-c", LOST, str(old), str(int(number))], capture_output=True, check=False)

    assert done.returncode == code
    assert b"Exception ignored in" in done.stderr
    assert_untouched(old)


def test_permissions_of_a_file_that_is_replaced_stay(old: Path) -> None:
    old.chmod(0o640)

    with open_for_writing(old) as file:
        file.write("new\n")

    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == ("new\n", 0o640)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o666)])
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        with open_for_writing(tmp_path / "new") as file:
            file.write("new\n")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_leads_to_the_file_that_is_written(tmp_path: Path, exists: bool) -> None:  # noqa: FBT001
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "real", tmp_path / "link"
    link.symlink_to(real)
    if exists:
        real.write_text(PRECIOUS)

    with open_for_writing(link) as file:
        file.write("new\n")

    assert link.is_symlink()
    assert real.read_text() == "new\n"
    assert names_in(real.parent) == ["real"]


def test_a_named_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()

    with open_for_writing(pipe) as file:
        file.write("new\n")
    reader.join()

    assert read == ["new\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_devices_and_open_files_are_written_as_they_are(simcrm: Simcrm, tmp_path: Path) -> None:
    target = tmp_path / "target"
    with target.open("w") as out:
        command = [*PROGRAM, "generate", "--pairs", "2", "--out", "/dev/stdout", "--json"]
        done = subprocess.run(command, stdout=out, check=False)

    assert done.returncode == 0
    assert names_in(tmp_path) == ["target"]
    assert simcrm("generate", "--pairs", "2", "--out", "/dev/null").code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is a folder"),
        ("new/", "it is a folder"),
        ("nowhere/out.csv", "no file can be created in its folder (No such file or directory)"),
        ("old.csv/out.csv", "Not a directory"),
        ("long" * 100, "File name too long"),
    ],
)
def test_a_place_that_takes_no_file_is_named_with_the_reason(old: Path, name: str, reason: str) -> None:
    with pytest.raises(OutputFileError) as refused, open_for_writing(f"{old.parent}/{name}"):
        pytest.fail("there is nothing to write to")

    assert str(refused.value).endswith(f"cannot be written: {reason}.")
    assert_untouched(old)


def test_a_file_that_may_not_be_changed_is_not_replaced(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may change every file

    with pytest.raises(OutputFileError, match="it is not writable"), open_for_writing(old):
        pytest.fail("there is nothing to write to")


def test_a_byte_order_mark_goes_before_csv_alone(on: Simcrm, api: FakeApi, tmp_path: Path) -> None:
    api.answer(RECORDS, "key\nü\n")
    exported, generated = tmp_path / "exported.csv", tmp_path / "generated.csv"

    on("export", "sim-1", "--format", "csv", "--bom", "--out", str(exported))
    on("generate", "--pairs", "2", "--format", "csv", "--bom", "--out", str(generated))
    refused = on("generate", "--pairs", "2", "--bom", "--out", str(tmp_path / "x"), "--json")

    assert exported.read_bytes() == b"\xef\xbb\xbfkey\n\xc3\xbc\n"
    assert generated.read_bytes().startswith(b"\xef\xbb\xbfcontact.")
    assert (refused.code, json.loads(refused.out)["error"]["code"]) == (2, "USAGE")
