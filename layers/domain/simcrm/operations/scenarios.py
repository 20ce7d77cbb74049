"""``/api/boss/scenarios``: named scenarios as a boss reads, changes and deletes them."""

import re
from typing import Annotated, NamedTuple

from pydantic import Field

from simcrm.core.errors import InvalidInputError, NotFoundError, StaleVersionError
from simcrm.core.json_types import JsonObject
from simcrm.models.request_model import Name, RequestModel
from simcrm.models.resource_names import reject_reserved_name
from simcrm.models.scenario_parameters import ScenarioOverrides, to_overrides
from simcrm.models.simulation_input import SCENARIO_ID_PATTERN
from simcrm.planning.scenario_overrides import apply_overrides
from simcrm.storage.scenario_store import ScenarioHistory, ScenarioStore, StoredScenario
from simcrm.synthetic import load_scenario, scenario_names

MAX_SCENARIOS = 100
"""Maximum custom or changed scenarios."""


class ScenarioChange(RequestModel):
    """A scenario's parameters; ``version`` is the one that was read, 0 for a new scenario.

    ``base`` is the shipped scenario whose text a custom scenario uses; omitted parameters come from the base.
    """

    version: Annotated[int, Field(ge=0, le=999_999)]
    base: Name | None = None
    parameters: ScenarioOverrides = ScenarioOverrides()


class ScenarioService(NamedTuple):
    """Shows and changes the scenarios of a deployment."""

    store: ScenarioStore

    def list_scenarios(self) -> JsonObject:
        """List all scenarios that a simulation may use."""
        shipped, histories = scenario_names(), self.store.all_latest()
        rows = [_row(name, histories.get(name)) for name in shipped]
        rows += [_row(name, own) for name, own in histories.items() if name not in shipped and own.current is not None]
        return {"scenarios": rows}

    def show(self, scenario_id: str, number: int | None = None) -> JsonObject:
        """Return the current scenario or one of its versions: completed from its base, and the overrides alone.

        Raises:
            NotFoundError: there is no such scenario.
            InvalidInputError: there is no such version.
        """
        history = self.store.latest(_validate_id(scenario_id))
        shown, scenario = history.number, history.current
        if number is not None:
            shown, scenario = number, self._read_version(scenario_id, number)
        if scenario is None and scenario_id not in scenario_names():
            raise NotFoundError(f"There is no scenario {scenario_id}.")
        return _document(scenario_id, shown, scenario or StoredScenario.model_construct(base=scenario_id), history)

    def change(self, scenario_id: str, change: ScenarioChange) -> JsonObject:
        """Apply parameters, and return the scenario.

        Raises:
            InvalidInputError: a field is invalid; the error names it.
            StaleVersionError: the scenario was changed since it was read.
        """
        history = self.store.latest(_validate_id(scenario_id))
        _require_version(change.version, history)
        base = _choose_base(scenario_id, change.base)
        if not history.versions and len(self.store.list_ids()) >= MAX_SCENARIOS:
            raise InvalidInputError("id", f"there are {MAX_SCENARIOS} scenarios already; change one of them")
        scenario = StoredScenario.model_construct(base=base, parameters=change.parameters)
        return self.show(scenario_id, self.store.add(scenario_id, scenario, base_version=history.number))

    def delete(self, scenario_id: str, version: int | None = None) -> JsonObject:
        """Delete a custom scenario, or reset a shipped one to its shipped state.

        Raises:
            NotFoundError: there is no such scenario.
            StaleVersionError: the scenario was changed since it was read.
        """
        history = self.store.latest(_validate_id(scenario_id))
        if version is not None:
            _require_version(version, history)
        if history.current is None:
            if scenario_id not in scenario_names():
                raise NotFoundError(f"There is no scenario {scenario_id}.")
            return {"id": scenario_id, "version": history.number, "deleted": False}
        deletion = history.current.model_copy(update={"deleted": True})
        version = self.store.add(scenario_id, deletion, base_version=history.number)
        return {"id": scenario_id, "version": version, "deleted": True}

    def _read_version(self, scenario_id: str, number: int) -> StoredScenario | None:
        scenario = self.store.read(scenario_id, number)
        if scenario is None and number > 0:
            raise InvalidInputError("version", f"there is no version {number}")
        return None if scenario is None or scenario.deleted else scenario


def _validate_id(scenario_id: str) -> str:
    if re.fullmatch(SCENARIO_ID_PATTERN, scenario_id) is None:
        raise InvalidInputError("id", "is not a valid scenario name: use 1 to 40 letters, digits, - and _")
    return scenario_id


def _require_version(version: int, history: ScenarioHistory) -> None:
    """Require the latest version; version 0 also matches a scenario that was never written or was deleted."""
    if version != history.number and not (version == 0 and history.current is None):
        raise StaleVersionError(version, history.number)


def _choose_base(scenario_id: str, requested: str | None) -> str:
    shipped = scenario_names()
    if scenario_id in shipped:
        if requested not in {None, scenario_id}:
            raise InvalidInputError("base", f"a shipped scenario is its own base: {scenario_id}")
        return scenario_id
    try:
        reject_reserved_name(scenario_id)
    except ValueError as error:
        raise InvalidInputError("id", str(error)) from None
    if scenario_id.upper() in {name.upper() for name in shipped}:
        raise InvalidInputError("id", "differs from a shipped scenario only in capitalization")
    if requested not in shipped:
        raise InvalidInputError("base", f"must be one of {', '.join(shipped)}")
    return requested


def _row(scenario_id: str, history: ScenarioHistory | None) -> JsonObject:
    in_force = None if history is None else history.current
    return {
        "id": scenario_id,
        "version": 0 if history is None else history.number,
        "base": scenario_id if in_force is None else in_force.base,
        "shipped": scenario_id in scenario_names(),
        "changed": in_force is not None,
    }


def _document(scenario_id: str, shown: int, scenario: StoredScenario, history: ScenarioHistory) -> JsonObject:
    shipped = load_scenario(scenario.base).parameters
    complete = to_overrides(apply_overrides(shipped, scenario.parameters))
    return {
        "id": scenario_id,
        "version": shown,
        "base": scenario.base,
        "shipped": scenario_id in scenario_names(),
        "parameters": complete.model_dump(mode="json", by_alias=True, exclude_none=True),
        "overrides": scenario.parameters.model_dump(mode="json", by_alias=True, exclude_none=True),
        "history": history.to_rows(),
    }
