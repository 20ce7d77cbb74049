from typing import Any

import pytest

from simcrm.core.config import LlmConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.planning.llm_plan import resolve_llm
from simcrm.planning.validate_input import validate_simulation


def refusal(**fields: Any) -> InvalidSimulationError:
    with pytest.raises(InvalidSimulationError) as caught:
        validate_simulation({"totalRecords": 1, **fields})
    return caught.value


@pytest.mark.parametrize("document", [{"totalRecords": 1}, '{"totalRecords": 1}', b'{"totalRecords": 1}'])
def test_an_input_is_taken_as_a_document_and_as_text(document: dict[str, Any] | str | bytes) -> None:
    assert validate_simulation(document).total_records == 1


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_scenarios_that_exist_are_taken(scenario: str) -> None:
    assert validate_simulation({"totalRecords": 1, "scenario": scenario}).scenario == scenario


@pytest.mark.parametrize("scenario", ["B2D", "", "b2b", "../B2B"])
def test_a_scenario_that_does_not_exist_is_refused_with_those_that_do(scenario: str) -> None:
    error = refusal(scenario=scenario)

    assert error.field == "scenario"
    assert "B2B" in error.problem
    assert "B2C" in error.problem


def test_a_locale_that_does_not_exist_is_refused_with_those_that_do() -> None:
    error = refusal(locale="tlh_KL")

    assert error.field == "locale"
    assert error.problem.startswith("unknown locale tlh_KL; there are: ")
    assert "en_US" in error.problem


def test_of_several_locales_the_unknown_one_is_named() -> None:
    assert refusal(locales={"en_US": 1, "tlh_KL": 2}).field == "locales.tlh_KL"


def test_locales_that_exist_are_taken() -> None:
    assert validate_simulation({"totalRecords": 1, "locale": "en_US"}).locale == "en_US"
    assert validate_simulation({"totalRecords": 1, "locales": {"en_US": 2.5}}).locales == {"en_US": 2.5}


def test_a_curve_of_ones_own_needs_its_weights() -> None:
    assert refusal(distributionMethod="CUSTOM").field == "distributionWeights"


def test_a_field_that_is_wrong_by_itself_is_refused_first() -> None:
    assert refusal(scenario="B2D", totalRecords=0).field == "totalRecords"


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
    document, config = {"totalRecords": 3, "ai": ai}, LlmConfig.load(environment)

    if is_checked:
        with pytest.raises(InvalidSimulationError, match="nobody") as raised:
            validate_simulation(document, config)
        assert raised.value.field in {"ai.model", "ai.provider"}
    else:
        assert validate_simulation(document, config).total_records == 3


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
    request = validate_simulation({"totalRecords": 3, "ai": ai})

    assert resolve_llm(request, LlmConfig.load(environment)).enabled is enabled
