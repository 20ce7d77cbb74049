"""``/api/boss/scenarios``: named scenarios as a boss reads, changes and deletes them."""

import re
from typing import Annotated, NamedTuple

from pydantic import Field

from simcrm.core.errors import InvalidInputError, StaleVersionError, UnknownNameError
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import iso_utc
from simcrm.models.request_model import Name, Options
from simcrm.models.resource_names import not_a_route
from simcrm.models.scenario_parameters import ScenarioOptions, as_options
from simcrm.models.simulation_input import SCENARIO_ID
from simcrm.planning.scenario_overrides import apply_overrides
from simcrm.storage.scenario_store import Kept, ScenarioStore, StoredScenario
from simcrm.synthetic import load_scenario, scenario_names

HISTORY = 50
"""Versions that an answer names, the latest first."""
MOST = 100
"""Scenarios of one's own."""


class ScenarioChange(Options):
    """A scenario's parameters; ``version`` is the one that was read, 0 for a scenario that there is not yet.

    ``base`` is the shipped scenario whose words one's own uses; what the parameters leave out is the base's.
    """

    version: Annotated[int, Field(ge=0, le=999_999)]
    base: Name | None = None
    parameters: ScenarioOptions = ScenarioOptions()


class ScenarioControl(NamedTuple):
    """Shows and changes the scenarios of a deployment."""

    store: ScenarioStore

    def all(self) -> JsonObject:
        """All scenarios that a simulation may name."""
        shipped, kept = scenario_names(), self.store.all()
        rows = [_row(name, kept.get(name)) for name in shipped]
        rows += [_row(name, own) for name, own in kept.items() if name not in shipped and own.in_force is not None]
        return {"scenarios": rows}

    def show(self, scenario_id: str, number: int | None = None) -> JsonObject:
        """A scenario as it holds now or as a version had it: completed by its base, and what was changed.

        Raises:
            UnknownNameError: there is no such scenario.
            InvalidInputError: there is no such version.
        """
        kept = self.store.latest(_checked(scenario_id))
        shown, scenario = kept.number, kept.in_force
        if number is not None:
            shown, scenario = number, self._version(scenario_id, number)
        if scenario is None and scenario_id not in scenario_names():
            raise UnknownNameError(f"There is no scenario {scenario_id}.")
        return _document(scenario_id, shown, scenario or StoredScenario.model_construct(base=scenario_id), kept)

    def change(self, scenario_id: str, change: ScenarioChange) -> JsonObject:
        """Take parameters into force, and show them.

        Raises:
            InvalidInputError: names what cannot be used.
            StaleVersionError: the scenario was changed since it was read.
        """
        kept = self.store.latest(_checked(scenario_id))
        _expect(change.version, kept)
        base = _base(scenario_id, change.base)
        if not kept.history and len(self.store.ids()) >= MOST:
            raise InvalidInputError("id", f"there are {MOST} scenarios already; change one of them")
        scenario = StoredScenario.model_construct(base=base, parameters=change.parameters)
        self.store.add(scenario_id, kept.number + 1, scenario)
        return self.show(scenario_id, kept.number + 1)

    def delete(self, scenario_id: str, version: int | None = None) -> JsonObject:
        """End one's own scenario, or let a shipped one be as it is shipped.

        Raises:
            UnknownNameError: there is no such scenario.
            StaleVersionError: the scenario was changed since it was read.
        """
        kept = self.store.latest(_checked(scenario_id))
        if version is not None:
            _expect(version, kept)
        if kept.in_force is None:
            if scenario_id not in scenario_names():
                raise UnknownNameError(f"There is no scenario {scenario_id}.")
            return {"id": scenario_id, "version": kept.number, "deleted": False}
        self.store.add(scenario_id, kept.number + 1, kept.in_force.model_copy(update={"deleted": True}))
        return {"id": scenario_id, "version": kept.number + 1, "deleted": True}

    def _version(self, scenario_id: str, number: int) -> StoredScenario | None:
        found = self.store.read(scenario_id, number)
        if found is None and number > 0:
            raise InvalidInputError("version", f"there is no version {number}")
        return None if found is None or found.deleted else found


def _checked(scenario_id: str) -> str:
    if re.fullmatch(SCENARIO_ID, scenario_id) is None:
        raise InvalidInputError("id", "is no name of a scenario: 1 to 40 letters, digits, - and _")
    return scenario_id


def _expect(version: int, kept: Kept) -> None:
    """What was never written or is deleted has version 0 too: who saw nothing has missed nothing."""
    if version != kept.number and not (version == 0 and kept.in_force is None):
        raise StaleVersionError(version, kept.number)


def _base(scenario_id: str, given: str | None) -> str:
    shipped = scenario_names()
    if scenario_id in shipped:
        if given not in {None, scenario_id}:
            raise InvalidInputError("base", f"a shipped scenario is its own base: {scenario_id}")
        return scenario_id
    try:
        not_a_route(scenario_id)
    except ValueError as error:
        raise InvalidInputError("id", str(error)) from None
    if scenario_id.upper() in {name.upper() for name in shipped}:
        raise InvalidInputError("id", "differs from a shipped scenario by capitals alone")
    if given not in shipped:
        raise InvalidInputError("base", f"must be one of {', '.join(shipped)}")
    return given


def _row(scenario_id: str, kept: Kept | None) -> JsonObject:
    in_force = None if kept is None else kept.in_force
    return {
        "id": scenario_id,
        "version": 0 if kept is None else kept.number,
        "base": scenario_id if in_force is None else in_force.base,
        "shipped": scenario_id in scenario_names(),
        "changed": in_force is not None,
    }


def _document(scenario_id: str, shown: int, scenario: StoredScenario, kept: Kept) -> JsonObject:
    shipped = load_scenario(scenario.base).parameters
    complete = as_options(apply_overrides(shipped, scenario.parameters))
    return {
        "id": scenario_id,
        "version": shown,
        "base": scenario.base,
        "shipped": scenario_id in scenario_names(),
        "parameters": complete.model_dump(mode="json", by_alias=True, exclude_none=True),
        "overrides": scenario.parameters.model_dump(mode="json", by_alias=True, exclude_none=True),
        "history": [{"version": one.number, "at": iso_utc(one.at)} for one in kept.history[: -HISTORY - 1 : -1]],
    }
