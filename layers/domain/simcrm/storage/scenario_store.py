"""Scenarios that a boss has named or changed, kept with all their versions beside the shipped ones."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simcrm.core.concurrency import side_by_side
from simcrm.models.request_model import Options
from simcrm.models.scenario_parameters import ScenarioOptions
from simcrm.models.simulation_input import SCENARIO_ID, SimulationInput
from simcrm.storage.versioned_document import Version, Versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "config/scenarios/"


class StoredScenario(Options):
    """One version: the shipped scenario whose words it uses, and what it changes; ``deleted`` ends it."""

    base: str
    parameters: ScenarioOptions = ScenarioOptions()
    deleted: bool = False


class Kept(NamedTuple):
    """The latest version of a scenario, None where there is none, and all versions, oldest first."""

    scenario: StoredScenario | None
    history: Sequence[Version]

    @property
    def number(self) -> int:
        """The latest version's, 0 where there is none."""
        return self.history[-1].number if self.history else 0

    @property
    def in_force(self) -> StoredScenario | None:
        """What holds now."""
        return None if self.scenario is None or self.scenario.deleted else self.scenario


class Scenarios(Protocol):
    """Where named scenarios are looked up."""

    def in_force(self, scenario_id: str) -> StoredScenario | None:
        """What a boss has said of a scenario, None for one that is as it is shipped or unknown."""


class ScenarioStore:
    """The named scenarios of a deployment, as they are at each look."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def ids(self) -> list[str]:
        """All that were ever named, those that were deleted included."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX, Delimiter="/")
        folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
        return [folder.removeprefix(PREFIX).removesuffix("/") for folder in folders]

    def all(self) -> dict[str, Kept]:
        """The same as they were last written, by one list of all versions and a read of each scenario."""
        histories: dict[str, list[Version]] = {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX):
            for item in page.get("Contents", []):
                scenario_id, _, file = item["Key"].removeprefix(PREFIX).partition("/")
                version = Version(int(file.partition(".")[0]), item["LastModified"])
                histories.setdefault(scenario_id, []).append(version)
        latest = side_by_side(lambda found: self.read(found[0], found[1][-1].number), histories.items())
        return {name: Kept(said, histories[name]) for name, said in zip(histories, latest, strict=True)}

    def latest(self, scenario_id: str) -> Kept:
        """A scenario as it was last written."""
        history = self._versions(scenario_id).all()
        return Kept(self.read(scenario_id, history[-1].number) if history else None, history)

    def in_force(self, scenario_id: str) -> StoredScenario | None:
        """What a boss has said of a scenario, None for one that is as it is shipped or unknown."""
        return self.latest(scenario_id).in_force if re.fullmatch(SCENARIO_ID, scenario_id) else None

    def read(self, scenario_id: str, number: int) -> StoredScenario | None:
        """One version, None where there is none."""
        text = self._versions(scenario_id).read(number)
        return None if text is None else StoredScenario.model_validate_json(text)

    def add(self, scenario_id: str, number: int, scenario: StoredScenario) -> None:
        """Write a version.

        Raises:
            StaleVersionError: somebody else has written it.
        """
        self._versions(scenario_id).add(number, scenario.model_dump_json(by_alias=True, exclude_none=True))

    def _versions(self, scenario_id: str) -> Versions:
        return Versions(self._s3, self._bucket, f"{PREFIX}{scenario_id}/")


class ScenariosAtOnce:
    """The named scenarios as one request sees them: each is looked up once, whatever happens to it meanwhile."""

    def __init__(self, store: ScenarioStore) -> None:
        self._store = store
        self._seen: dict[str, Kept] = {}

    def in_force(self, scenario_id: str) -> StoredScenario | None:
        """As in ``Scenarios``."""
        return self._kept(scenario_id).in_force

    def version(self, scenario_id: str) -> int:
        """The version in force, 0 for one that is as it is shipped or unknown."""
        kept = self._kept(scenario_id)
        return 0 if kept.in_force is None else kept.number

    def _kept(self, scenario_id: str) -> Kept:
        if scenario_id not in self._seen:
            is_name = re.fullmatch(SCENARIO_ID, scenario_id) is not None
            self._seen[scenario_id] = self._store.latest(scenario_id) if is_name else Kept(None, ())
        return self._seen[scenario_id]


class ScenarioAsAccepted(NamedTuple):
    """The scenario of one simulation in the version that it was accepted with, 0 for the shipped one."""

    store: ScenarioStore
    version: int

    def in_force(self, scenario_id: str) -> StoredScenario | None:
        """As in ``Scenarios``, but as it was then."""
        return None if self.version == 0 else self.store.read(scenario_id, self.version)


def resolved(request: SimulationInput, scenarios: Scenarios | None) -> SimulationInput:
    """The input with its named scenario replaced by what that means now, so that later changes do not reach it."""
    found = None if scenarios is None else scenarios.in_force(request.scenario)
    if found is None:
        return request
    own = request.scenario_parameters or ScenarioOptions()
    return request.model_copy(update={"scenario": found.base, "scenario_parameters": own.over(found.parameters)})
