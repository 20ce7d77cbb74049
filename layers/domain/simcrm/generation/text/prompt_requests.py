"""Requests to a model: several records a call, no longer than a call may take."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from simcrm.generation.text.record_prompts import RecordBrief
from simcrm.llm.model_prices import Model, find_model
from simcrm.llm.prompts import TIMING, Prompt, render, with_timing
from simcrm.llm.providers.base import ModelRequest
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.llm_plan import AiPlan

CALL_TOKENS = 800
"""Output of a call: about 5 s of a model that writes 150 tokens a second, half of AI_TIMEOUT_MS."""
ROOM = 2.0
"""The most that a call may write, over what is expected."""
ROOM_TOKENS = 200
CHARACTERS_A_TOKEN = 3.2
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
    model: Model
    pairs: Prompt
    stories: Prompt
    scenario: str
    distribution_method: str
    theme: str | None = None
    records_per_call: int | None = None
    is_timed: bool = False
    """Whether the model also proposes when each activity happens."""

    def prompt_for(self, brief: RecordBrief) -> Prompt:
        """The prompt that asks for what a record needs."""
        return self.stories if brief.activities else self.pairs


def chunks(settings: RequestSettings, briefs: Sequence[RecordBrief]) -> Iterator[tuple[RecordBrief, ...]]:
    """Records that go into one call: of one locale, asking for the same fields, of a bounded length."""
    ordered = sorted(briefs, key=_kind)
    for _, alike in groupby(ordered, key=_kind):
        yield from _sized(settings.records_per_call, alike)


def _kind(brief: RecordBrief) -> tuple[str, tuple[str, ...]]:
    return brief.locale, brief.fields


def _sized(most: int | None, alike: Iterator[RecordBrief]) -> Iterator[tuple[RecordBrief, ...]]:
    chunk: list[RecordBrief] = []
    tokens = 0
    for brief in alike:
        full = len(chunk) == most if most else tokens + brief.output_tokens > CALL_TOKENS
        if chunk and full:
            yield tuple(chunk)
            chunk, tokens = [], 0
        chunk.append(brief)
        tokens += brief.output_tokens
    if chunk:
        yield tuple(chunk)


def request_for(settings: RequestSettings, chunk: Sequence[RecordBrief]) -> ModelRequest:
    """The request of one call; records are numbered from 0 within it."""
    first = chunk[0]
    values = {
        "scenario": settings.scenario,
        "distribution_method": settings.distribution_method,
        "locale": first.locale,
        "language": language_of(first.locale),
        "theme": json.dumps(settings.theme or ""),
    }
    return ModelRequest(
        model=settings.model_name,
        system=render(settings.prompt_for(first), values, first.fields),
        prompt=_facts(settings.theme, chunk),
        schema=answer_schema(first.fields, is_timed=settings.is_timed),
        max_tokens=round(ROOM * expected_output(chunk)) + ROOM_TOKENS,
        options=settings.model.options,
    )


def expected_output(chunk: Sequence[RecordBrief]) -> int:
    """About how many tokens the answer has."""
    return sum(brief.output_tokens for brief in chunk)


def expected_input(request: ModelRequest) -> int:
    """About how many tokens the question has, rather more than less."""
    characters = len(request.system) + len(request.prompt) + len(json.dumps(request.schema))
    return round(characters / CHARACTERS_A_TOKEN) + 50


def language_of(locale: str) -> str:
    """The language's English name, or the locale itself where it has none here."""
    return LANGUAGES.get(locale.partition("_")[0], locale)


def _facts(theme: str | None, chunk: Sequence[RecordBrief]) -> str:
    lines = [f"Theme: {json.dumps(theme, ensure_ascii=False)}"] if theme else []
    for number, brief in enumerate(chunk):
        lines.append(f"{number} {brief.line}")
        lines += [activity.line for activity in brief.activities]
    return "\n".join(lines)


@cache
def answer_schema(fields: tuple[str, ...], *, is_timed: bool = False) -> dict[str, Any]:
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


def request_settings(plan: AiPlan, request: SimulationInput, models: str | None) -> RequestSettings:
    """What all requests of a run share."""
    stories, is_timed = plan.prompt("stories"), request.ai.smart_scheduling
    return RequestSettings(
        model_name=plan.model,
        model=find_model(plan.provider, plan.model, models),
        pairs=plan.prompt("pairs"),
        stories=with_timing(stories, plan.prompt(TIMING)) if is_timed else stories,
        scenario=request.scenario,
        distribution_method=request.distribution_method,
        theme=request.theme,
        records_per_call=request.ai.records_per_call,
        is_timed=is_timed,
    )
