"""What a boss reads, changes, reverts and deletes: scenarios and the model's settings, each in versions."""

from collections.abc import Callable
from typing import Any

import pytest
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.config import LlmCallConfig
from simcrm.core.errors import InvalidInputError, NotFoundError, StaleVersionError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import built_in_prompt
from simcrm.llm.settings_versions import LlmSettingsStore
from simcrm.operations import scenarios as scenario_module
from simcrm.operations.llm_settings import LlmSettingsService, SettingsChange
from simcrm.operations.scenarios import ScenarioChange, ScenarioService
from simcrm.storage.scenario_store import ScenarioStore
from simcrm.synthetic import load_scenario, scenario_names


@pytest.fixture
def service(resources: Resources) -> ScenarioService:
    return ScenarioService(ScenarioStore(aws_clients.s3(), resources.bucket))


@pytest.fixture
def settings(resources: Resources) -> LlmSettingsService:
    s3 = aws_clients.s3()
    stores = LlmSettingsStore(s3, resources.bucket), PromptStore(s3, resources.bucket)
    return LlmSettingsService(*stores, LlmCallConfig.load({"AI_MODEL": "claude-haiku-4-5"}))


def change(version: int = 0, base: str | None = None, **parameters: Any) -> ScenarioChange:
    document = {"version": version, "parameters": parameters} | ({} if base is None else {"base": base})
    return ScenarioChange.model_validate(document)


def refused(field: str, act: Callable[[], object]) -> str:
    with pytest.raises(InvalidInputError) as raised:
        act()
    assert raised.value.field == field
    return raised.value.problem


def test_a_shipped_scenario_is_shown_with_what_it_ships(service: ScenarioService) -> None:
    shown = service.show("B2B")

    assert (shown["version"], shown["base"], shown["shipped"], shown["overrides"], shown["history"]) == (
        0,
        "B2B",
        True,
        {},
        [],
    )
    assert shown["parameters"]["winRate"] == load_scenario("B2B").parameters.win_rate
    assert service.list_scenarios()["scenarios"] == [
        {"id": name, "version": 0, "base": name, "shipped": True, "changed": False} for name in scenario_names()
    ]


def test_a_changed_scenario_keeps_its_versions_and_can_be_reset(service: ScenarioService) -> None:
    assert service.change("B2B", change(winRate=0.1))["version"] == 1
    second = service.change("B2B", change(1, winRate=0.2))

    assert (second["version"], second["overrides"], second["parameters"]["winRate"]) == (2, {"winRate": 0.2}, 0.2)
    assert [one["version"] for one in second["history"]] == [2, 1]
    assert service.show("B2B", 1)["overrides"] == {"winRate": 0.1}
    assert service.show("B2B", 0)["overrides"] == {}
    assert service.delete("B2B", 2) == {"id": "B2B", "version": 3, "deleted": True}
    assert (service.show("B2B")["version"], service.show("B2B")["overrides"]) == (3, {})
    assert service.show("B2B", 3)["overrides"] == {}
    assert service.delete("B2B") == {"id": "B2B", "version": 3, "deleted": False}
    assert service.change("B2B", change(0, winRate=0.3))["version"] == 4


def test_a_scenario_of_ones_own_needs_a_shipped_base_and_goes_away(service: ScenarioService) -> None:
    made = service.change("MINE", change(base="B2C", winRate=0.1))
    (row,) = [one for one in service.list_scenarios()["scenarios"] if one["id"] == "MINE"]

    assert (made["base"], made["shipped"]) == ("B2C", False)
    assert row == {"id": "MINE", "version": 1, "base": "B2C", "shipped": False, "changed": True}
    service.delete("MINE")
    assert "MINE" not in [one["id"] for one in service.list_scenarios()["scenarios"]]
    acts: list[Callable[[], object]] = [
        lambda: service.show("MINE"),
        lambda: service.delete("MINE"),
        lambda: service.show("OTHER"),
    ]
    for act in acts:
        with pytest.raises(NotFoundError):
            act()


def test_who_has_not_read_the_latest_version_changes_nothing(service: ScenarioService) -> None:
    service.change("B2B", change(winRate=0.1))

    acts: list[Callable[[], object]] = [
        lambda: service.change("B2B", change(0, winRate=0.2)),
        lambda: service.change("B2B", change(2, winRate=0.2)),
        lambda: service.delete("B2B", 0),
        lambda: service.delete("B2B", 2),
    ]
    for act in acts:
        with pytest.raises(StaleVersionError):
            act()
    assert service.show("B2B")["version"] == 1


def test_names_bases_and_versions_that_are_none_are_refused(service: ScenarioService) -> None:
    assert "is not a valid scenario name" in refused("id", lambda: service.show("../x"))
    assert "is not a valid scenario name" in refused("id", lambda: service.change("a b", change(base="B2B")))
    assert "must be one of B2B" in refused("base", lambda: service.change("MINE", change()))
    assert "must be one of B2B" in refused("base", lambda: service.change("MINE", change(base="OTHER")))
    assert "its own base: B2B" in refused("base", lambda: service.change("B2B", change(base="B2C")))
    assert service.change("B2B", change(base="B2B"))["base"] == "B2B"
    assert "only in capitalization" in refused("id", lambda: service.change("b2b", change(base="B2B")))
    assert refused("id", lambda: service.change("abort", change(base="B2B")))
    assert "there is no version 7" in refused("version", lambda: service.show("B2B", 7))


