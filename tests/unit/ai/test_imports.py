"""The SDK costs seconds of one CPU, so only a call to the model imports it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
FALL_BACK = """
from dataclasses import replace
from simcrm.ai import face
for env in ({"AI_ENABLED": "false"}, {}):
    context = face.Context(config=face.ModelCallConfig.load(env))
    pair = face.generate_contact_and_company(context)
    assert '"method":"fallback"' in pair.contact["simcrm_generation_metadata"]
"""


def loaded_by(code: str, folder: Path | None = None) -> set[str]:
    """The top-level packages that a fresh process has loaded after running some code."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"]
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": "" if folder is None else str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_function_imports_the_sdk_when_it_starts(folder: Path) -> None:
    assert "anthropic" not in loaded_by(f"import {folder.name.replace('-', '_')}", folder)


def test_the_api_loads_nothing_when_it_starts_that_its_requests_do_not_need() -> None:
    api = next(folder for folder in FOLDERS if folder.name == "api")

    assert loaded_by("import api", api) & {"anthropic", "httpx2", "stamina", "tenacity", "rapidfuzz"} == set()


def test_a_record_that_falls_back_never_imports_the_sdk() -> None:
    assert "anthropic" not in loaded_by(FALL_BACK)


def test_the_sdk_is_there_before_the_time_of_a_call_begins() -> None:
    make = "from simcrm.ai.registry import find_provider\nmake = find_provider('anthropic').make"

    assert "anthropic" not in loaded_by(make)
    assert "anthropic" in loaded_by(f"{make}\nmake('key', None)")
