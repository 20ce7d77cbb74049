"""What an input's names meant when it was accepted: it stands beside the input of an execution and is no part of it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from simcrm.core.errors import InvalidInputError, InvalidSimulationError
from simcrm.models.request_model import RequestModel, parse_request
from simcrm.models.schedule import scheduled_input_to_plan, strip_schedule

FIELD = "accepted"


class AcceptedInput(RequestModel):
    """The version of the scenario that was in force, 0 for a scenario as it is shipped.

    Versions are never changed or removed, so a number is enough, however long a scenario's parameters are.
    """

    scenario_version: Annotated[int, Field(ge=0)]

    @staticmethod
    def from_scenario_version(scenario_version: int) -> "AcceptedInput":
        """An input that was accepted with this version of its scenario."""
        return AcceptedInput.model_construct(scenario_version=scenario_version)

    def to_field(self) -> dict[str, Any]:
        """The field of an execution's input."""
        return {FIELD: self.model_dump(mode="json", by_alias=True)}


def original_input(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input as its user gave it, without what API and schedule have added."""
    return strip_schedule(_strip_accepted(document))


def input_to_plan(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input as it is planned: its user's, with the mode of a schedule's that does not say when it happens."""
    return scheduled_input_to_plan(_strip_accepted(document))


def _strip_accepted(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != FIELD}


def read_accepted(document: Mapping[str, Any]) -> AcceptedInput | None:
    """What was accepted; None for an execution that a schedule or a person started, whose names are looked up then.

    Raises:
        InvalidSimulationError: it is named in a way that cannot be read.
    """
    if FIELD not in document:
        return None
    try:
        return parse_request(AcceptedInput, json.dumps(document[FIELD]))
    except InvalidInputError as error:
        raise InvalidSimulationError(f"{FIELD}.{error.field}", error.problem) from error
