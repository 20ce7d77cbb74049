"""What is read from the responses of providers, and what their errors mean."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

import anthropic
import httpx2
import pytest

from simcrm.llm.errors import FailureCategory, LlmCallError, LlmConfigError, error_from_status
from simcrm.llm.providers.anthropic import AnthropicProvider, translate_errors
from simcrm.llm.providers.anthropic_batches import AnthropicBatches
from simcrm.llm.providers.base import (
    LlmRequest,
    LlmResponse,
    RateLimitWindow,
    RateLimitWindows,
    Usage,
)
from simcrm.llm.providers.batch_client import BatchClient
from simcrm.llm.providers.openai import OpenAiProvider
from simcrm.llm.providers.openai_dialect import DialectMemory
from simcrm.llm.providers.registry import find_provider

REQUEST = LlmRequest("some-model", "system", "prompt", {"type": "object"}, 400, {"thinking": {"type": "disabled"}})
URL = "http://model.example/v1/"
SENT = httpx2.Request("POST", URL)
ASKED = [("one", REQUEST), ("two", REQUEST)]


def openai_provider() -> OpenAiProvider:
    """A provider whose server has taught nothing yet."""
    return OpenAiProvider("key", URL, DialectMemory())


def completion(**changes: Any) -> dict[str, Any]:
    choice = {"message": {"content": "{}"}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 7}} | changes


def message(**changes: Any) -> dict[str, Any]:
    about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "some-model", "stop_sequence": None}
    content = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]
    usage = {"input_tokens": 12, "output_tokens": 8}
    return about | {"content": content, "stop_reason": "end_turn", "usage": usage} | changes


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> "Answer":
    """Lets every request of a provider get one response; the requests are noted."""

    def install(response: httpx2.Response) -> list[httpx2.Request]:
        seen: list[httpx2.Request] = []

        def handle(_transport: object, request: httpx2.Request) -> httpx2.Response:
            seen.append(request)
            return response

        async def handle_async(transport: object, request: httpx2.Request) -> httpx2.Response:
            return handle(transport, request)

        monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
        monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", handle_async)
        return seen

    return install


def complete(provider: Any) -> LlmResponse:
    async def run() -> LlmResponse:
        try:
            response: LlmResponse = await provider.complete(REQUEST)
        finally:
            await provider.aclose()
        return response

    return asyncio.run(run())


Answer = Callable[[httpx2.Response], list[httpx2.Request]]


@pytest.mark.parametrize(
    ("stop_reason", "was_refused", "was_truncated"),
    [
        ("end_turn", False, False),
        ("refusal", True, False),
        ("max_tokens", False, True),
        ("model_context_window_exceeded", False, True),
    ],
)
def test_a_message_of_claude_is_its_texts_and_tokens(
    answer: Answer, stop_reason: str, *, was_refused: bool, was_truncated: bool
) -> None:
    headers = {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49"}
    answer(httpx2.Response(200, json=message(stop_reason=stop_reason), headers=headers))

    response = complete(AnthropicProvider("key", URL))

    assert response == LlmResponse(
        "one two", Usage(12, 8), RateLimitWindows(RateLimitWindow(50, 49)), was_refused, was_truncated
    )


@pytest.mark.parametrize(
    ("choice", "was_refused", "was_truncated"),
    [
        ({"message": {"content": "{}"}, "finish_reason": "stop"}, False, False),
        ({"message": {"content": "{}", "refusal": "no"}, "finish_reason": "stop"}, True, False),
        ({"message": {"content": "{}"}, "finish_reason": "content_filter"}, True, False),
        ({"message": {"content": "{}"}, "finish_reason": "length"}, False, True),
        ({"message": {"content": None}}, False, False),
    ],
)
def test_a_completion_says_why_it_may_be_useless(
    answer: Answer, choice: dict[str, Any], *, was_refused: bool, was_truncated: bool
) -> None:
    answer(httpx2.Response(200, json=completion(choices=[choice])))

    response = complete(openai_provider())

    assert response.text == (choice["message"]["content"] or "")
    assert (response.was_refused, response.was_truncated) == (was_refused, was_truncated)
    assert response.usage == Usage(11, 7)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, Usage(10, 1)),
        ({}, Usage(10, 1)),
        ({"prompt_tokens": 5}, Usage(5, 1)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0)),
    ],
)
def test_tokens_that_a_server_does_not_count_are_estimated(answer: Answer, usage: Any, expected: Usage) -> None:
    answer(httpx2.Response(200, json=completion(usage=usage)))

    assert complete(openai_provider()).usage == expected


def test_a_completion_is_requested_with_the_options_of_its_model(answer: Answer) -> None:
    seen = answer(httpx2.Response(200, json=completion()))
    complete(openai_provider())

    body = seen[0].read().decode()
    assert '"thinking":{"type":"disabled"}' in body
    assert '"strict":true' in body
    assert '"max_tokens":400' in body


@pytest.mark.parametrize("body", ["<html>", "[]", '{"choices": []}', '{"choices": [{}]}', '{"choices": [7]}'])
def test_a_completion_that_cannot_be_read_can_be_retried(answer: Answer, body: str) -> None:
    answer(httpx2.Response(200, text=body))

    with pytest.raises(LlmCallError) as raised:
        complete(openai_provider())

    assert (raised.value.category, raised.value.reason) == (FailureCategory.MODEL_ERROR, "unreadable_answer")
    assert (raised.value.can_retry, raised.value.counts_for_breaker) == (True, True)


@pytest.mark.parametrize(
    ("status", "category", "can_retry", "starts_cooldown", "counts_for_breaker", "retry_after"),
    [
        (429, "rate_limit", True, True, False, 3.0),
        (529, "rate_limit", True, True, True, 3.0),
        (401, "auth", False, False, False, None),
        (403, "auth", False, False, False, None),
        (408, "timeout", True, False, True, None),
        (504, "timeout", True, False, True, None),
        (500, "model_error", True, False, True, 3.0),
        (503, "model_error", True, False, True, 3.0),
        (499, "model_error", False, False, False, None),
        (400, "model_error", False, False, False, None),
    ],
)
def test_a_status_says_what_a_failure_means(
    status: int,
    category: str,
    retry_after: float | None,
    *,
    can_retry: bool,
    starts_cooldown: bool,
    counts_for_breaker: bool,
) -> None:
    error = error_from_status(status, 3.0)

    assert (error.category, error.can_retry, error.retry_after) == (category, can_retry, retry_after)
    assert (error.starts_cooldown, error.counts_for_breaker) == (starts_cooldown, counts_for_breaker)


def test_a_failure_needs_no_other_reason_than_its_category() -> None:
    error = LlmCallError(FailureCategory.NETWORK)

    assert (error.reason, str(error)) == ("network", "network")
    assert (error.can_retry, error.retry_after, error.starts_cooldown, error.counts_for_breaker) == (
        False,
        None,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("raised_by_sdk", "category"),
    [
        (anthropic.APITimeoutError(request=SENT), "timeout"),
        (anthropic.APIConnectionError(request=SENT), "network"),
    ],
)
def test_the_sdks_connection_errors_can_be_retried_and_count_for_the_breaker(
    raised_by_sdk: Exception, category: str
) -> None:
    with pytest.raises(LlmCallError) as raised, translate_errors("key"):
        raise raised_by_sdk

    error = raised.value
    assert (error.category, error.can_retry, error.counts_for_breaker) == (category, True, True)


def test_the_sdks_status_errors_keep_status_and_delay(answer: Answer) -> None:
    seen = answer(httpx2.Response(529, json={}, headers={"retry-after": "2.5"}))

    with pytest.raises(LlmCallError) as raised:
        complete(AnthropicProvider("key", URL))

    assert (raised.value.category, raised.value.retry_after, len(seen)) == ("rate_limit", 2.5, 1)


def test_a_response_is_usable_and_without_limits_unless_it_says_otherwise() -> None:
    response = LlmResponse("text", Usage())

    assert (response.was_refused, response.was_truncated, response.rate_limits) == (False, False, RateLimitWindows())
    assert (Usage(3).output_tokens, Usage(output_tokens=3).input_tokens, Usage(3, 4).total) == (0, 0, 7)


def test_each_provider_is_created_by_its_name() -> None:
    made = {name: find_provider(name) for name in ("anthropic", "openai", "local", "synthetic")}
    created = {name: spec.create("key", URL) for name, spec in made.items() if spec.create is not None}

    assert {name: type(one) for name, one in created.items()} == {
        "anthropic": AnthropicProvider,
        "openai": OpenAiProvider,
        "local": OpenAiProvider,
    }
    assert [spec.needs_key for spec in made.values()] == [True, True, False, False]
    assert [spec.limits for spec in made.values()] == [(50, 50_000, 10_000), (0, 0, 0), (0, 0, 0), (0, 0, 0)]
    assert [name for name, spec in made.items() if spec.create_batches is not None] == ["anthropic"]
    batches = made["anthropic"].create_batches
    assert batches is not None
    with closing(batches("key", URL)) as provider:
        assert isinstance(provider, AnthropicBatches)


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(LlmConfigError, match="available: anthropic, openai, local, synthetic") as raised:
        find_provider("other")

    assert (raised.value.setting, raised.value.reason) == ("provider", "unknown_provider")


# Message batches


def batch_row(**changes: Any) -> dict[str, Any]:
    times = dict.fromkeys(("archived_at", "cancel_initiated_at", "ended_at", "results_url"))
    counts = {"processing": 1, "succeeded": 20, "errored": 300, "canceled": 4_000, "expired": 50_000}
    about = {"id": "b1", "type": "message_batch", "created_at": "2026-03-02T14:00:00Z"}
    expires = {"expires_at": "2026-03-03T14:00:00Z", "processing_status": "in_progress"}
    return times | about | expires | {"request_counts": counts} | changes


@pytest.mark.parametrize(("processing_status", "has_ended"), [("ended", True), ("in_progress", False)])
def test_a_message_batch_has_all_its_requests(answer: Answer, processing_status: str, *, has_ended: bool) -> None:
    answer(httpx2.Response(200, json=batch_row(processing_status=processing_status)))

    with closing(AnthropicBatches("key", URL)) as provider:
        status = provider.status("b1")

    assert (status.id, status.has_ended, status.requests) == ("b1", has_ended, 54_321)
    assert status.created_at.isoformat() == "2026-03-02T14:00:00+00:00"


def test_a_message_batch_is_created_once_with_an_id_for_each_request(answer: Answer) -> None:
    seen = answer(httpx2.Response(200, json=batch_row()))

    with closing(AnthropicBatches("key", URL)) as provider:
        assert provider.submit(ASKED) == "b1"

    body = seen[0].read().decode()
    assert [body.count(f'"custom_id":"{name}"') for name in ("one", "two")] == [1, 1]
    assert len(seen) == 1


def test_a_failed_call_about_message_batches_is_not_repeated(answer: Answer) -> None:
    seen = answer(httpx2.Response(500, json={}))

    with closing(AnthropicBatches("key", URL)) as provider, pytest.raises(LlmCallError):
        provider.status("b1")

    assert len(seen) == 1


def test_batches_that_were_never_used_can_be_closed() -> None:
    AnthropicBatches("key", URL).close()


class Batches:
    """A provider of message batches with one accepted key."""

    def __init__(self, key: str, closed: list[str]) -> None:
        self.key, self._closed = key, closed

    def close(self) -> None:
        self._closed.append(self.key)


def cancel(provider: Any) -> str:
    if provider.key != "good":
        raise error_from_status(401, None)
    return str(provider.key)


@pytest.mark.parametrize(
    ("keys", "reads", "closed"),
    [
        (["good"], [False], []),
        (["bad", "good"], [False, True], ["bad"]),
        (["", "good"], [False, True], [""]),
    ],
)
def test_a_refused_key_of_message_batches_is_read_again(keys: list[str], reads: list[bool], closed: list[str]) -> None:
    client, asked, ended = batch_client(keys)

    assert client.call(cancel) == "good"
    assert client.call(cancel) == "good"
    assert (asked, ended) == (reads, closed)
    client.close()
    client.close()
    assert ended == [*closed, "good"]


@pytest.mark.parametrize(("keys", "reads"), [(["bad", "bad"], 2), (["bad", "worse", "good"], 2)])
def test_a_key_of_message_batches_is_read_again_once(keys: list[str], reads: int) -> None:
    client, asked, _ = batch_client(keys)

    for _ in range(2):
        with pytest.raises(LlmCallError) as raised:
            client.call(cancel)
        assert raised.value.category is FailureCategory.AUTH

    assert len(asked) == reads


def test_other_failures_of_message_batches_do_not_read_the_key() -> None:
    client, asked, _ = batch_client(["good", "other"])

    def fail(_provider: Any) -> None:
        raise error_from_status(500, None)

    with pytest.raises(LlmCallError):
        client.call(fail)

    assert asked == [False]


def batch_client(keys: list[str]) -> tuple[BatchClient, list[bool], list[str]]:
    asked: list[bool] = []
    closed: list[str] = []

    def read_key(*, fresh: bool) -> str:
        asked.append(fresh)
        return keys[min(len(asked), len(keys)) - 1] if fresh else keys[0]

    def create(key: str) -> Any:
        return Batches(key, closed)

    return BatchClient(create, read_key), asked, closed
