"""The schedule that starts a simulation, as the input of the state machine names it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from simcrm.core.errors import InvalidInputError, InvalidSimulationError
from simcrm.models.request_model import RequestModel, parse_request
from simcrm.models.run_mode import RunMode

NAME_PATTERN = r"^[0-9A-Za-z_.-]{1,64}$"
FIELD = "schedule"
TIMING_FIELDS = ("mode", "startTime", "endTime", "timeScale", "start_time", "end_time")
"""Fields of a simulation that say when it happens, one way or another."""


class Overlap(StrEnum):
    """What a firing does while the run that its schedule started before has not ended: start too, or not at all."""

    ALLOW = "ALLOW"
    REFUSE = "REFUSE"


class ScheduleReference(RequestModel):
    """A schedule, as it stands beside the input of each simulation that it starts."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    overlap: Overlap = Overlap.ALLOW


def strip_schedule(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input as users give it: they start simulations themselves."""
    return {name: value for name, value in document.items() if name != FIELD}


def with_live_default(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a simulation that a schedule starts: leads live from then on, unless it says otherwise."""
    says_when = any(document.get(name) is not None for name in TIMING_FIELDS)
    return dict(document) if says_when else {**document, "mode": RunMode.LIVE}


def scheduled_input_to_plan(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is planned of an execution's input, which a schedule or a user may have started."""
    own = strip_schedule(document)
    return with_live_default(own) if FIELD in document else own


def read_schedule(document: Mapping[str, Any]) -> ScheduleReference | None:
    """The schedule that has started a simulation, if one has.

    Raises:
        InvalidSimulationError: it is named in a way that cannot be read.
    """
    if FIELD not in document:
        return None
    try:
        return parse_request(ScheduleReference, json.dumps(document[FIELD]))
    except InvalidInputError as error:
        raise InvalidSimulationError(f"{FIELD}.{error.field}", error.problem) from error
