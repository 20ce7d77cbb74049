"""Custom prompts in S3: every version is kept, one of them is in use, and a change can be reverted.

The model settings record which version is in use, so that the command line and the API agree.
"""

import re
from typing import TYPE_CHECKING

from simcrm.core.errors import StaleVersionError
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.prompts import BUILT_IN_PROMPTS, BUILT_IN_VERSION, Prompt, built_in_prompt, validate_prompt
from simcrm.llm.settings_versions import LlmSettingsStore
from simcrm.storage.versioned_documents import MARKDOWN, VersionedDocumentStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BUILT_IN = re.compile(rf"v[1-{BUILT_IN_VERSION[1:]}]")
_VERSION = re.compile(r"u([1-9]\d{0,5})")
MAX_ATTEMPTS = 5
"""Attempts to change one prompt; concurrent changes by others are preserved."""


class PromptStore:
    """The prompts of a deployment; versions are ``v2`` for the built-in one and ``u1``, ``u2`` ... for custom ones."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._documents = VersionedDocumentStore(s3, bucket, "config/prompts/", MARKDOWN)
        self._settings = LlmSettingsStore(s3, bucket)

    def current(self, name: str) -> Prompt:
        """The prompt that the next simulation uses.

        Raises:
            LlmConfigError: there is no prompt with this name.
        """
        built_in_prompt(name)
        return self.read(name, self._settings.latest().settings.prompts.get(name, BUILT_IN_VERSION))

    def current_prompts(self, in_use: dict[str, str]) -> dict[str, Prompt]:
        """All prompts by name; ``in_use`` holds the version of each prompt that is not the built-in one."""
        return {name: self.read(name, in_use.get(name, BUILT_IN_VERSION)) for name in BUILT_IN_PROMPTS}

    def versions(self, name: str) -> list[str]:
        """The versions of a prompt, oldest first."""
        built_in_prompt(name)
        return [BUILT_IN_VERSION, *(f"u{version.number}" for version in self._documents.list_versions(name))]

    def read(self, name: str, version: str | None) -> Prompt:
        """One version of a prompt, for None the current one.

        Raises:
            LlmConfigError: there is no such prompt or version.
        """
        if version is None:
            return self.current(name)
        if version is not None and _BUILT_IN.fullmatch(version):  # an earlier one was replaced by the current one
            return built_in_prompt(name)
        match = _VERSION.fullmatch(version)
        text = self._documents.read(name, int(match[1])) if match else None
        if text is None:
            raise LlmConfigError(f"prompt {name} has no version {version}; available: {', '.join(self.versions(name))}")
        return Prompt(name, version, text)

    def add_version(self, name: str, text: str) -> Prompt:
        """Store a new version without activating it.

        Raises:
            LlmConfigError: the name is unknown, or the text cannot be rendered.
            StaleVersionError: somebody else is storing a version at the same moment.
        """
        validate_prompt(text)
        number = self._documents.add(name, text, base_version=len(self.versions(name)) - 1)
        return Prompt(name, f"u{number}", text)

    def set(self, name: str, text: str) -> Prompt:
        """Store a new version and activate it.

        Raises:
            LlmConfigError: the name is unknown, or the text cannot be rendered.
        """
        return self._activate(self.add_version(name, text))

    def revert(self, name: str, version: str = BUILT_IN_VERSION) -> Prompt:
        """Activate an older version again.

        Raises:
            LlmConfigError: there is no such prompt or version.
        """
        return self._activate(self.read(name, version))

    def _activate(self, prompt: Prompt) -> Prompt:
        for _ in range(MAX_ATTEMPTS):
            latest = self._settings.latest()
            chosen = {**latest.settings.prompts, prompt.name: prompt.version}
            try:
                self._settings.add(latest.settings.model_copy(update={"prompts": chosen}), base_version=latest.number)
            except StaleVersionError:
                continue
            return prompt
        raise LlmConfigError("the settings are being changed by others: try again")
