"""Anthropic's own SDK against the stand-in; test_openai_servers.py has the other providers."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from simcrm.generation.text.account_prompts import COMPANY_FIELDS, PERSON_FIELDS
from simcrm.generation.text.prompt_requests import response_schema
from simcrm.generation.text.record_text import RECORD_KEYS
from simcrm.llm.errors import FallbackReason, LlmCallError
from simcrm.llm.providers.anthropic import AnthropicProvider
from simcrm.llm.providers.anthropic_batches import AnthropicBatches
from simcrm.llm.providers.base import BatchResult, LlmProvider, LlmRequest, LlmResponse

KEY = "key-of-the-test"
MODEL = "claude-haiku-4-5-20251001"
FIELDS = tuple(name for name in RECORD_KEYS if name != "activities")


def request(options: dict[str, Any] | None = None, model: str = MODEL) -> LlmRequest:
    prompt = (
        "a0 machinery, 40 staff, Austin; via event; buys Quoting, per user, USD; seller Jo Hill: dry; name: a river\n"
        "r0 Ada Okafor; vp sales; decision maker; warm 50"
    )
    return LlmRequest(model, "Write CRM records.", prompt, response_schema(FIELDS), 400, options or {})


def ask(provider: LlmProvider, asked: LlmRequest) -> LlmResponse:
    async def run() -> LlmResponse:
        try:
            return await asyncio.wait_for(provider.complete(asked), 20)
        finally:
            await provider.aclose()

    return asyncio.run(run())


@pytest.fixture(scope="module", name="url")
def _url() -> Iterator[str]:
    command = [sys.executable, "-m", "local_anthropic", "--port", "0", "--key", KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["url"]
        server.terminate()


@pytest.fixture(autouse=True)
def _reset(url: str) -> None:
    httpx2.post(f"{url}/_local/reset").raise_for_status()


def fail(url: str, **rule: Any) -> None:
    httpx2.post(f"{url}/_local/faults", json=[rule]).raise_for_status()


def test_an_answer_has_the_schema_tokens_and_limits(url: str) -> None:
    answer = ask(AnthropicProvider(KEY, url), request())

    (row,) = json.loads(answer.text)["r"]
    assert set(row) == {"k", "p", *(RECORD_KEYS[name] for name in COMPANY_FIELDS)}
    assert set(row["p"][0]) == {"k", "f", *(RECORD_KEYS[name] for name in PERSON_FIELDS)}
    assert answer.usage.input_tokens > 50
    assert answer.usage.output_tokens > 20
    assert answer.rate_limits.output_tokens is not None
    assert answer.rate_limits.output_tokens.limit > 0


def test_a_newer_model_is_only_a_name_with_its_options(url: str) -> None:
    asked = request({"thinking": {"type": "disabled"}}, model="claude-haiku-5-5")

    assert json.loads(ask(AnthropicProvider(KEY, url), asked).text)["r"]


@pytest.mark.parametrize(
    ("rule", "category", "retry_after"),
    [
        ({"status": 429, "retryAfter": 7}, "rate_limit", 7.0),
        ({"status": 529}, "rate_limit", None),
        ({"status": 500}, "model_error", None),
        ({"status": 400}, "model_error", None),
        ({"status": 403}, "auth", None),
        ({"status": 504}, "timeout", None),
        ({"kind": "drop"}, "network", None),
    ],
)
def test_a_failure_has_its_category(url: str, rule: dict[str, Any], category: str, retry_after: float | None) -> None:
    fail(url, **rule)

    with pytest.raises(LlmCallError) as raised:
        ask(AnthropicProvider(KEY, url), request())

    assert (raised.value.category, raised.value.retry_after) == (category, retry_after)


def test_the_sdk_does_not_retry_by_itself(url: str) -> None:
    fail(url, status=500, times=None)

    with pytest.raises(LlmCallError):
        ask(AnthropicProvider(KEY, url), request())

    assert len(httpx2.get(f"{url}/_local/calls").json()["calls"]) == 1


def test_a_wrong_key_is_an_auth_failure(url: str) -> None:
    with pytest.raises(LlmCallError) as raised:
        ask(AnthropicProvider("wrong", url), request())

    assert raised.value.category == "auth"


@pytest.mark.parametrize(("kind", "attribute"), [("refusal", "was_refused"), ("max_tokens", "was_truncated")])
def test_the_reason_of_a_useless_answer_is_told(url: str, kind: str, attribute: str) -> None:
    fail(url, kind=kind)

    assert getattr(ask(AnthropicProvider(KEY, url), request()), attribute)


# Message batches


@pytest.fixture(name="batches")
def _batches(url: str) -> Iterator[AnthropicBatches]:
    change(url, batchSeconds=0.0)
    with closing(AnthropicBatches(KEY, url)) as provider:
        yield provider


def change(url: str, **settings: Any) -> None:
    httpx2.put(f"{url}/_local/settings", json=settings).raise_for_status()


def submit(provider: AnthropicBatches, count: int = 3) -> str:
    return provider.submit([(f"mark-0-{number}", request()) for number in range(count)])


def test_a_message_batch_is_handed_in_looked_at_listed_and_read(batches: AnthropicBatches) -> None:
    batch_id = submit(batches)

    standing = batches.status(batch_id)
    results = {result.custom_id: result for result in batches.results(batch_id)}
    assert (standing.id, standing.has_ended, standing.requests) == (batch_id, True, 3)
    assert next(batches.list_recent()) == standing
    assert set(results) == {"mark-0-0", "mark-0-1", "mark-0-2"}
    answer = results["mark-0-0"].response
    assert answer is not None
    assert json.loads(answer.text)["r"]
    assert answer.usage.output_tokens > 20


def test_all_message_batches_are_listed_over_pages(batches: AnthropicBatches) -> None:
    ids = [submit(batches, 1) for _ in range(103)]

    assert [standing.id for standing in batches.list_recent()] == ids[::-1]


def test_a_message_batch_that_runs_has_not_ended_and_can_be_cancelled(url: str, batches: AnthropicBatches) -> None:
    change(url, batchSeconds=600)
    batch_id = submit(batches)
    before = batches.status(batch_id)
    batches.cancel(batch_id)

    results = wait_for_end(batches, batch_id)

    assert (before.has_ended, before.requests) == (False, 3)
    assert {result.reason for result in results} == {FallbackReason.BATCH_CANCELLED}


def wait_for_end(batches: AnthropicBatches, batch_id: str) -> list[BatchResult]:
    while not batches.status(batch_id).has_ended:
        pass
    return list(batches.results(batch_id))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [({"kind": "expired"}, FallbackReason.BATCH_EXPIRED), ({"status": 500}, FallbackReason.BATCH_ERRORED)],
)
def test_a_request_without_an_answer_has_its_reason(
    url: str, batches: AnthropicBatches, rule: dict[str, Any], reason: FallbackReason
) -> None:
    fail(url, inBatches=True, **rule)
    batch_id = submit(batches)

    assert sorted(str(result.reason) for result in batches.results(batch_id)) == sorted(["None", "None", reason])


@pytest.mark.parametrize(
    ("rule", "category", "can_retry"),
    [
        ({"status": 429, "retryAfter": 7}, "rate_limit", True),
        ({"status": 500}, "model_error", True),
        ({"status": 400}, "model_error", False),
        ({"status": 401}, "auth", False),
        ({"kind": "drop"}, "network", True),
    ],
)
def test_a_message_batch_that_is_not_taken_says_why(
    url: str, batches: AnthropicBatches, rule: dict[str, Any], category: str, *, can_retry: bool
) -> None:
    fail(url, path="/v1/messages/batches", **rule)

    with pytest.raises(LlmCallError) as raised:
        submit(batches)

    assert (raised.value.category, raised.value.can_retry) == (category, can_retry)
    assert len(list(batches.list_recent())) == 0


def test_a_message_batch_that_nobody_knows_is_not_tried_again(batches: AnthropicBatches) -> None:
    with pytest.raises(LlmCallError) as raised:
        batches.status("msgbatch_of_nobody")

    assert (raised.value.reason, raised.value.can_retry) == ("http_404", False)
