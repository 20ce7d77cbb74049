"""Requests to a model: several records a call, no longer than a call may take."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from simcrm.generation.text.record_prompts import RecordPrompt
from simcrm.llm.model_prices import ModelPrice, find_price
from simcrm.llm.prompts import TIMING, Prompt, append_timing, render
from simcrm.llm.providers.base import LlmRequest
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.llm_plan import LlmPlan

MAX_CALL_TOKENS = 800
"""Output of a call: about 5 s of a model that writes 150 tokens a second, half of AI_TIMEOUT_MS."""
OUTPUT_MARGIN = 2.0
"""The most that a call may write, over what is expected."""
OUTPUT_MARGIN_TOKENS = 200
CHARACTERS_PER_TOKEN = 3.2
"""A careful figure, for reservations before the provider has counted."""
LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "sv": "Swedish",
}


@dataclass(frozen=True, slots=True)
class RequestSettings:
    """What all requests of a simulation share."""

    model_name: str
    model_price: ModelPrice
    pairs: Prompt
    stories: Prompt
    scenario: str
    distribution_method: str
    theme: str | None = None
    records_per_call: int | None = None
    is_timed: bool = False
    """Whether the model also proposes when each activity happens."""

    def prompt_for(self, record_prompt: RecordPrompt) -> Prompt:
        """The prompt that asks for what a record needs."""
        return self.stories if record_prompt.activities else self.pairs


def group_into_calls(
    settings: RequestSettings, record_prompts: Sequence[RecordPrompt]
) -> Iterator[tuple[RecordPrompt, ...]]:
    """Records that go into one call: of one locale, asking for the same fields, of a bounded length."""
    ordered = sorted(record_prompts, key=_call_group)
    for _, alike in groupby(ordered, key=_call_group):
        yield from _limit_calls(settings.records_per_call, alike)


def _call_group(record_prompt: RecordPrompt) -> tuple[str, tuple[str, ...]]:
    return record_prompt.locale, record_prompt.fields


def _limit_calls(max_records: int | None, alike: Iterator[RecordPrompt]) -> Iterator[tuple[RecordPrompt, ...]]:
    chunk: list[RecordPrompt] = []
    tokens = 0
    for record_prompt in alike:
        full = len(chunk) == max_records if max_records else tokens + record_prompt.output_tokens > MAX_CALL_TOKENS
        if chunk and full:
            yield tuple(chunk)
            chunk, tokens = [], 0
        chunk.append(record_prompt)
        tokens += record_prompt.output_tokens
    if chunk:
        yield tuple(chunk)


def build_request(settings: RequestSettings, chunk: Sequence[RecordPrompt]) -> LlmRequest:
    """The request of one call; records are numbered from 0 within it."""
    first = chunk[0]
    values = {
        "scenario": settings.scenario,
        "distribution_method": settings.distribution_method,
        "locale": first.locale,
        "language": language_name(first.locale),
        "theme": json.dumps(settings.theme or ""),
    }
    return LlmRequest(
        model=settings.model_name,
        system=render(settings.prompt_for(first), values, first.fields),
        prompt=_facts(settings.theme, chunk),
        schema=response_schema(first.fields, is_timed=settings.is_timed),
        max_tokens=round(OUTPUT_MARGIN * estimate_output_tokens(chunk)) + OUTPUT_MARGIN_TOKENS,
        options=settings.model_price.options,
    )


def estimate_output_tokens(chunk: Sequence[RecordPrompt]) -> int:
    """About how many tokens the answer has."""
    return sum(record_prompt.output_tokens for record_prompt in chunk)


def estimate_input_tokens(request: LlmRequest) -> int:
    """About how many tokens the question has, rather more than less."""
    characters = len(request.system) + len(request.prompt) + len(json.dumps(request.schema))
    return round(characters / CHARACTERS_PER_TOKEN) + 50


def language_name(locale: str) -> str:
    """The language's English name, or the locale itself where it has none here."""
    return LANGUAGES.get(locale.partition("_")[0], locale)


def _facts(theme: str | None, chunk: Sequence[RecordPrompt]) -> str:
    lines = [f"Theme: {json.dumps(theme, ensure_ascii=False)}"] if theme else []
    for number, record_prompt in enumerate(chunk):
        lines.append(f"{number} {record_prompt.text}")
        lines += [activity.text for activity in record_prompt.activities]
    return "\n".join(lines)


@cache
def response_schema(fields: tuple[str, ...], *, is_timed: bool = False) -> dict[str, Any]:
    """The JSON schema of an answer; nothing in it comes from a user, so the provider compiles it once."""
    text = {"type": "string"}
    kinds: dict[str, Any] = dict.fromkeys(fields, text)
    if "i" in fields:
        kinds["i"] = {"type": "array", "items": text}
    if "a" in fields:
        times = {"m": {"type": "integer"}} if is_timed else {}
        activity = _object({"x": text, "t": text, "b": text, **times}, ["x", "b", *times])
        kinds["a"] = {"type": "array", "items": activity}
    record = _object({"k": {"type": "integer"}, **kinds}, ["k", *fields])
    return _object({"r": {"type": "array", "items": record}}, ["r"])


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def request_settings(plan: LlmPlan, request: SimulationInput, models: str | None) -> RequestSettings:
    """What all requests of a run share."""
    stories, is_timed = plan.prompt("stories"), request.ai.smart_scheduling
    return RequestSettings(
        model_name=plan.model,
        model_price=find_price(plan.provider, plan.model, models),
        pairs=plan.prompt("pairs"),
        stories=append_timing(stories, plan.prompt(TIMING)) if is_timed else stories,
        scenario=request.scenario,
        distribution_method=request.distribution_method,
        theme=request.theme,
        records_per_call=request.ai.records_per_call,
        is_timed=is_timed,
    )
