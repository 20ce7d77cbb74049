"""Settings of a boss override the environment, a simulation's input overrides them; their versions are kept."""

from typing import Any

import pytest
from builders import simulation_input
from pydantic import ValidationError
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.config import LlmCallConfig, LlmConfig
from simcrm.core.errors import StaleVersionError
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import MAX_PROMPT_CHARACTERS, append_timing, built_in_prompt, timing_prompt, validate_prompt
from simcrm.llm.settings import LlmSettings, ModelLimits, apply_settings, fill_defaults
from simcrm.llm.settings_versions import LlmSettingsStore

ENVIRONMENT = {"AI_PROVIDER": "anthropic", "AI_MODEL": "model-of-the-environment", "AI_TIMEOUT_MS": "5000"}


@pytest.fixture
def store(resources: Resources) -> LlmSettingsStore:
    return LlmSettingsStore(aws_clients.s3(), resources.bucket)


@pytest.fixture
def prompts(resources: Resources) -> PromptStore:
    return PromptStore(aws_clients.s3(), resources.bucket)


def model_limits(**values: float) -> ModelLimits:
    """Limits by the names of their JSON fields."""
    return ModelLimits.model_validate(values)


def test_what_a_setting_does_not_say_stays_as_the_environment_has_it() -> None:
    config = apply_settings(LlmCallConfig.load(ENVIRONMENT), LlmSettings(enabled=False, model="another"))

    assert (config.ai_enabled, config.ai_provider, config.ai_model) == (False, "anthropic", "another")
    assert (config.ai_timeout_ms, config.ai_max_retries) == (5_000, 2)


def test_limits_of_calls_are_set_and_those_of_a_simulation_are_not() -> None:
    limits = model_limits(timeoutMs=7_000, maxRetries=0, recordsPerCall=9, maxCostUsd=1.5)

    config = apply_settings(LlmCallConfig.load(ENVIRONMENT), LlmSettings(limits=limits))

    assert (config.ai_timeout_ms, config.ai_max_retries, config.ai_model) == (7_000, 0, "model-of-the-environment")
    assert "ai_records_per_call" not in vars(config)


def test_a_configuration_without_calls_takes_no_limits_of_calls() -> None:
    config = apply_settings(LlmConfig.load(ENVIRONMENT), LlmSettings(limits=model_limits(timeoutMs=7_000)))

    assert "ai_timeout_ms" not in vars(config)


def test_a_simulation_without_limits_gets_those_of_the_settings() -> None:
    limits = model_limits(recordsPerCall=9, maxCostUsd=1.5, timeoutMs=7_000)
    mine = simulation_input(ai={"recordsPerCall": 3}).ai

    filled = fill_defaults(mine, limits)

    assert (filled.records_per_call, filled.max_cost_usd) == (3, 1.5)
    assert fill_defaults(mine, ModelLimits()) is mine
    both = simulation_input(ai={"recordsPerCall": 3, "maxCostUsd": 2}).ai
    assert fill_defaults(both, limits) is both


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("requestsPerMinute", 0, 1_000_000_000),
        ("inputTokensPerMinute", 0, 1_000_000_000),
        ("outputTokensPerMinute", 0, 1_000_000_000),
        ("concurrency", 1, 200),
        ("timeoutMs", 1_000, 120_000),
        ("maxRetries", 0, 10),
        ("recordsPerCall", 1, 50),
        ("maxCostUsd", 0, 1_000_000),
    ],
)
def test_limits_have_bounds(name: str, lowest: int, highest: int) -> None:
    for value in (lowest, highest):
        assert ModelLimits.model_validate({name: value}).model_dump(by_alias=True)[name] == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(ValidationError):
            ModelLimits.model_validate({name: value})


@pytest.mark.parametrize(("name", "is_valid"), [("", False), ("x", True), ("x" * 100, True), ("x" * 101, False)])
def test_names_have_a_length(name: str, *, is_valid: bool) -> None:
    given: dict[str, Any] = {"model": name}

    if is_valid:
        assert LlmSettings.model_validate(given).model == name
    else:
        with pytest.raises(ValidationError):
            LlmSettings.model_validate(given)


