"""Any machine's encoding takes what commands say; files and documents are the same everywhere."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "simcrm_cli.main"]
JAPANESE = ["sample", "--locale", "ja_JP"]


def run(arguments: Sequence[str], **settings: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *arguments], env={**os.environ, **settings}, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "utf-8", "utf-16"])
def test_people_read_a_card_in_every_encoding(encoding: str) -> None:
    done = run(JAPANESE, PYTHONIOENCODING=encoding)

    assert (done.returncode, done.stderr) == (0, b"")
    assert "Contact: " in done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp932", "utf-8"])
def test_programs_read_the_same_document_in_every_encoding(encoding: str) -> None:
    expected = json.loads(run([*JAPANESE, "--json"], PYTHONIOENCODING="utf-8").stdout)

    done = run([*JAPANESE, "--json"], PYTHONIOENCODING=encoding)

    assert json.loads(done.stdout.decode(encoding)) == expected


@pytest.mark.parametrize("out", ["-", "file"])
def test_records_are_in_utf_8_whatever_the_encoding(tmp_path: Path, out: str) -> None:
    target = out if out == "-" else str(tmp_path / out)
    arguments = ["generate", "--pairs", "3", "--locale", "ja_JP", "--format", "csv", "--out", target]

    done = run(arguments, PYTHONIOENCODING="ascii", LC_ALL="C")
    written = done.stdout if out == "-" else Path(target).read_bytes()

    assert done.returncode == 0
    assert any(ord(sign) > 0x3000 for sign in written.decode("utf-8"))


def test_help_and_errors_are_readable_in_ascii() -> None:
    shown, refused = run(["--help"], PYTHONIOENCODING="ascii"), run(["nonsense"], PYTHONIOENCODING="ascii")

    assert (shown.returncode, refused.returncode) == (0, 2)
    assert b"\\u" not in shown.stdout + refused.stderr


def test_a_name_that_is_no_text_is_shown_with_its_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.jsonl")
    done = subprocess.run(
        [*PROGRAM, "generate", "--pairs", "1", "--out", name, "--json"], cwd=tmp_path, capture_output=True, check=False
    )

    assert json.loads(done.stdout)["out"] == name
    assert [os.fsencode(path.name) for path in tmp_path.iterdir()] == [b"\xff.jsonl"]


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_command_without_standard_streams_still_works(tmp_path: Path, closed: str) -> None:
    command = f'"$0" -m simcrm_cli.main generate --pairs 2 --out out.jsonl {closed}'

    done = subprocess.run(["/bin/sh", "-c", command, sys.executable], cwd=tmp_path, check=False)

    assert done.returncode == 0
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "no such zone", ""])
def test_the_machines_time_zone_changes_no_record(zone: str) -> None:
    arguments = ["generate", "--pairs", "5", "--activities", "--out", "-"]

    assert run(arguments, TZ=zone).stdout == run(arguments, TZ="UTC").stdout
