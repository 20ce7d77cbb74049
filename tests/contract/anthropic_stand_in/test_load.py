"""Limits, open calls and speed, as a client sees them."""

import asyncio
import http.client
import json
import time

import anthropic
import pytest
from contract.anthropic_stand_in.client import HAIKU, KEY, Claude, Control, request


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

    assert 0.3 <= asyncio.run(ask()) < 3
    assert control.stats()["peakInFlight"] == 30


def test_two_hundred_small_messages_a_second_are_served(url: str, control: Control) -> None:
    assert control.stats()["inFlight"] == 0
    body = json.dumps(request())
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)

    def rate() -> float:
        started = time.monotonic()
        for _ in range(100):
            connection.request("POST", "/v1/messages", body, headers)
            assert json.loads(connection.getresponse().read())["type"] == "message"
        return 100 / (time.monotonic() - started)

    best = max(rate() for _ in range(5))
    connection.close()

    assert best >= 200
