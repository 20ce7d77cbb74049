"""``/api/boss/ai-config``: the model's settings as a boss reads, changes and reverts them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NamedTuple

from pydantic import Field, model_validator

from simcrm.core.config import LlmCallConfig
from simcrm.core.errors import InvalidInputError, StaleVersionError
from simcrm.core.json_types import JsonObject
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.model_prices import find_price
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import Prompt
from simcrm.llm.providers.endpoints import find_base_url
from simcrm.llm.settings import LlmSettings, ModelLimits, Name, apply_settings
from simcrm.llm.settings_versions import LlmSettingsStore
from simcrm.models.request_model import RequestModel


class PromptChoice(RequestModel):
    """A stored version, or a text; a text that differs from the version's becomes a new version."""

    version: Annotated[str, Field(pattern=r"^(v[1-9]|u[1-9][0-9]{0,5})$")] | None = None
    text: str | None = None


class PromptChoices(RequestModel):
    """A choice for each prompt; the shipped prompt by default."""

    pairs: PromptChoice | None = None
    stories: PromptChoice | None = None


class SettingsInput(RequestModel):
    """The settings in a request; absent or null settings come from the environment."""

    enabled: bool | None = None
    provider: Name | None = None
    model: Name | None = None
    limits: ModelLimits = ModelLimits()
    prompts: PromptChoices = PromptChoices()


class SettingsChange(RequestModel):
    """New settings, or the number of a version to restore; ``version`` is the one that was read."""

    version: Annotated[int, Field(ge=0, le=999_999)]
    config: SettingsInput | None = None
    revert_to: Annotated[int, Field(ge=0, le=999_999)] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "SettingsChange":
        if (self.config is None) == (self.revert_to is None):
            raise InvalidInputError("config", "specify either config or revertTo")
        return self


class LlmSettingsService(NamedTuple):
    """Shows and changes the settings of a deployment; ``defaults`` come from its environment."""

    versions: LlmSettingsStore
    prompts: PromptStore
    defaults: LlmCallConfig

    def show(self, number: int | None = None) -> JsonObject:
        """Return the current settings, or those of a version: completed with the defaults, and as given.

        Raises:
            InvalidInputError: there is no such version.
        """
        latest = self.versions.latest()
        shown = latest.number if number is None else number
        settings = latest.settings if shown == latest.number else self._read_version(shown, "version")
        overrides = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {
            "version": shown,
            "config": self._with_defaults(settings),
            "overrides": {name: value for name, value in overrides.items() if value != {}},
            "history": latest.to_rows(),
        }

    def change(self, change: SettingsChange) -> JsonObject:
        """Apply new or earlier settings, and return them.

        Raises:
            InvalidInputError: a setting is invalid; the error names it.
            StaleVersionError: the settings were changed since they were read.
        """
        latest = self.versions.latest()
        if change.version != latest.number:
            raise StaleVersionError(change.version, latest.number)
        if change.config is None:
            settings = self._read_version(change.revert_to or 0, "revertTo")
        else:
            settings = self._to_settings(change.config)
        self._validate(settings)
        return self.show(self.versions.add(settings, base_version=latest.number))

    def _with_defaults(self, settings: LlmSettings) -> JsonObject:
        config, limits_set = apply_settings(self.defaults, settings), settings.limits.model_dump(exclude_none=True)
        limits = {name: limits_set.get(name, getattr(config, f"ai_{name}", None)) for name in ModelLimits.model_fields}
        prompts = self.prompts.current_prompts(settings.prompts).items()
        return {
            "enabled": config.ai_enabled,
            "provider": config.ai_provider,
            "model": config.ai_model,
            "limits": ModelLimits.model_construct(**limits).model_dump(mode="json", by_alias=True),
            "prompts": {name: {"version": prompt.version, "text": prompt.text} for name, prompt in prompts},
        }

    def _read_version(self, number: int, field: str) -> LlmSettings:
        settings = self.versions.read(number)
        if settings is None:
            raise InvalidInputError(field, f"there is no version {number}")
        return settings

    def _to_settings(self, settings_input: SettingsInput) -> LlmSettings:
        """Convert a request to settings, storing new prompt texts as versions."""
        own = settings_input.model_dump(exclude={"prompts"})
        settings = LlmSettings.model_validate({**own, "limits": settings_input.limits}, by_name=True)
        self._validate(settings)
        choices = {name: getattr(settings_input.prompts, name) for name in PromptChoices.model_fields}
        chosen = {
            name: self._choose_prompt(name, choice).version for name, choice in choices.items() if choice is not None
        }
        return settings.model_copy(update={"prompts": chosen})

    def _choose_prompt(self, name: str, choice: PromptChoice) -> Prompt:
        with _errors_name_field(f"config.prompts.{name}.version"):
            prompt = self.prompts.read(name, choice.version)
        if choice.text in {None, prompt.text}:
            return prompt
        with _errors_name_field(f"config.prompts.{name}.text"):
            return self.prompts.add_version(name, choice.text or "")

    def _validate(self, settings: LlmSettings) -> None:
        config = apply_settings(self.defaults, settings)
        with _errors_name_field("config.provider"):
            find_base_url(config.ai_provider, config)
        with _errors_name_field("config.model"):
            find_price(config.ai_provider, config.ai_model, config.ai_models)


@contextmanager
def _errors_name_field(field: str) -> Iterator[None]:
    try:
        yield
    except LlmConfigError as error:
        raise InvalidInputError(field, str(error)) from error
