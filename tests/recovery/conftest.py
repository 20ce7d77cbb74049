"""A stack beside the one of the integration tests: what is killed, refused and taken back here touches nobody else."""

import os

import pytest
from integration.conftest import ROOT, STATE_SETTING, state
from integration.driving import Api, Portal

from simcrm_embedded.project import Project, find_project
from simcrm_embedded.state import StackState

__all__ = ["project", "state"]


@pytest.fixture(scope="session")
def project() -> Project:
    """The project with the state folder that SIMCRM_STATE_DIR names, else one of these tests' own."""
    return find_project(ROOT, {STATE_SETTING: os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "recovery")})


@pytest.fixture
def operator(state: StackState) -> Api:
    return Api(state, state.operator_token)


@pytest.fixture
def portal(state: StackState) -> Portal:
    return Portal(state)
