"""The stand-in as a process of its own, as users run it, and the official SDK before it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from contract.local_anthropic.client import KEY, Claude, Control, Make


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A stand-in as a process of its own."""
    command = [sys.executable, "-m", "local_anthropic", "--port", "0", "--key", KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.fixture
def control(url: str) -> Iterator[Control]:
    """The server, with nothing scripted and its settings put back afterwards."""
    control = Control(url)
    control.ask("POST", "/_local/reset")
    before = control.ask("GET", "/_local/settings")
    yield control
    control.set(**before)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def claude(url: str, control: Control, kind: str) -> Iterator[Claude]:
    assert control.stats()["totalRequests"] == 0
    claude = Claude(url, kind)
    yield claude
    claude.close()


@pytest.fixture
def make_claude(url: str, kind: str) -> Iterator[Make]:
    """Make clients with another key or time-out."""
    made: list[Claude] = []

    def make(**options: Any) -> Claude:
        made.append(Claude(url, kind, **options))
        return made[-1]

    yield make
    for claude in made:
        claude.close()