def test_there_are_as_many_scenarios_as_the_limit_and_each_can_still_be_changed(
    service: ScenarioService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenario_module, "MAX_SCENARIOS", 2)
    for name in ("ONE", "TWO"):
        service.change(name, change(base="B2B"))

    assert "there are 2 scenarios already" in refused("id", lambda: service.change("THREE", change(base="B2B")))
    assert service.change("TWO", change(1, base="B2B", winRate=0.5))["version"] == 2


def test_the_latest_fifty_versions_are_listed(service: ScenarioService) -> None:
    for number in range(52):
        service.change("B2B", change(number, winRate=0.5))

    assert [one["version"] for one in service.show("B2B")["history"]] == list(range(52, 2, -1))


# The model's settings


def apply(service: LlmSettingsService, version: int, **config: Any) -> dict[str, Any]:
    return service.change(SettingsChange.model_validate({"version": version, "config": config}))


def test_settings_that_nobody_made_are_those_of_the_environment(settings: LlmSettingsService) -> None:
    shown = settings.show()

    assert (shown["version"], shown["overrides"], shown["history"]) == (0, {}, [])
    assert (shown["config"]["enabled"], shown["config"]["provider"]) == (True, "anthropic")
    assert shown["config"]["limits"]["timeoutMs"] == 60_000
    assert shown["config"]["limits"]["maxCostUsd"] is None
    assert shown["config"]["prompts"]["pairs"] == {"version": "v2", "text": built_in_prompt("pairs").text}


def test_settings_are_kept_in_versions_and_come_back(settings: LlmSettingsService) -> None:
    first = apply(settings, 0, enabled=False, limits={"timeoutMs": 7_000})
    second = apply(settings, 1, model="claude-haiku-5-5")

    assert (first["version"], first["overrides"]) == (1, {"enabled": False, "limits": {"timeoutMs": 7_000}})
    assert (first["config"]["enabled"], first["config"]["limits"]["timeoutMs"]) == (False, 7_000)
    assert second["overrides"] == {"model": "claude-haiku-5-5"}
    assert settings.show(1)["overrides"] == first["overrides"]
    reverted = settings.change(SettingsChange.model_validate({"version": 2, "revertTo": 1}))
    assert (reverted["version"], reverted["overrides"]) == (3, first["overrides"])
    cleared = settings.change(SettingsChange.model_validate({"version": 3, "revertTo": 0}))
    assert (cleared["version"], cleared["overrides"]) == (4, {})
    assert [one["version"] for one in cleared["history"]] == [4, 3, 2, 1]


def test_settings_that_were_changed_since_they_were_read_stay(settings: LlmSettingsService) -> None:
    apply(settings, 0, enabled=False)

    for version in (0, 2):
        with pytest.raises(StaleVersionError):
            apply(settings, version, enabled=True)
    assert settings.show()["version"] == 1


def test_a_text_of_ones_own_becomes_a_version_once(settings: LlmSettingsService) -> None:
    first = apply(settings, 0, prompts={"pairs": {"text": "Write {{scenario}}."}})
    same = apply(settings, 1, prompts={"pairs": {"version": "u1", "text": "Write {{scenario}}."}})
    built_in = apply(settings, 2, prompts={"pairs": {"version": "v2"}})

    assert first["config"]["prompts"]["pairs"] == {"version": "u1", "text": "Write {{scenario}}."}
    assert same["config"]["prompts"]["pairs"]["version"] == "u1"
    assert built_in["config"]["prompts"]["pairs"]["version"] == "v2"
    assert settings.prompts.versions("pairs") == ["v2", "u1"]


def test_a_setting_that_cannot_be_used_is_named(settings: LlmSettingsService) -> None:
    assert "unknown provider x" in refused("config.provider", lambda: apply(settings, 0, provider="x"))
    assert "unknown model x" in refused("config.model", lambda: apply(settings, 0, model="x"))
    unknown = {"pairs": {"version": "u7"}}
    assert "no version u7" in refused("config.prompts.pairs.version", lambda: apply(settings, 0, prompts=unknown))
    broken = {"stories": {"text": "{{x}}"}}
    assert "unknown prompt variable" in refused(
        "config.prompts.stories.text", lambda: apply(settings, 0, prompts=broken)
    )
    empty = {"pairs": {"text": ""}}
    assert "1 to 8000" in refused("config.prompts.pairs.text", lambda: apply(settings, 0, prompts=empty))
    assert "no version 9" in refused("version", lambda: settings.show(9))
    back = SettingsChange.model_validate({"version": 0, "revertTo": 9})
    assert "no version 9" in refused("revertTo", lambda: settings.change(back))
    assert settings.show()["version"] == 0


@pytest.mark.parametrize("more", [{}, {"config": {}, "revertTo": 0}])
def test_a_change_says_one_thing(more: dict[str, Any]) -> None:
    assert "either config or revertTo" in refused(
        "config", lambda: SettingsChange.model_validate({"version": 0, **more})
    )
