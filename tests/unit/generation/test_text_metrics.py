"""Each outcome of the model is measured once."""

import json

import pytest
from builders import batch
from measured import flush_values
from stand_in_model import stand_in_response
from unit.generation.conftest import TextHarness
from unit.generation.test_texts import STORY

from local_anthropic.model.account_lies import LieKind
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.generation.text.stored_texts import record_text_metrics, text_counters
from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.rate_limit.policy import BREAKER_FAILURES as AI_BREAKER_FAILURES


def test_words_of_the_model_count_with_their_calls_tokens_and_price(workshop: TextHarness) -> None:
    record_text_metrics(workshop.write_texts(10).values())

    assert flush_values() == {
        Metric.AI_SUCCESS: 10,
        Metric.AI_LATENCY: 0,
        Metric.AI_INPUT_TOKENS: 100,
        Metric.AI_OUTPUT_TOKENS: 50,
        Metric.AI_COST: pytest.approx((100 * 1 + 50 * 5) / 1e6),
    }


def test_a_model_that_fails_counts_its_calls_its_breaker_and_the_records_that_fell_back(
    workshop: TextHarness,
) -> None:
    sick = LlmCallError(FailureCategory.NETWORK, counts_for_breaker=True)
    workshop.fields = {"ai": {"recordsPerCall": 1}}
    workshop.environment = {"AI_CONCURRENCY": "1"}
    workshop.model.script = [sick] * AI_BREAKER_FAILURES

    record_text_metrics(workshop.write_texts(10).values())

    counted = flush_values()
    assert counted[Metric.AI_CALLS_FAILED] == AI_BREAKER_FAILURES
    assert counted[(Metric.BREAKER_OPENED, "anthropic")] == 1
    assert counted[Metric.AI_FALLBACK] == 10


def test_a_model_that_asks_for_quiet_counts_and_the_wait_is_measured(workshop: TextHarness) -> None:
    workshop.model.script = [error_from_status(429, 0.2)]

    workshop.write_texts(10)

    counted = flush_values()
    assert counted[(Metric.COOLDOWNS, "anthropic")] == 1
    assert counted[(Metric.LIMIT_WAIT, "anthropic")] >= 200


def test_without_a_key_nothing_has_failed(workshop: TextHarness) -> None:
    workshop.key = ""

    record_text_metrics(workshop.write_texts(10).values())

    assert flush_values() == {Metric.AI_SKIPPED: 10}


def test_a_record_that_nobody_was_asked_about_is_skipped() -> None:
    record_text_metrics([None, None])

    assert flush_values() == {Metric.AI_SKIPPED: 2}


def test_texts_that_were_refused_are_counted_by_reason_in_metrics_counters_and_metadata(workshop: TextHarness) -> None:
    workshop.fields = {**STORY, "ai": {"recordsPerCall": 50}}
    workshop.model.script = [lambda request: stand_in_response(request, LieKind.FIRM, 3)] * 40

    results = workshop.write_texts(10)

    counted, composed = flush_values(), text_counters(results.values())
    refused = [reason for result in results.values() for reason in result.rejected.values()]
    assert set(refused) == {"firm"}
    assert composed["ai_texts_rejected_firm"] == len(refused)
    assert counted[(Metric.AI_TEXTS_REJECTED, "firm")] > len(refused)  # each was refused twice
    written = workshop.generator().with_texts(results).contact_rows(batch(count=10))
    metadata = [json.loads(row["contact"]["simcrm_generation_metadata"]) for row in written]
    assert sum(each.get("rejected", {}).get("firm", 0) for each in metadata) == len(refused)
    assert all(each["tokens"] == each["inputTokens"] + each["outputTokens"] for each in metadata)
    assert sum(each["outputTokens"] for each in metadata) >= counted[Metric.AI_OUTPUT_TOKENS]
