"""Limits and open calls, as a client sees them."""

import asyncio
import time

import anthropic
import pytest
from contract.local_anthropic.client import HAIKU, KEY, Claude, Control, request


def test_a_limit_refuses_with_the_time_to_wait_and_serves_after_it(claude: Claude, control: Control) -> None:
    control.set(requestsPerMinute=60, burstSeconds=1)
    claude.records()

    with pytest.raises(anthropic.RateLimitError, match="60 requests per minute") as caught:
        claude.records()

    wait = caught.value.response.headers["retry-after"]
    assert wait == "1"
    assert caught.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
    time.sleep(float(wait))
    assert len(claude.records()) == 4


def test_the_journal_tells_each_call_with_its_tokens_and_fault(claude: Claude, control: Control) -> None:
    control.fault(status=529, skip=1)
    claude.records()
    with pytest.raises(anthropic.InternalServerError):
        claude.records()

    calls = control.calls()

    assert [(call["status"], call["fault"]) for call in calls] == [(200, ""), (529, "status")]
    assert calls[0]["model"] == HAIKU
    assert calls[0]["inputTokens"] > calls[0]["outputTokens"] > 0
    assert calls[0]["at"] <= calls[1]["at"]


def test_many_calls_are_open_at_once_and_each_takes_its_time(url: str, control: Control) -> None:
    control.set(latencyBaseMs=300)

    async def ask() -> float:
        async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as client:
            started = time.monotonic()
            await asyncio.gather(*(client.messages.create(**request()) for _ in range(30)))
            return time.monotonic() - started

    assert asyncio.run(ask()) >= 0.3
    assert control.stats()["peakInFlight"] == 30
