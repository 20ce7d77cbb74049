"""The meaning of an input's names at the time it was accepted, stored beside the user's input of an execution."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from simcrm.core.errors import InvalidInputError, InvalidSimulationError
from simcrm.models.request_model import RequestModel, parse_request
from simcrm.models.schedule import scheduled_input_to_plan, strip_schedule

FIELD = "accepted"


class AcceptedInput(RequestModel):
    """The version of the scenario in force when the input was accepted; 0 stands for a built-in scenario.

    Versions are never changed or removed, so the number is enough, however long a scenario's parameters are.
    """

    scenario_version: Annotated[int, Field(ge=0)]

    @staticmethod
    def from_scenario_version(scenario_version: int) -> "AcceptedInput":
        """Create the record of an input accepted with this version of its scenario."""
        return AcceptedInput.model_construct(scenario_version=scenario_version)

    def to_field(self) -> dict[str, Any]:
        """Return this as a field of an execution's input."""
        return {FIELD: self.model_dump(mode="json", by_alias=True)}


def original_input(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input as its user supplied it, without the fields added by the API and schedules."""
    return strip_schedule(_strip_accepted(document))


def input_to_plan(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input to plan: the user's, with mode LIVE if a schedule started it and it has no timing fields."""
    return scheduled_input_to_plan(_strip_accepted(document))


def _strip_accepted(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != FIELD}


def read_accepted(document: Mapping[str, Any]) -> AcceptedInput | None:
    """Return the accepted version, or None if a schedule or a person started the execution directly.

    In that case, its names are looked up when it is planned.

    Raises:
        InvalidSimulationError: the field is malformed.
    """
    if FIELD not in document:
        return None
    try:
        return parse_request(AcceptedInput, json.dumps(document[FIELD]))
    except InvalidInputError as error:
        raise InvalidSimulationError(f"{FIELD}.{error.field}", error.problem) from error
