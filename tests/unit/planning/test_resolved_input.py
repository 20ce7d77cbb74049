from typing import Any

import pytest
from recorders import ApiCalls
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.config import LlmConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.llm.settings import ModelLimits
from simcrm.models.scenario_parameters import ScenarioOverrides
from simcrm.planning.resolved_input import DeploymentSettings, ResolvedInput, resolve_input
from simcrm.storage.scenario_store import ScenarioStore, StoredScenario

VERSIONS = "config/scenarios/acme/"


def refusal(**fields: Any) -> InvalidSimulationError:
    with pytest.raises(InvalidSimulationError) as caught:
        resolve_input({"totalRecords": 1, **fields})
    return caught.value


@pytest.mark.parametrize("document", [{"totalRecords": 1}, '{"totalRecords": 1}', b'{"totalRecords": 1}'])
def test_an_input_is_taken_as_a_document_and_as_text(document: dict[str, Any] | str | bytes) -> None:
    assert resolve_input(document).request.total_records == 1


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_scenarios_that_exist_are_taken(scenario: str) -> None:
    assert resolve_input({"totalRecords": 1, "scenario": scenario}).request.scenario == scenario


@pytest.mark.parametrize("scenario", ["B2D", "", "b2b", "../B2B"])
def test_a_scenario_that_does_not_exist_is_refused_with_those_that_do(scenario: str) -> None:
    error = refusal(scenario=scenario)

    assert error.field == "scenario"
    assert "B2B" in error.problem
    assert "B2C" in error.problem


def test_a_locale_that_does_not_exist_is_refused_with_those_that_do() -> None:
    error = refusal(locale="tlh_KL")

    assert error.field == "locale"
    assert error.problem.startswith("unknown locale tlh_KL; available: ")
    assert "en_US" in error.problem


def test_of_several_locales_the_unknown_one_is_named() -> None:
    assert refusal(locales={"en_US": 1, "tlh_KL": 2}).field == "locales.tlh_KL"


def test_locales_that_exist_are_taken() -> None:
    assert resolve_input({"totalRecords": 1, "locale": "en_US"}).request.locale == "en_US"
    assert resolve_input({"totalRecords": 1, "locales": {"en_US": 2.5}}).request.locales == {"en_US": 2.5}


def test_a_curve_of_ones_own_needs_its_weights() -> None:
    assert refusal(distributionMethod="CUSTOM").field == "distributionWeights"


def test_a_field_that_is_wrong_by_itself_is_refused_first() -> None:
    assert refusal(scenario="B2D", totalRecords=0).field == "totalRecords"


@pytest.mark.parametrize(("field", "value"), [("provider", "nobody"), ("model", "none-at-all")])
def test_a_provider_or_model_that_does_not_exist_is_refused_by_its_field(field: str, value: str) -> None:
    assert refusal(ai={field: value}).field == f"ai.{field}"
    assert resolve_input({"totalRecords": 1, "ai": {field: value, "enabled": False}}).llm.enabled is False


@pytest.fixture
def scenarios(resources: Resources) -> ScenarioStore:
    """A scenario with two versions, whose sales cycles last 1 and 2 days."""
    store = ScenarioStore(aws_clients.s3(), resources.bucket)
    for days in (1.0, 2.0):
        parameters = ScenarioOverrides.model_construct(sales_cycle_days=days)
        store.add("acme", StoredScenario(base="B2C", parameters=parameters), base_version=int(days) - 1)
    return store


def resolve_with(scenarios: ScenarioStore, accepted: int | None = None) -> ResolvedInput:
    settings = DeploymentSettings(
        limits=ModelLimits.model_construct(records_per_call=7), scenarios=scenarios, accepted_scenario=accepted
    )
    return resolve_input({"totalRecords": 1, "scenario": "acme"}, settings)


