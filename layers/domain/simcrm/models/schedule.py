"""The schedule that starts a simulation, as referenced in the state machine's input."""

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
"""Fields of a simulation that determine its timing."""


class Overlap(StrEnum):
    """Whether a scheduled run may start while the schedule's previous run has not ended."""

    ALLOW = "ALLOW"
    REFUSE = "REFUSE"


class ScheduleReference(RequestModel):
    """A reference to a schedule, stored beside the input of each simulation that it starts."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    overlap: Overlap = Overlap.ALLOW


def strip_schedule(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input without the schedule, as for a simulation that users start themselves."""
    return {name: value for name, value in document.items() if name != FIELD}


def with_live_default(document: Mapping[str, Any]) -> dict[str, Any]:
    """Default the mode to LIVE if an input has no timing fields, for simulations started by a schedule."""
    says_when = any(document.get(name) is not None for name in TIMING_FIELDS)
    return dict(document) if says_when else {**document, "mode": RunMode.LIVE}


def scheduled_input_to_plan(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an execution's input to plan, whether a schedule or a user started it."""
    own = strip_schedule(document)
    return with_live_default(own) if FIELD in document else own


def read_schedule(document: Mapping[str, Any]) -> ScheduleReference | None:
    """Return the schedule that started a simulation, or None.

    Raises:
        InvalidSimulationError: the reference is malformed.
    """
    if FIELD not in document:
        return None
    try:
        return parse_request(ScheduleReference, json.dumps(document[FIELD]))
    except InvalidInputError as error:
        raise InvalidSimulationError(f"{FIELD}.{error.field}", error.problem) from error
