"""Exchanging a token of the running stack by the command line; in the end it has the tokens of before."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from integration.driving import Api, aws_client, wait_for

from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState, load

PATH = "/api/simulations"
RENEWAL_SECONDS = 120.0
Simcrm = Callable[..., dict[str, Any]]


@pytest.fixture
def simcrm(project: Project) -> Simcrm:
    """Run the command line on the stack of the tests."""

    def run(*arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "simcrm_cli.main", *arguments, "--json"]
        env = {**os.environ, "SIMCRM_STATE_DIR": str(project.home)}
        done = subprocess.run(command, env=env, cwd=project.root, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return run


@pytest.fixture
def secret(project: Project, state: StackState) -> Iterator[Callable[[], dict[str, str]]]:
    """Reads the stack's secret; secret, state and API are afterwards as they were."""
    client, arn = aws_client(state, "secretsmanager"), state.outputs["SecretArn"]
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    noted = project.state_file.read_bytes()

    def read() -> dict[str, str]:
        held: dict[str, str] = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        return held

    yield read
    client.put_secret_value(SecretId=arn, SecretString=before)
    project.state_file.write_bytes(noted)
    wait_for(lambda: opens(state, state.operator_token), RENEWAL_SECONDS)


def opens(state: StackState, token: str) -> bool:
    """Whether the API lets somebody in."""
    return Api(state, token).get(PATH).status_code == 200


def test_a_token_is_exchanged_while_the_api_is_used(
    project: Project, state: StackState, simcrm: Simcrm, secret: Callable[[], dict[str, str]]
) -> None:
    old = state.operator_token
    assert opens(state, old)

    new = simcrm("token", "rotate", "operator")["token"]

    wait_for(lambda: opens(state, new), RENEWAL_SECONDS)
    assert opens(state, old)
    noted = load(project.state_file)
    assert noted is not None
    assert noted.operator_token == new
    assert simcrm("list")["ok"] is True
    assert simcrm("token", "finish")["finished"] == ["operator"]
    assert (secret()["operatorToken"], secret()["operatorTokenPrevious"]) == (new, "")
    assert secret()["bossToken"] == state.boss_token
