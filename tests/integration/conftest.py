"""The embedded stack, up for the whole session, in a state folder of the tests' own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState

ROOT = Path(__file__).parents[2]
STATE_SETTING = "SIMCRM_STATE_DIR"


@pytest.fixture(scope="session")
def project() -> Project:
    """The project with the state folder that SIMCRM_STATE_DIR names, else one that no user's stack is in."""
    return find_project(ROOT, {STATE_SETTING: os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "tests")})


@pytest.fixture(scope="session")
def state(project: Project) -> Iterator[StackState]:
    """A running stack of the sources as they are; ended again if it was started here."""
    result = up(project, Interruption(), report=lambda _: None, replace=True)
    yield result.state
    if not result.already_running:
        down(project, Interruption())
