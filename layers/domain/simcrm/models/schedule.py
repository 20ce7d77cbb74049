"""The schedule that starts a simulation, as the input of the state machine names it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from simcrm.core.errors import InvalidInputError, InvalidSimulationError
from simcrm.models.request_model import Options, read_options
from simcrm.models.run_mode import Mode

NAME = r"^[0-9A-Za-z_.-]{1,64}$"
FIELD = "schedule"
WHEN = ("mode", "startTime", "endTime", "timeScale", "start_time", "end_time")
"""Fields of a simulation that say when it happens, one way or another."""


class Overlap(StrEnum):
    """What a firing does while the run that its schedule started before has not ended: start too, or not at all."""

    ALLOW = "ALLOW"
    REFUSE = "REFUSE"


class ScheduledBy(Options):
    """A schedule, as it stands beside the input of each simulation that it starts."""

    name: Annotated[str, Field(pattern=NAME)]
    overlap: Overlap = Overlap.ALLOW


def without_schedule(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input as users give it: they start simulations themselves."""
    return {name: value for name, value in document.items() if name != FIELD}


def scheduled(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a simulation that a schedule starts: leads live from then on, unless it says otherwise."""
    says_when = any(document.get(name) is not None for name in WHEN)
    return dict(document) if says_when else {**document, "mode": Mode.LIVE}


def planned_input(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is planned of an execution's input, which a schedule or a user may have started."""
    own = without_schedule(document)
    return scheduled(own) if FIELD in document else own


def schedule_of(document: Mapping[str, Any]) -> ScheduledBy | None:
    """The schedule that has started a simulation, if one has.

    Raises:
        InvalidSimulationError: it is named in a way that cannot be read.
    """
    if FIELD not in document:
        return None
    try:
        return read_options(ScheduledBy, json.dumps(document[FIELD]))
    except InvalidInputError as error:
        raise InvalidSimulationError(f"{FIELD}.{error.field}", error.problem) from error
