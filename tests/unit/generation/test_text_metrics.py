"""Each outcome of the model is measured once."""

import pytest
from measured import taken
from unit.generation.conftest import Workshop

from simcrm.core.cloudwatch_metrics import Measure
from simcrm.generation.text.batch_texts import measure_words
from simcrm.llm.errors import CallFailedError, Category, of_status
from simcrm.llm.rate_limit.policy import BREAKER_FAILURES as AI_BREAKER_FAILURES


def test_words_of_the_model_count_with_their_calls_tokens_and_price(workshop: Workshop) -> None:
    measure_words(workshop.words(10).values())

    assert taken() == {
        Measure.AI_SUCCESS: 10,
        Measure.AI_LATENCY: 0,
        Measure.AI_INPUT_TOKENS: 100,
        Measure.AI_OUTPUT_TOKENS: 50,
        Measure.AI_COST: pytest.approx((100 * 1 + 50 * 5) / 1e6),
    }


def test_a_model_that_fails_counts_its_calls_its_breaker_and_the_records_that_fell_back(
    workshop: Workshop,
) -> None:
    sick = CallFailedError(Category.NETWORK, is_sick=True)
    workshop.fields = {"ai": {"recordsPerCall": 1}}
    workshop.environment = {"AI_CONCURRENCY": "1"}
    workshop.model.script = [sick] * AI_BREAKER_FAILURES

    measure_words(workshop.words(10).values())

    counted = taken()
    assert counted[Measure.AI_CALLS_FAILED] == AI_BREAKER_FAILURES
    assert counted[(Measure.BREAKER_OPENED, "anthropic")] == 1
    assert counted[Measure.AI_FALLBACK] == 10


def test_a_model_that_asks_for_quiet_counts_and_the_wait_is_measured(workshop: Workshop) -> None:
    workshop.model.script = [of_status(429, 0.2)]

    workshop.words(10)

    counted = taken()
    assert counted[(Measure.COOLDOWNS, "anthropic")] == 1
    assert counted[(Measure.LIMIT_WAIT, "anthropic")] >= 200


def test_without_a_key_nothing_has_failed(workshop: Workshop) -> None:
    workshop.key = ""

    measure_words(workshop.words(10).values())

    assert taken() == {Measure.AI_SKIPPED: 10}


def test_a_record_that_nobody_was_asked_about_is_skipped() -> None:
    measure_words([None, None])

    assert taken() == {Measure.AI_SKIPPED: 2}
