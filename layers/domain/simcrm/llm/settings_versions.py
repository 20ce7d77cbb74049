"""The versions of the model settings in S3."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simcrm.llm.settings import NO_SETTINGS, LlmSettings
from simcrm.storage.versioned_document import Version, VersionedDocument

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "config/ai/"


class CurrentSettings(NamedTuple):
    """The latest settings, their version (0 if there is none yet) and all versions, oldest first."""

    number: int
    settings: LlmSettings
    history: Sequence[Version]


class LlmSettingsStore:
    """The versions of the model settings that a deployment's bosses have made."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._versions = VersionedDocument(s3, bucket, PREFIX)

    def latest(self) -> CurrentSettings:
        """The settings in effect."""
        history = self._versions.list_versions()
        number = history[-1].number if history else 0
        return CurrentSettings(number, self.read(number) or NO_SETTINGS, history)

    def read(self, number: int) -> LlmSettings | None:
        """One version, None if it does not exist; version 0 is empty."""
        text = self._versions.read(number) if number > 0 else "{}"
        return None if text is None else LlmSettings.model_validate_json(text)

    def add(self, number: int, settings: LlmSettings) -> None:
        """Write a version, which then takes effect.

        Raises:
            StaleVersionError: somebody else has written it.
        """
        self._versions.add(number, settings.model_dump_json(by_alias=True, exclude_none=True))
