"""What a call costs, and which models have a price."""

import pytest

from simcrm.llm.errors import LlmConfigError
from simcrm.llm.model_prices import FREE_PRICE, ModelPrice, find_price
from simcrm.llm.providers.base import Usage

PRICE = ModelPrice(input_price=1.0, output_price=5.0)
OVERRIDES = '{"claude-haiku-4-5": {"input": 2, "output": 3}, "mine": {"input": 7, "output": 11, "batchShare": 0.25}}'


@pytest.mark.parametrize(
    ("usage", "in_batch", "expected"),
    [
        (Usage(100, 0), False, 100),
        (Usage(0, 100), False, 500),
        (Usage(100, 50), False, 350),
        (Usage(100, 50), True, 175),
        (Usage(1, 0), True, 1),
        (Usage(), False, 0),
    ],
)
def test_a_call_costs_its_tokens_in_a_batch_half_rounded_up(usage: Usage, expected: int, *, in_batch: bool) -> None:
    assert PRICE.micro_usd(usage, in_batch=in_batch) == expected


def test_a_fraction_of_a_millionth_counts_whole() -> None:
    assert ModelPrice(input_price=0.1, output_price=0.5).micro_usd(Usage(101, 0)) == 11


def test_a_dated_version_has_the_price_of_its_model() -> None:
    assert find_price("anthropic", "claude-haiku-4-5-20251001") == find_price("anthropic", "claude-haiku-4-5")
    assert find_price("anthropic", "claude-haiku-5-5-20270101").input_price == 0.1


def test_the_longest_name_that_fits_is_the_model() -> None:
    table = '{"m": {"input": 1, "output": 1}, "m-20": {"input": 2, "output": 2}}'

    assert find_price("openai", "m-20-2026", table).input_price == 2
    assert find_price("openai", "m-2025", table).input_price == 1


def test_a_model_without_a_price_is_refused_unless_its_provider_is_free() -> None:
    with pytest.raises(LlmConfigError, match="unknown model gpt; available: claude-haiku-4-5, claude-haiku-5-5"):
        find_price("openai", "gpt")

    assert find_price("local", "gpt") is FREE_PRICE
    assert find_price("synthetic", "gpt").micro_usd(Usage(10**6, 10**6)) == 0


def test_overrides_add_models_and_replace_prices() -> None:
    assert find_price("openai", "mine", OVERRIDES).micro_usd(Usage(4, 0), in_batch=True) == 7
    assert find_price("anthropic", "claude-haiku-4-5", OVERRIDES).output_price == 3
    assert find_price("anthropic", "claude-haiku-5-5", OVERRIDES).output_price == 0.5


@pytest.mark.parametrize(
    "overrides",
    [
        "{",
        "[]",
        '{"m": {"input": -1, "output": 1}}',
        '{"m": {"input": 1, "output": -1}}',
        '{"m": {"input": 1, "output": 1, "batchShare": 1.1}}',
        '{"m": {"input": 1, "output": 1, "batchShare": -0.1}}',
    ],
)
def test_what_is_no_table_of_prices_is_refused(overrides: str) -> None:
    with pytest.raises(LlmConfigError, match="AI_MODELS is not a JSON object"):
        find_price("openai", "m", overrides)


def test_a_price_of_nothing_and_a_batch_at_the_full_price_are_prices() -> None:
    price = find_price("openai", "m", '{"m": {"input": 0, "output": 0, "batchShare": 1}}')

    assert (price.input_price, price.output_price, price.batch_share) == (0, 0, 1)


def test_a_local_model_needs_no_price_and_takes_none_of_another_providers() -> None:
    assert find_price("local", "claude-haiku-5-5") is FREE_PRICE
    assert find_price("local", "mine", OVERRIDES).input_price == 7
    assert find_price("openai", "claude-haiku-5-5").options == {"thinking": {"type": "disabled"}}
