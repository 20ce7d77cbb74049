"""The guided deployment, by a person at a terminal, into the embedded AWS."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import boto3
import httpx2
import pytest

from simcrm_embedded.environment import EMULATED_CREDENTIALS
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

NAME = "guided"
KEY = "sk-typed-by-a-person"
SECONDS = 240


def environment(state: StackState) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SIMCRM_", "ANTHROPIC_"))}
    return {**kept, **EMULATED_CREDENTIALS, "AWS_ENDPOINT_URL": state.endpoint, "NO_PROXY": "127.0.0.1"}


def options(project: Project, state: StackState) -> list[str]:
    parameters = {"HubSpotBaseUrl": state.hubspot_url, "Monitoring": "DISABLED", "MapConcurrency": "4"}
    given = [part for name, value in parameters.items() for part in ("--parameter", f"{name}={value}")]
    return ["--template", str(project.build / "template.yaml"), *given]


def at_a_terminal(command: Sequence[str], env: dict[str, str], answers: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Run a command on a terminal, type each answer when its question stands there; exit code and what was seen."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True) as process:
        os.close(theirs)
        seen, waiting, begin = "", list(answers), 0
        while select.select([ours], [], [], SECONDS)[0]:
            try:
                seen += os.read(ours, 4096).decode(errors="replace")
            except OSError:  # the other end is closed
                break
            if waiting and (place := seen.find(waiting[0][0], begin)) >= 0:
                begin = place + 1
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
        code = process.wait(SECONDS)
    os.close(ours)
    return code, seen


def aws(service: Any, state: StackState) -> Any:
    return boto3.client(
        service,
        endpoint_url=state.endpoint,
        region_name=EMULATED_CREDENTIALS["AWS_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def secret(state: StackState) -> dict[str, str]:
    outputs = aws("cloudformation", state).describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]
    arn = next(item["OutputValue"] for item in outputs if item["OutputKey"] == "SecretArn")
    text = aws("secretsmanager", state).get_secret_value(SecretId=arn)["SecretString"]
    return dict(httpx2.Response(200, text=text).json())


@pytest.mark.timeout(900)
def test_a_person_deploys_by_answering_and_again_by_pressing_nothing(project: Project, state: StackState) -> None:
    command = [sys.executable, "-m", "simcrm_cli.main", "deploy", *options(project, state)]
    answers = [
        ("Stack name", NAME),
        ("Region", EMULATED_CREDENTIALS["AWS_REGION"]),
        ("Cache", "own"),
        ("alarms", ""),
        ("HubSpot token", state.hubspot_token),
        ("Anthropic API key", KEY),
        ("Redis URL", state.redis_url),
        ("Go on?", "y"),
    ]

    code, seen = at_a_terminal(command, environment(state), answers)

    assert code == 0, seen
    assert [key for key in (KEY, state.hubspot_token, state.redis_url) if key in seen] == []
    held = secret(state)
    assert (held["hubspotToken"], held["anthropicApiKey"], held["redisUrl"]) == (
        state.hubspot_token,
        KEY,
        state.redis_url,
    )
    api_url = next(line.split()[-1] for line in seen.splitlines() if line.startswith("API "))
    health = httpx2.get(f"{api_url}/api/health", trust_env=False, timeout=60).json()
    assert (health["cache"], health["ai"]["apiKeyConfigured"]) == ("ok", True)

    again = subprocess.run(
        [*command, "--stack-name", NAME, "--yes", "--json"], env=environment(state), capture_output=True, check=False
    )

    assert again.returncode == 0, again.stderr
    assert b'"action": "upgrade"' in again.stdout
    assert b'"changedKeys": []' in again.stdout
    assert secret(state) == held
