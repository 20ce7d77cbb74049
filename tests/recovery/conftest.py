"""A stack beside the one of the integration tests: what is killed, refused and taken back here touches nobody else."""

import os
from collections.abc import Iterator

import pytest
from chaos_faults import Injector
from integration.conftest import ROOT, STATE_SETTING, state
from integration.driving import Api, PortalDriver, aws_client

from simcrm_embedded.local_model import MODEL_SETTING, STAND_IN
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState

__all__ = ["project", "state"]

HIDDEN_SECONDS = 12
"""How long a killed writer's message stays hidden: more than a writer may run, less than a test may take."""


@pytest.fixture(scope="session")
def project() -> Project:
    """The project with the state folder that SIMCRM_STATE_DIR names, else one of these tests' own."""
    return find_project(ROOT, {STATE_SETTING: os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "recovery")})


@pytest.fixture
def operator(state: StackState) -> Api:
    return Api(state, state.operator_token)


@pytest.fixture
def portal(state: StackState) -> PortalDriver:
    return PortalDriver(state)


@pytest.fixture(scope="session")
def chaotic() -> Iterator[Injector]:
    """What makes faults happen in a stack of its own, whose words the stand-in of the model writes."""
    folder = os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "recovery")
    project = find_project(ROOT, {STATE_SETTING: f"{folder}-chaos"})
    env = {**os.environ, MODEL_SETTING: STAND_IN}
    result = up(project, Interruption(), report=lambda _: None, env=env, replace=True)
    hide(result.state)
    yield Injector(project, result.state)
    if not result.already_running:
        down(project, Interruption())


def hide(state: StackState) -> None:
    """Let messages that were taken come back soon."""
    attributes = {"VisibilityTimeout": str(HIDDEN_SECONDS)}
    aws_client(state, "sqs").set_queue_attributes(QueueUrl=state.outputs["WriteQueueUrl"], Attributes=attributes)
