"""Buckets that fill continuously, as the API's limits do."""

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.local_anthropic.conftest import HAIKU, START, Clock, StandIn

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.errors import ApiError
from local_anthropic.gateway.token_limits import TokenLimiter


def limiter(**settings: Any) -> TokenLimiter:
    return TokenLimiter(AnthropicSettings.model_validate(settings))


def refusal(limits: TokenLimiter, tokens: int, now: float) -> ApiError:
    with pytest.raises(ApiError) as caught:
        limits.acquire(HAIKU, tokens, now)
    assert caught.value.status == 429
    return caught.value


def remaining(limits: TokenLimiter, name: str, now: float) -> int:
    return int(limits.headers(HAIKU, now)[f"anthropic-ratelimit-{name}-remaining"])


def test_requests_are_let_in_as_the_bucket_holds_them_and_then_as_they_flow_in() -> None:
    limits = limiter(requestsPerMinute=60, burstSeconds=5)
    for _ in range(5):
        limits.acquire(HAIKU, 10, START)

    error = refusal(limits, 10, START)

    assert error.headers["retry-after"] == "1"
    limits.acquire(HAIKU, 10, START + 1)
    refusal(limits, 10, START + 1.5)


def test_a_refused_request_uses_nothing() -> None:
    limits = limiter(inputTokensPerMinute=6_000)
    refusal(limits, 7_000, START)

    assert remaining(limits, "requests", START) == 1_000_000
    assert remaining(limits, "input-tokens", START) == 6_000


def test_input_tokens_are_taken_when_the_request_comes_and_the_wait_is_for_what_it_needs() -> None:
    limits = limiter(inputTokensPerMinute=60_000)
    limits.acquire(HAIKU, 50_000, START)

    error = refusal(limits, 30_000, START)

    assert "60,000 input tokens per minute" in error.message
    assert error.headers["retry-after"] == "20"
    limits.acquire(HAIKU, 30_000, START + 20)


def test_output_tokens_are_taken_evenly_while_an_answer_is_made() -> None:
    limits = limiter(outputTokensPerMinute=60_000)
    production = limits.produce(HAIKU, 40_000, 10, START)

    assert remaining(limits, "output-tokens", START) == 60_000
    assert remaining(limits, "output-tokens", START + 5) == 60_000 - 20_000 + 5_000
    production.finish(START + 10)
    assert remaining(limits, "output-tokens", START + 10) == 60_000 - 40_000 + 10_000


def test_an_answer_that_ends_late_has_used_its_tokens_and_no_more() -> None:
    limits = limiter(outputTokensPerMinute=60_000)
    production = limits.produce(HAIKU, 30_000, 10, START)

    production.finish(START + 12)

    assert remaining(limits, "output-tokens", START + 12) == 60_000 - 30_000 + 12_000


def test_an_answer_that_nobody_waits_for_has_used_what_was_made_until_then() -> None:
    limits = limiter(outputTokensPerMinute=60_000)
    production = limits.produce(HAIKU, 40_000, 10, START)

    production.finish(START + 5, whole=False)

    assert remaining(limits, "output-tokens", START + 5) == 60_000 - 20_000 + 5_000


def test_answers_may_overdraw_the_output_and_the_next_request_waits_for_it() -> None:
    limits = limiter(outputTokensPerMinute=6_000)
    limits.acquire(HAIKU, 1, START)
    limits.produce(HAIKU, 9_000, 0, START).finish(START)

    error = refusal(limits, 1, START)

    assert "6,000 output tokens per minute" in error.message
    assert error.headers["retry-after"] == "31"
    assert error.headers["anthropic-ratelimit-output-tokens-remaining"] == "0"
    limits.acquire(HAIKU, 1, START + 31)


def test_each_model_has_limits_of_its_own() -> None:
    limits = limiter(requestsPerMinute=1)
    limits.acquire(HAIKU, 1, START)

    limits.acquire("claude-haiku-5-5", 1, START)

    refusal(limits, 1, START)


def test_headers_round_tokens_to_thousands_and_tell_when_all_is_back() -> None:
    limits = limiter(requestsPerMinute=60, inputTokensPerMinute=60_000, outputTokensPerMinute=12_000)
    limits.acquire(HAIKU, 30_400, START)

    headers = limits.headers(HAIKU, START)

    assert headers["anthropic-ratelimit-requests-remaining"] == "59"
    assert headers["anthropic-ratelimit-input-tokens-remaining"] == "30000"
    assert headers["anthropic-ratelimit-tokens-limit"] == "72000"
    assert headers["anthropic-ratelimit-tokens-remaining"] == "42000"
    reset = datetime.fromisoformat(headers["anthropic-ratelimit-input-tokens-reset"])
    assert reset == datetime.fromtimestamp(START + 30, UTC)


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    limits = limiter(requestsPerMinute=60, burstSeconds=2)
    limits.acquire(HAIKU, 1, START)

    for _ in range(2):
        limits.acquire(HAIKU, 1, START + 1_000)

    refusal(limits, 1, START + 1_000)


def test_over_a_long_time_the_output_that_is_used_is_the_limit() -> None:
    limits, used = limiter(outputTokensPerMinute=6_000, burstSeconds=6), 0
    for tick in range(6_000):
        now = START + tick / 10
        try:
            limits.acquire(HAIKU, 1, now)
        except ApiError:
            continue
        limits.produce(HAIKU, 300, 0, now).finish(now)
        used += 300

    assert used == pytest.approx(60_000, rel=0.02)


def test_batch_calls_have_a_limit_of_their_own(stand_in: StandIn) -> None:
    stand_in.set(batchRequestsPerMinute=60, burstSeconds=1)
    stand_in.ask("GET", "/v1/messages/batches")

    refused = stand_in.http.get("/v1/messages/batches")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert stand_in.message().status_code == 200


def test_the_settings_change_the_limits_at_once(stand_in: StandIn, clock: Clock) -> None:
    stand_in.set(requestsPerMinute=2)
    assert stand_in.statuses(3) == [200, 200, 429]

    clock.advance(30)
    assert stand_in.statuses(2) == [200, 429]

    stand_in.set(requestsPerMinute=1_000)
    assert stand_in.statuses(2) == [200, 200]
