"""What people copy is whole and on a line of its own, however narrow a terminal is."""

import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console
from unit.cli.conftest import FakeApi, Simcrm

from simcrm_cli.preview_view import ASCII_LEVELS, LEVELS, print_preview
from simcrm_cli.stack_addresses import print_addresses, stack_addresses
from simcrm_embedded.state import StackState

ID = "sim-20261129t142730-5scy5a-and-a-long-name-of-its-own"
COPIED = ("consoleUrl", "operatorToken", "bossToken", "hubspotUrl", "awsEndpointUrl")
WIDTHS = [200, 80, 60, 40, 20, 1]
STATE = StackState(
    mark="m",
    api_url="http://127.0.0.1:45678/_aws/execute-api/abcdefghij/prod",
    endpoint="http://127.0.0.1:45678",
    hubspot_url="http://127.0.0.1:45679",
    operator_token="wVXrdY89qGSLzjFW4j4DRU9abcdefghi[b]x",
    boss_token="wVXrdY89qGSLzjFW4j4DRU9abcdefghi-_x",
)
FORECAST: dict[str, Any] = {
    "histogram": [{"records": number} for number in range(60)],
    "span": {"startTime": "2026-06-01T00:00:00Z", "endTime": "2026-08-31T00:00:00Z", "days": 91},
    "counts": {"contacts": 1_770, "companies": 1_770},
    "batches": 18,
    "hubspotCalls": 400,
    "aiCalls": 0,
    "aiCostUsd": 0,
    "durationSeconds": 77,
    "warnings": [],
}


def make_console(capsys: pytest.CaptureFixture[str], width: int, *, terminal: bool = True) -> Console:
    capsys.readouterr()
    return Console(width=width, force_terminal=terminal, no_color=True, color_system=None, soft_wrap=True)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
def test_addresses_and_tokens_have_lines_of_their_own(
    capsys: pytest.CaptureFixture[str],
    width: int,
    terminal: bool,  # noqa: FBT001
) -> None:
    print_addresses(make_console(capsys, width, terminal=terminal), STATE)

    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert [name for name in COPIED if stack_addresses(STATE)[name] not in lines] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("terminal", [True, False])
def test_an_id_in_a_list_is_never_cut(
    on: Simcrm,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    terminal: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
    item = {"simulationId": ID, "status": "SUCCEEDED", "totalRecords": 1000, "startedAt": "2026-11-29T14:27:30+00:00"}
    api.answer("GET /api/simulations", {"ok": True, "simulations": [item]})

    out = re.sub(r"\x1b\[[0-9;]*m", "", on("list").out)

    assert ID in [line.split()[0] for line in out.splitlines() if line.strip()]
    assert all(value in out for value in ("SUCCEEDED", "1,000", "2026-11-29 14:27"))
    assert "…" not in out


@pytest.mark.parametrize("width", WIDTHS)
def test_keys_are_printed_as_they_are(on: Simcrm, api: FakeApi, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    key = f"{ID}:ticket:18:0"
    document = {"simulationId": ID, "counts": {"tickets": 4}, "total": 4, "samples": {"tickets": [{"key": key}]}}
    api.answer(f"POST /api/simulations/{ID}/cleanup", {"ok": True, "dryRun": True, **document})

    out = on("cleanup", ID).out

    assert key in out
    assert f"`simcrm cleanup {ID} --yes`" in out


@pytest.mark.parametrize("width", WIDTHS)
def test_counters_are_never_cut(on: Simcrm, api: FakeApi, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    document = {"simulationId": ID, "status": "SUCCEEDED", "metrics": {"hubspotCallsOfAllKinds": 123_456_789}}
    api.answer(f"GET /api/simulations/{ID}/metrics", document)

    out = on("metrics", ID).out

    assert all(value in out for value in (ID, "hubspotCallsOfAllKinds", "123456789"))


@pytest.mark.parametrize("width", [200, 80, 60, 40, 20])
def test_a_curve_is_as_wide_as_the_terminal_allows(capsys: pytest.CaptureFixture[str], width: int) -> None:
    print_preview(make_console(capsys, width), FORECAST)

    bars = [line for line in capsys.readouterr().out.splitlines() if set(line.strip()) & set(LEVELS[1:])]
    assert len(bars) == 5
    assert max(map(len, bars)) <= width


def test_a_curve_is_drawn_in_ascii_where_there_is_nothing_else() -> None:
    program = f"""
from rich.console import Console
from simcrm_cli.preview_view import print_preview
print_preview(Console(soft_wrap=True), {FORECAST!r})
"""
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)

    bars = done.stdout.splitlines()[:5]
    assert set("".join(bars)) <= set(ASCII_LEVELS)
    assert set("".join(bars)) & set(ASCII_LEVELS[1:])


@pytest.mark.parametrize("columns", ["20", "1", "0", "-3", "many", ""])
def test_a_card_has_its_words_whatever_is_said_of_the_terminal(
    simcrm: Simcrm, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    words = re.sub(r"\W", "", simcrm("sample").out)

    contact = simcrm("sample", "--json").document["contact"]
    assert all(re.sub(r"\W", "", contact[name]) in words for name in ("firstname", "email", "jobtitle"))


@pytest.mark.parametrize("term", ["dumb", "", "xterm"])
def test_a_terminal_of_any_kind_is_written_to(term: str) -> None:
    child, terminal = pty.fork()
    if child == 0:
        env = {**os.environ, "TERM": term, "COLUMNS": "20"}
        os.execve(sys.executable, [sys.executable, "-m", "simcrm_cli.main", "sample"], env)  # noqa: S606 - ours
    seen = b""
    try:
        while more := os.read(terminal, 4096):
            seen += more
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(terminal)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"Contact" in seen