def test_a_stored_scenario_is_looked_up_once_and_replaced(scenarios: ScenarioStore, api_calls: ApiCalls) -> None:
    found: list[ResolvedInput] = []

    asked = api_calls.between(lambda: found.append(resolve_with(scenarios)))

    assert asked == [f"ListObjectsV2 {VERSIONS}", f"GetObject {VERSIONS}000002.json"]
    (resolved,) = found
    assert (resolved.original.scenario, resolved.request.scenario, resolved.scenario_version) == ("acme", "B2C", 2)
    assert resolved.request.scenario_parameters is not None
    assert resolved.request.scenario_parameters.sales_cycle_days == 2.0


def test_changes_of_the_input_override_those_of_a_stored_scenario(scenarios: ScenarioStore) -> None:
    own = {"totalRecords": 1, "scenario": "acme", "scenarioParameters": {"salesCycleDays": 9}}

    resolved = resolve_input(own, DeploymentSettings(scenarios=scenarios))

    assert resolved.request.scenario == "B2C"
    assert resolved.request.scenario_parameters is not None
    assert resolved.request.scenario_parameters.sales_cycle_days == 9.0


def test_an_input_with_a_built_in_scenario_stays_as_it_is(scenarios: ScenarioStore) -> None:
    for settings in (DeploymentSettings(scenarios=scenarios), DeploymentSettings()):
        resolved = resolve_input({"totalRecords": 1, "scenario": "B2C"}, settings)
        assert (resolved.request, resolved.scenario_version) == (resolved.original, 0)


def test_limits_of_the_deployment_fill_the_request_and_not_the_original(scenarios: ScenarioStore) -> None:
    resolved = resolve_with(scenarios)

    assert (resolved.original.ai.records_per_call, resolved.request.ai.records_per_call) == (None, 7)
    assert resolved.llm.limits.records_per_call == 7


def test_an_input_keeps_the_version_that_it_was_accepted_with(scenarios: ScenarioStore, api_calls: ApiCalls) -> None:
    found: list[ResolvedInput] = []

    asked = api_calls.between(lambda: found.append(resolve_with(scenarios, 1)))

    assert asked == [f"GetObject {VERSIONS}000001.json"]
    assert found[0].scenario_version == 1
    assert found[0].request.scenario_parameters is not None
    assert found[0].request.scenario_parameters.sales_cycle_days == 1.0


def test_an_input_accepted_with_a_built_in_scenario_does_not_get_a_stored_one(scenarios: ScenarioStore) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        resolve_with(scenarios, 0)

    assert caught.value.field == "scenario"


@pytest.mark.parametrize(
    ("ai", "environment", "is_checked"),
    [
        ({"enabled": False, "model": "nobody"}, {}, False),
        ({"model": "nobody"}, {"AI_ENABLED": "false"}, False),
        ({"model": "nobody"}, {}, True),
        ({}, {"AI_MODEL": "nobody"}, True),
        ({"model": "claude-haiku-4-5"}, {"AI_MODEL": "nobody"}, False),
        ({"provider": "nobody"}, {}, True),
        ({"provider": "anthropic"}, {"AI_PROVIDER": "nobody"}, False),
    ],
)
def test_a_model_is_checked_if_both_simulation_and_deployment_use_one(
    ai: dict[str, Any], environment: dict[str, str], *, is_checked: bool
) -> None:
    document, settings = {"totalRecords": 3, "ai": ai}, DeploymentSettings(LlmConfig.load(environment))

    if is_checked:
        with pytest.raises(InvalidSimulationError, match="nobody") as raised:
            resolve_input(document, settings)
        assert raised.value.field in {"ai.model", "ai.provider"}
    else:
        assert resolve_input(document, settings).request.total_records == 3


@pytest.mark.parametrize(
    ("ai", "environment", "enabled"),
    [
        ({}, {}, True),
        ({"enabled": False}, {}, False),
        ({}, {"AI_ENABLED": "false"}, False),
        ({"provider": "synthetic"}, {}, False),
    ],
)
def test_a_run_uses_a_model_if_both_say_so_and_there_is_one(
    ai: dict[str, Any], environment: dict[str, str], *, enabled: bool
) -> None:
    resolved = resolve_input({"totalRecords": 3, "ai": ai}, DeploymentSettings(LlmConfig.load(environment)))

    assert resolved.llm.enabled is enabled
