"""Scenarios that a boss has created or changed, stored with all their versions beside the built-in ones."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simcrm.core.concurrency import map_concurrently
from simcrm.models.request_model import RequestModel
from simcrm.models.scenario_parameters import ScenarioOverrides
from simcrm.models.simulation_input import SCENARIO_ID_PATTERN, SimulationInput
from simcrm.storage.versioned_document import Version, VersionedDocument

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "config/scenarios/"


class StoredScenario(RequestModel):
    """One version of a scenario: the built-in scenario it is based on and its changes; ``deleted`` marks a deletion."""

    base: str
    parameters: ScenarioOverrides = ScenarioOverrides()
    deleted: bool = False


class ScenarioHistory(NamedTuple):
    """The latest version of a scenario, or None if there is none, and all versions, oldest first."""

    scenario: StoredScenario | None
    history: Sequence[Version]

    @property
    def number(self) -> int:
        """The number of the latest version, or 0 if there is none."""
        return self.history[-1].number if self.history else 0

    @property
    def current(self) -> StoredScenario | None:
        """The version in force, or None if there is none or it was deleted."""
        return None if self.scenario is None or self.scenario.deleted else self.scenario


class ScenarioLookup(Protocol):
    """Looks up stored scenarios."""

    def current(self, scenario_id: str) -> StoredScenario | None:
        """Return the stored scenario in force, or None if the id is unknown or names an unchanged built-in scenario."""


class ScenarioStore:
    """The stored scenarios of a deployment; every call reads them from S3."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def ids(self) -> list[str]:
        """Return the ids of all scenarios ever stored, including deleted ones."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX, Delimiter="/")
        folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
        return [folder.removeprefix(PREFIX).removesuffix("/") for folder in folders]

    def all(self) -> dict[str, ScenarioHistory]:
        """Return the latest version of every scenario, using one listing of all versions and one read per scenario."""
        histories: dict[str, list[Version]] = {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX):
            for item in page.get("Contents", []):
                scenario_id, _, file = item["Key"].removeprefix(PREFIX).partition("/")
                version = Version(int(file.partition(".")[0]), item["LastModified"])
                histories.setdefault(scenario_id, []).append(version)
        latest = map_concurrently(lambda found: self.read(found[0], found[1][-1].number), histories.items())
        return {name: ScenarioHistory(said, histories[name]) for name, said in zip(histories, latest, strict=True)}

    def latest(self, scenario_id: str) -> ScenarioHistory:
        """Return a scenario as it was last written."""
        history = self._versions(scenario_id).list_versions()
        return ScenarioHistory(self.read(scenario_id, history[-1].number) if history else None, history)

    def current(self, scenario_id: str) -> StoredScenario | None:
        """Return the stored scenario in force, or None if the id is unknown or names an unchanged built-in scenario."""
        return self.latest(scenario_id).current if re.fullmatch(SCENARIO_ID_PATTERN, scenario_id) else None

    def read(self, scenario_id: str, number: int) -> StoredScenario | None:
        """Return one version, or None if it does not exist."""
        text = self._versions(scenario_id).read(number)
        return None if text is None else StoredScenario.model_validate_json(text)

    def add(self, scenario_id: str, number: int, scenario: StoredScenario) -> None:
        """Write a version.

        Raises:
            StaleVersionError: someone else has already written it.
        """
        self._versions(scenario_id).add(number, scenario.model_dump_json(by_alias=True, exclude_none=True))

    def _versions(self, scenario_id: str) -> VersionedDocument:
        return VersionedDocument(self._s3, self._bucket, f"{PREFIX}{scenario_id}/")


class CachedScenarios:
    """The stored scenarios as seen by one request: each is looked up once, so later changes have no effect."""

    def __init__(self, store: ScenarioStore) -> None:
        self._store = store
        self._cached: dict[str, ScenarioHistory] = {}

    def current(self, scenario_id: str) -> StoredScenario | None:
        """See ``ScenarioLookup.current``."""
        return self._history(scenario_id).current

    def version(self, scenario_id: str) -> int:
        """Return the version in force, or 0 if the id is unknown or names an unchanged built-in scenario."""
        history = self._history(scenario_id)
        return 0 if history.current is None else history.number

    def _history(self, scenario_id: str) -> ScenarioHistory:
        if scenario_id not in self._cached:
            is_name = re.fullmatch(SCENARIO_ID_PATTERN, scenario_id) is not None
            self._cached[scenario_id] = self._store.latest(scenario_id) if is_name else ScenarioHistory(None, ())
        return self._cached[scenario_id]


class AcceptedScenario(NamedTuple):
    """The scenario of one simulation in the version it was accepted with; 0 stands for the built-in one."""

    store: ScenarioStore
    version: int

    def current(self, scenario_id: str) -> StoredScenario | None:
        """Return the accepted version of the scenario; see ``ScenarioLookup.current``."""
        return None if self.version == 0 else self.store.read(scenario_id, self.version)


def apply_stored_scenario(request: SimulationInput, scenarios: ScenarioLookup | None) -> SimulationInput:
    """Replace a stored scenario in the input by its current definition, so that later changes do not affect it."""
    stored = None if scenarios is None else scenarios.current(request.scenario)
    if stored is None:
        return request
    own = request.scenario_parameters or ScenarioOverrides()
    return request.model_copy(
        update={"scenario": stored.base, "scenario_parameters": own.merged_with(stored.parameters)}
    )