def test_before_the_first_version_nothing_is_set(store: LlmSettingsStore) -> None:
    current = store.latest()

    assert (current.number, current.settings, list(current.versions)) == (0, LlmSettings(), [])
    assert store.read(0) == LlmSettings()
    assert store.read(1) is None


def test_the_latest_version_is_in_effect_and_the_older_ones_are_kept(store: LlmSettingsStore) -> None:
    store.add(LlmSettings(model="first"), base_version=0)
    store.add(LlmSettings(model="second", limits=ModelLimits(concurrency=3)), base_version=1)

    current = store.latest()

    assert (current.number, current.settings.model, current.settings.limits.concurrency) == (2, "second", 3)
    assert [version.number for version in current.versions] == [1, 2]
    first = store.read(1)
    assert first is not None
    assert first.model == "first"


def test_a_version_that_somebody_else_has_written_is_not_replaced(store: LlmSettingsStore) -> None:
    store.add(LlmSettings(model="theirs"), base_version=0)

    with pytest.raises(StaleVersionError):
        store.add(LlmSettings(model="mine"), base_version=0)

    assert store.latest().settings.model == "theirs"


def test_a_prompt_of_another_name_or_version_is_refused(prompts: PromptStore) -> None:
    with pytest.raises(LlmConfigError, match="unknown prompt letters; available: pairs, stories"):
        prompts.current("letters")
    for version in ("u1", "v9", "u0", "u", "1", "u1x"):
        with pytest.raises(LlmConfigError, match=f"prompt pairs has no version {version}; available: v2"):
            prompts.read("pairs", version)


def test_a_version_that_is_stored_is_not_used_yet(prompts: PromptStore) -> None:
    assert prompts.add_version("pairs", "First.").label == "pairs/u1"
    assert prompts.add_version("pairs", "Second.").version == "u2"

    assert prompts.current("pairs") == built_in_prompt("pairs")
    assert prompts.current_prompts({"pairs": "u2"})["pairs"].text == "Second."
    assert prompts.current_prompts({"pairs": "u2"})["stories"] == built_in_prompt("stories")


def test_a_change_of_one_prompt_keeps_that_of_another_and_all_other_settings(
    prompts: PromptStore, store: LlmSettingsStore
) -> None:
    store.add(LlmSettings(model="mine"), base_version=0)
    prompts.set("pairs", "Pairs.")
    prompts.set("stories", "Stories.")

    assert store.latest().settings == LlmSettings(model="mine", prompts={"pairs": "u1", "stories": "u1"})
    assert prompts.revert("pairs") == built_in_prompt("pairs")
    assert store.latest().settings.prompts == {"pairs": "v2", "stories": "u1"}


@pytest.mark.parametrize(("lost", "is_stored"), [(4, True), (5, False)])
def test_a_prompt_is_activated_in_five_attempts_or_not_at_all(
    prompts: PromptStore, monkeypatch: pytest.MonkeyPatch, lost: int, *, is_stored: bool
) -> None:
    add, attempts = LlmSettingsStore.add, []

    def lose(store: LlmSettingsStore, settings: LlmSettings, *, base_version: int) -> int:
        attempts.append(base_version)
        if len(attempts) <= lost:
            raise StaleVersionError(base_version)
        return add(store, settings, base_version=base_version)

    monkeypatch.setattr(LlmSettingsStore, "add", lose)

    if is_stored:
        assert prompts.set("pairs", "Mine.").version == "u1"
        assert prompts.current("pairs").text == "Mine."
    else:
        with pytest.raises(LlmConfigError, match="try again"):
            prompts.set("pairs", "Mine.")
    assert len(attempts) == 5


def test_a_prompt_may_be_as_long_as_the_limit() -> None:
    validate_prompt("x" * MAX_PROMPT_CHARACTERS)

    with pytest.raises(LlmConfigError, match="1 to 8000 characters"):
        validate_prompt("x" * (MAX_PROMPT_CHARACTERS + 1))


def test_a_prompt_for_text_and_times_names_both_versions() -> None:
    both = append_timing(built_in_prompt("stories"), timing_prompt())

    assert both.label == "stories/v2+timing/v2"
    assert both.text.startswith(built_in_prompt("stories").text.rstrip() + "\n")
    assert both.text.endswith(timing_prompt().text)
