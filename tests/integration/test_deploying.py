"""The guided deployment into the running emulator: by a person at a terminal, then again without one."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from integration.driving import aws_client

from simcrm_embedded.build import Build
from simcrm_embedded.environment import tool_environment
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

NAME = "guided"
KEY = "sk-typed-by-a-person"
SECONDS = 180.0
POLL_SECONDS = 0.05


class Answer(NamedTuple):
    """What is typed once a question stands there; where it is hidden, once the terminal shows nothing typed."""

    question: str
    text: str
    is_hidden: bool = False


class Guided:
    """A second stack in the emulator of the first, with its portal and its Redis."""

    def __init__(self, project: Project, state: StackState) -> None:
        self.state = state
        self.env = tool_environment(os.environ, state.endpoint, state.aws_token)
        self.command = [sys.executable, "-m", "simcrm_cli.main", "deploy"]
        self.command += ["--template", str(Build(project, state.build_hash).template)]

    def aws(self, service: Any) -> Any:
        """A client of the emulator."""
        return aws_client(self.state, service)

    def stack(self) -> Any:
        """The stack as CloudFormation describes it."""
        return self.aws("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]

    def secret(self) -> dict[str, str]:
        """What the stack's secret holds."""
        outputs = {item["OutputKey"]: item["OutputValue"] for item in self.stack()["Outputs"]}
        text = self.aws("secretsmanager").get_secret_value(SecretId=outputs["SecretArn"])["SecretString"]
        held: dict[str, str] = json.loads(text)
        return held


@pytest.fixture
def guided(project: Project, state: StackState) -> Iterator[Guided]:
    made = Guided(project, state)
    yield made
    made.aws("cloudformation").delete_stack(StackName=NAME)


def at_a_terminal(command: Sequence[str], env: dict[str, str], answers: Sequence[Answer]) -> tuple[int, str]:
    """Run a command on a terminal of its own and answer its questions in turn; its exit code and what was seen."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], list(command), env)  # noqa: S606 - ours
    seen, waiting, begin = "", list(answers), 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and (more := _read(terminal)) is not None:
        seen += more
        if waiting and waiting[0].question in seen[begin:] and _is_echoing(terminal) != waiting[0].is_hidden:
            begin = len(seen)
            os.write(terminal, f"{waiting.pop(0).text}\n".encode())
    os.close(terminal)  # ends whoever still waits for an answer
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


def _read(terminal: int) -> str | None:
    """What there is to see by now; nothing once the other end is closed."""
    if not select.select([terminal], [], [], POLL_SECONDS)[0]:
        return ""
    try:
        return os.read(terminal, 4096).decode(errors="replace") or None
    except OSError:  # how Linux tells that the other end is closed
        return None


def _is_echoing(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def test_keys_that_a_person_types_are_in_the_secret_alone_and_stay_over_an_upgrade(
    project: Project, guided: Guided, tmp_path: Path
) -> None:
    state = guided.state
    keys = {"hubspotToken": state.hubspot_token, "anthropicApiKey": KEY, "redisUrl": state.redis_url}
    settings = project.root / "samconfig.toml"
    before = settings.read_text()

    code, seen = at_a_terminal(
        [*guided.command, "--parameter", "Monitoring=DISABLED", "--parameter", f"HubSpotBaseUrl={state.hubspot_url}"],
        guided.env,
        [
            Answer("Stack name", NAME),
            Answer("Region", ""),
            Answer("Cache", "own"),
            Answer("alarms", ""),
            Answer("HubSpot token", keys["hubspotToken"], is_hidden=True),
            Answer("Anthropic API key", keys["anthropicApiKey"], is_hidden=True),
            Answer("Redis URL", keys["redisUrl"], is_hidden=True),
            Answer("Continue?", "y"),
        ],
    )

    assert code == 0, seen
    held = guided.secret()
    assert keys.items() <= held.items()
    assert held["bossToken"]
    told = seen + json.dumps(guided.stack(), default=str) + settings.read_text()
    assert [name for name, value in held.items() if value and value in told] == []
    console_url = next(line for line in seen.splitlines() if line.startswith("http") and line.endswith("/console"))
    api_url = console_url.removesuffix("/console")
    assert api_url in seen.splitlines()
    health = httpx2.get(f"{api_url}/api/health", trust_env=False, timeout=60).json()
    assert (health["ok"], health["cache"], health["ai"]["apiKeyConfigured"]) == (True, "ok", True)

    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"stackName": NAME, "parameters": {"MapConcurrency": "5"}}))
    unasked = ["--yes", "--json", "--answers", str(answers)]
    again = subprocess.run(
        [*guided.command, *unasked],
        env=guided.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )

    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout)
    assert (document["action"], document["cache"], document["changedKeys"]) == ("upgrade", "own", [])
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in guided.stack()["Parameters"]}
    assert (parameters["MapConcurrency"], parameters["HubSpotBaseUrl"]) == ("5", state.hubspot_url)
    assert guided.secret() == held
    assert settings.read_text() == before
