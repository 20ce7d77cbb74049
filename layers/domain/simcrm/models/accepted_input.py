"""What an input's names meant when it was accepted: it stands beside the input of an execution and is no part of it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from simcrm.core.errors import InvalidInputError, InvalidSimulationError
from simcrm.models.request_model import Options, read_options
from simcrm.models.schedule import planned_input, without_schedule

FIELD = "accepted"


class Accepted(Options):
    """The version of the scenario that was in force, 0 for a scenario as it is shipped.

    Versions are never changed or removed, so a number is enough, however long a scenario's parameters are.
    """

    scenario_version: Annotated[int, Field(ge=0)]

    @staticmethod
    def of(scenario_version: int) -> "Accepted":
        """An input that was accepted with this version of its scenario."""
        return Accepted.model_construct(scenario_version=scenario_version)

    def field(self) -> dict[str, Any]:
        """The field of an execution's input."""
        return {FIELD: self.model_dump(mode="json", by_alias=True)}


def as_given(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input as its user gave it, without what API and schedule have added."""
    return without_schedule(_without_accepted(document))


def as_planned(document: Mapping[str, Any]) -> dict[str, Any]:
    """The input as it is planned: its user's, with the mode of a schedule's that does not say when it happens."""
    return planned_input(_without_accepted(document))


def _without_accepted(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != FIELD}


def accepted_of(document: Mapping[str, Any]) -> Accepted | None:
    """What was accepted; None for an execution that a schedule or a person started, whose names are looked up then.

    Raises:
        InvalidSimulationError: it is named in a way that cannot be read.
    """
    if FIELD not in document:
        return None
    try:
        return read_options(Accepted, json.dumps(document[FIELD]))
    except InvalidInputError as error:
        raise InvalidSimulationError(f"{FIELD}.{error.field}", error.problem) from error
