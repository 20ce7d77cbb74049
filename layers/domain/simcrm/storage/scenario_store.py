"""Scenarios that a boss has created or changed, stored with all their versions beside the built-in ones."""

import re
from typing import TYPE_CHECKING, NamedTuple

from simcrm.models.request_model import RequestModel
from simcrm.models.scenario_parameters import ScenarioOverrides
from simcrm.models.simulation_input import SCENARIO_ID_PATTERN
from simcrm.storage.versioned_documents import DocumentHistory, VersionedDocumentStore, json_format

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class StoredScenario(RequestModel):
    """One version of a scenario: the built-in scenario it is based on and its changes; ``deleted`` marks a deletion."""

    base: str
    parameters: ScenarioOverrides = ScenarioOverrides()
    deleted: bool = False


class ScenarioHistory(DocumentHistory[StoredScenario]):
    """The versions of a scenario, one of which may be in force."""

    @property
    def current(self) -> StoredScenario | None:
        """The version in force, or None if there is none or it was deleted."""
        return None if self.latest is None or self.latest.deleted else self.latest


class ResolvedScenario(NamedTuple):
    """What the scenario of an input refers to; ``version`` is 0 for a built-in or an unknown one."""

    version: int = 0
    stored: StoredScenario | None = None


class ScenarioStore:
    """The stored scenarios of a deployment; every call reads them from S3."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._documents = VersionedDocumentStore(s3, bucket, "config/scenarios/", json_format(StoredScenario))

    def list_ids(self) -> list[str]:
        """Return the ids of all scenarios ever stored, including deleted ones."""
        return self._documents.list_names()

    def all_latest(self) -> dict[str, ScenarioHistory]:
        """Return the latest version of every scenario."""
        return {name: ScenarioHistory(*history) for name, history in self._documents.all_latest().items()}

    def latest(self, scenario_id: str) -> ScenarioHistory:
        """Return a scenario as it was last written."""
        return ScenarioHistory(*self._documents.latest(scenario_id))

    def read(self, scenario_id: str, number: int) -> StoredScenario | None:
        """Return one version, or None if it does not exist."""
        return self._documents.read(scenario_id, number)

    def add(self, scenario_id: str, scenario: StoredScenario, *, base_version: int) -> int:
        """Write the version after ``base_version`` and return its number.

        Raises:
            StaleVersionError: someone else has already written it.
        """
        return self._documents.add(scenario_id, scenario, base_version=base_version)

    def resolve(self, scenario_id: str, accepted_version: int | None = None) -> ResolvedScenario:
        """Look up the scenario of an input, in the version it was accepted with or else in the one in force."""
        if re.fullmatch(SCENARIO_ID_PATTERN, scenario_id) is None or accepted_version == 0:
            return ResolvedScenario()
        if accepted_version is not None:
            return ResolvedScenario(accepted_version, self.read(scenario_id, accepted_version))
        history = self.latest(scenario_id)
        return ResolvedScenario() if history.current is None else ResolvedScenario(history.number, history.current)
