"""The SDK costs seconds of one CPU, so only a call to the model imports it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
API = ROOT / "functions" / "api"
FIRST = """
import api, lazy_routes
for module in lazy_routes.modules_for_path("{path}"):
    lazy_routes.include(api.app, module)
"""
SPARED = {
    "/console": {"pydantic", "redis", "simcrm.synthetic"},
    "/api/openapi.json": {"pydantic", "redis", "simcrm.synthetic"},
    "/api/health": {"httpx2", "simcrm.synthetic", "simcrm.preview"},
    "/api/simulations": {"simcrm.synthetic", "simcrm.generation.row_generator", "simcrm.preview", "simcrm.writing"},
    "/api/simulations/sim-1/abort": {"simcrm.synthetic", "simcrm.lifecycle", "simcrm.writing"},
    "/api/events": {"simcrm.synthetic", "simcrm.writing"},
    "/api/boss/dlq": {"simcrm.synthetic", "simcrm.lifecycle"},
}
"""What a first request for a path does not wait for."""
FALL_BACK = """
from dataclasses import replace
from simcrm.generation.text import single_record
for env in ({"AI_ENABLED": "false"}, {}):
    context = single_record.Context(config=single_record.LlmCallConfig.load(env))
    pair = single_record.generate_contact_and_company(context)
    assert '"method":"fallback"' in pair.contact["simcrm_generation_metadata"]
"""


def loaded_by(code: str, folder: Path | None = None) -> set[str]:
    """The top-level packages that a fresh process has loaded after running some code."""
    return {name.partition(".")[0] for name in modules_by(code, folder)}


def modules_by(code: str, folder: Path | None = None) -> set[str]:
    """All that it has loaded."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"]
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": "" if folder is None else str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_function_imports_the_sdk_when_it_starts(folder: Path) -> None:
    assert "anthropic" not in loaded_by(f"import {folder.name.replace('-', '_')}", folder)


def test_the_api_starts_with_none_of_the_domain_s_weight() -> None:
    loaded = loaded_by("import api", API)

    assert loaded & {"anthropic", "httpx2", "rapidfuzz", "redis", "stamina", "tenacity"} == set()
    assert (
        modules_by("import api", API) & {"simcrm.llm", "simcrm.synthetic", "simcrm.planning", "simcrm.preview"} == set()
    )
    assert {module for module in modules_by("import api", API) if module.startswith("routes_")} == set()


@pytest.mark.parametrize(("path", "spared"), SPARED.items())
def test_a_request_imports_what_its_path_needs(path: str, spared: set[str]) -> None:
    loaded = modules_by(FIRST.format(path=path), API)

    assert any(module.startswith("routes_") for module in loaded)
    assert loaded & (spared | {"anthropic", "rapidfuzz"}) == set()


def test_the_activities_of_a_wave_are_stored_without_a_generator() -> None:
    loaded = modules_by("import generate_activity", ROOT / "functions" / "generate-activity")

    assert "simcrm.generation.activity_waves" in loaded
    assert loaded & {"simcrm.generation.row_generator", "simcrm.lifecycle", "simcrm.synthetic"} == set()


@pytest.mark.parametrize("name", ["generate_contact", "run_message_batches"])
def test_whoever_generates_does_not_import_the_client_of_the_portal(name: str) -> None:
    loaded = modules_by(f"import {name}", ROOT / "functions" / name.replace("_", "-"))

    assert "simcrm.planning.plan_document" in loaded
    assert "simcrm.hubspot.client" not in loaded


def test_a_record_that_falls_back_never_imports_the_sdk() -> None:
    assert "anthropic" not in loaded_by(FALL_BACK)


def test_the_sdk_is_there_before_the_time_of_a_call_begins() -> None:
    make = "from simcrm.llm.providers.registry import find_provider\nmake = find_provider('anthropic').create"

    assert "anthropic" not in loaded_by(make)
    assert "anthropic" in loaded_by(f"{make}\nmake('key', None)")
