import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from simcrm_embedded.log_errors import last_error_in_log


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Building\nError: PythonPipBuilder failed\nThe End\n", "PythonPipBuilder failed"),
        ("first\nsecond\n\n", "second"),
        ("Error: one\nWARNING nothing\nValidationError: two\n", "ValidationError: two"),
        ("x" * 1_000, "x" * 300),
        ("", ""),
        ("\n \n", ""),
    ],
    ids=["error before the end", "no error", "last error", "long line", "empty", "blank"],
)
def test_the_reason_is_the_last_line_that_speaks_of_an_error(tmp_path: Path, text: str, reason: str) -> None:
    log = tmp_path / "step.log"
    log.write_text(text, encoding="utf-8")

    assert last_error_in_log(log) == reason


def test_without_a_log_there_is_no_reason(tmp_path: Path) -> None:
    assert last_error_in_log(tmp_path / "step.log") == ""


def test_a_log_that_is_not_text_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    log.write_bytes(b"\xff\xfe\nError: disk is full\n")

    assert last_error_in_log(log) == "disk is full"


def test_a_full_disk_is_the_reason_whatever_the_log_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "step.log"
    log.write_text("Error: something else\n", encoding="utf-8")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))

    assert last_error_in_log(log) == f"no space left on the disk of {tmp_path}"
