"""Requests to a model: several records per call, within the time that a call may take."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from simcrm.generation.text.record_prompts import RecordPrompt
from simcrm.generation.text.record_text import ACTIVITY_KEYS, RECORD_KEYS, RECORD_NUMBER_KEY, RECORDS_KEY
from simcrm.llm.model_prices import ModelPrice, find_price
from simcrm.llm.prompts import TIMING, Prompt, append_timing, render
from simcrm.llm.providers.base import LlmRequest
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.llm_plan import LlmPlan

MAX_CALL_TOKENS = 800
"""Output per call: about 5 s for a model that writes 150 tokens per second, half of AI_TIMEOUT_MS."""
OUTPUT_MARGIN = 2.0
"""The ratio of a call's output limit to its expected output."""
OUTPUT_MARGIN_TOKENS = 200
CHARACTERS_PER_TOKEN = 3.2
"""A conservative figure, for reservations made before the provider has counted tokens."""
LANGUAGES = {
    "de": "German",
    "en": "English",
    "en_GB": "British English",
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
    """Settings shared by all requests of a simulation."""

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
        """Return the prompt for what a record needs."""
        return self.stories if record_prompt.activities else self.pairs


def group_into_calls(
    settings: RequestSettings, record_prompts: Sequence[RecordPrompt]
) -> Iterator[tuple[RecordPrompt, ...]]:
    """Group records into calls: each call has one locale, one set of fields and a bounded length."""
    ordered = sorted(record_prompts, key=_call_group)
    for _, alike in groupby(ordered, key=_call_group):
        yield from _limit_calls(settings.records_per_call, alike)


def _call_group(record_prompt: RecordPrompt) -> tuple[str, tuple[str, ...]]:
    return record_prompt.locale, record_prompt.response_keys


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
    """Build the request of one call; its records are numbered from 0."""
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
        system=render(settings.prompt_for(first), values, first.response_keys),
        prompt=_facts(settings.theme, chunk),
        schema=response_schema(first.fields, is_timed=settings.is_timed),
        max_tokens=round(OUTPUT_MARGIN * estimate_output_tokens(chunk)) + OUTPUT_MARGIN_TOKENS,
        options=settings.model_price.options,
    )


def estimate_output_tokens(chunk: Sequence[RecordPrompt]) -> int:
    """Estimate the tokens of the response."""
    return sum(record_prompt.output_tokens for record_prompt in chunk)


def estimate_input_tokens(request: LlmRequest) -> int:
    """Estimate the tokens of the request, on the high side."""
    characters = len(request.system) + len(request.prompt) + len(json.dumps(request.schema))
    return round(characters / CHARACTERS_PER_TOKEN) + 50


def language_name(locale: str) -> str:
    """Return the English name of a locale's language or its variant, or the locale itself if it is unknown."""
    return LANGUAGES.get(locale) or LANGUAGES.get(locale.partition("_")[0], locale)


def _facts(theme: str | None, chunk: Sequence[RecordPrompt]) -> str:
    lines = [f"Theme: {json.dumps(theme, ensure_ascii=False)}"] if theme else []
    for number, record_prompt in enumerate(chunk):
        lines.append(f"{number} {record_prompt.text}")
        lines += [activity.text for activity in record_prompt.activities]
    return "\n".join(lines)


@cache
def response_schema(fields: tuple[str, ...], *, is_timed: bool = False) -> dict[str, Any]:
    """Return the JSON schema of a response; nothing in it comes from a user, so the provider compiles it once."""
    text = {"type": "string"}
    types: dict[str, Any] = dict.fromkeys(fields, text)
    if "product_interests" in fields:
        types["product_interests"] = {"type": "array", "items": text}
    if "activities" in fields:
        types["activities"] = {"type": "array", "items": _activity_schema(is_timed=is_timed)}
    by_key = {RECORD_NUMBER_KEY: {"type": "integer"}} | {RECORD_KEYS[name]: schema for name, schema in types.items()}
    return _object({RECORDS_KEY: {"type": "array", "items": _object(by_key, list(by_key))}}, [RECORDS_KEY])


def _activity_schema(*, is_timed: bool) -> dict[str, Any]:
    types = {"code": "string", "title": "string", "body": "string"} | ({"delay_minutes": "integer"} if is_timed else {})
    required = [ACTIVITY_KEYS[name] for name in types if name != "title"]
    return _object({ACTIVITY_KEYS[name]: {"type": kind} for name, kind in types.items()}, required)


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def request_settings(plan: LlmPlan, request: SimulationInput, models: str | None) -> RequestSettings:
    """Return the settings shared by all requests of a run."""
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
