"""The client of OpenAI's API against llama.cpp's server, which has a real model behind it."""

import asyncio
import json
import re
import time

import httpx2
import jsonschema_rs
import pytest
from model.journal import MODEL, Exchange, Journal
from pydantic_core import from_json

from simcrm.generation.text.prompt_requests import response_schema
from simcrm.generation.text.record_text import RECORD_KEYS
from simcrm.llm.providers.base import LlmRequest, LlmResponse
from simcrm.llm.providers.openai import OpenAiProvider

FIELDS = tuple(name for name in RECORD_KEYS if name != "activities")
SCHEMA = response_schema(FIELDS, FIELDS, is_single=(True, True))
LONG = 3_000
"""Tokens that take the model minutes on any machine without an accelerator."""


def request(prompt: str, max_tokens: int = 400) -> LlmRequest:
    return LlmRequest(MODEL, "You are a poet and answer in verse.", prompt, SCHEMA, max_tokens)


def ask(url: str, asked: LlmRequest, journal: Journal, seconds: float = 120.0) -> LlmResponse:
    async def run() -> LlmResponse:
        provider = journal.watch(OpenAiProvider("", url))
        try:
            return await asyncio.wait_for(provider.complete(asked), seconds)
        finally:
            await provider.aclose()

    return asyncio.run(run())


@pytest.fixture(scope="module", name="answer")
def _answer(model_url: str) -> tuple[LlmResponse, Exchange]:
    journal = Journal()
    response = ask(model_url, request("a0 bakery, Linz\nr0 Ada Okafor; owner; warm 50", max_tokens=400), journal)
    return response, journal.exchanges[0]


def metric(url: str, name: str) -> float:
    """A figure of the server about itself."""
    text = httpx2.get(url.replace("/v1/", "/metrics")).text
    (found,) = re.findall(rf"^llamacpp:{name} (\S+)$", text, re.MULTILINE)
    return float(found)


def test_a_model_that_was_told_otherwise_answers_by_the_schema(answer: tuple[LlmResponse, Exchange]) -> None:
    response, _ = answer

    (row,) = from_json(response.text, allow_partial=True)["r"]

    assert row.keys() <= SCHEMA["properties"]["r"]["items"]["properties"].keys()
    assert len(row["n"]) <= 2
    assert response.was_truncated or jsonschema_rs.is_valid(SCHEMA, json.loads(response.text))


def test_tokens_are_counted_as_the_server_reports_them(answer: tuple[LlmResponse, Exchange]) -> None:
    response, exchange = answer

    assert (response.usage.input_tokens, response.usage.output_tokens) == exchange.usage
    assert min(exchange.usage) > 20


def test_nothing_is_streamed(answer: tuple[LlmResponse, Exchange]) -> None:
    _, exchange = answer

    assert not exchange.asked.get("stream")
    assert exchange.content_type.startswith("application/json")


def test_an_answer_ends_with_its_tokens(model_url: str) -> None:
    response = ask(model_url, request("a0 bakery, Linz", max_tokens=12), Journal())

    assert (response.was_truncated, response.usage.output_tokens) == (True, 12)


def test_a_call_that_is_no_longer_waited_for_ends_at_the_server(model_url: str) -> None:
    schema = {"type": "object", "properties": {"r": {"type": "array", "items": {"type": "string"}, "minItems": 900}}}
    asked = LlmRequest(MODEL, "Count.", "One", {**schema, "required": ["r"]}, LONG)
    begun = time.monotonic()

    with pytest.raises(TimeoutError):
        ask(model_url, asked, Journal(), seconds=1.0)

    while metric(model_url, "requests_processing") > 0:
        assert time.monotonic() - begun < 15, "the server went on writing"
