"""The versions of the model settings in S3."""

from typing import TYPE_CHECKING

from simcrm.llm.settings import NO_SETTINGS, LlmSettings
from simcrm.storage.versioned_documents import DocumentHistory, VersionedDocumentStore, json_format

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAME = "ai"


class SettingsHistory(DocumentHistory[LlmSettings]):
    """The versions of the settings; version 0 has none of them."""

    @property
    def settings(self) -> LlmSettings:
        """The settings in effect."""
        return self.latest or NO_SETTINGS


class LlmSettingsStore:
    """The versions of the model settings that a deployment's bosses have made."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._documents = VersionedDocumentStore(s3, bucket, "config/", json_format(LlmSettings))

    def latest(self) -> SettingsHistory:
        """The settings in effect, with their history."""
        return SettingsHistory(*self._documents.latest(NAME))

    def read(self, number: int) -> LlmSettings | None:
        """One version, None if it does not exist; version 0 is empty."""
        return self._documents.read(NAME, number) if number > 0 else NO_SETTINGS

    def add(self, settings: LlmSettings, *, base_version: int) -> int:
        """Write the version after ``base_version``, which then takes effect, and return its number.

        Raises:
            StaleVersionError: somebody else has written it.
        """
        return self._documents.add(NAME, settings, base_version=base_version)
