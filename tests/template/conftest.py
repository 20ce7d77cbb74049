"""The template as SAM turns it into CloudFormation, and the state machine's definition."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from template.deployment import Deployment

ROOT = Path(__file__).parents[2]
SAM_PYTHON = ROOT / ".simcrm" / "tools" / "sam" / "bin" / "python"
JsonObject = dict[str, Any]
Deploy = Callable[..., Deployment]


@pytest.fixture(scope="session")
def cloudformation() -> JsonObject:
    """The deployed template, from SAM's translator, which needs no account and no network."""
    command = [SAM_PYTHON, Path(__file__).with_name("translate.py"), ROOT / "template.yaml"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"AWS_DEFAULT_REGION": "eu-west-1"})
    assert ran.returncode == 0, ran.stderr
    document: JsonObject = json.loads(ran.stdout)
    return document


@pytest.fixture(scope="session")
def resource_types() -> dict[str, list[str]]:
    """The types of resources that each action of IAM knows, by ``service:action`` in lower case."""
    command = [SAM_PYTHON, Path(__file__).with_name("action_resources.py")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    document: dict[str, list[str]] = json.loads(ran.stdout)
    return document


@pytest.fixture(scope="session")
def deploy(cloudformation: JsonObject) -> Deploy:
    """The template deployed with parameters, the defaults where none are given."""
    return lambda **parameters: Deployment(cloudformation, parameters)


@pytest.fixture(scope="session")
def default(deploy: Deploy) -> Deployment:
    """The template deployed as it is."""
    return deploy()
