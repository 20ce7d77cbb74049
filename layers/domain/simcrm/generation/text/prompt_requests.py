"""Requests to a model: one or more accounts per call, or a part of one, within the time that a call may take."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from simcrm.generation.text.account_prompts import COMPANY_FIELDS, PERSON_FIELDS, AccountPrompt
from simcrm.generation.text.call_queue import MAX_BATCH_CALL_TOKENS, MAX_CALL_TOKENS, CallQueue
from simcrm.generation.text.record_text import ACTIVITY_KEYS, FIRST_NAME_KEY, KEY, PEOPLE_KEY, RECORD_KEYS, RECORDS_KEY
from simcrm.generation.text.voices import openings, style_examples
from simcrm.llm.model_prices import ModelPrice, find_price
from simcrm.llm.prompts import TIMING, Prompt, append_timing, render
from simcrm.llm.providers.base import LlmRequest
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.llm_plan import LlmPlan

OUTPUT_MARGIN = 2.0
"""The ratio of a call's output limit to its expected output."""
OUTPUT_MARGIN_TOKENS = 200
CHARACTERS_PER_TOKEN, TOKENS_PER_WIDE_CHARACTER = 3.2, 1.2
"""Conservative figures, for reservations made before the provider has counted tokens."""
REQUEST_OVERHEAD_TOKENS = 70
"""What the provider adds to a request: a note about the schema, and the frame of messages."""
_WIDE = re.compile(r"[\u2e80-\uffef]")
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
    """Whether the model also proposes when each note is written."""
    max_call_tokens: int = MAX_CALL_TOKENS

    def prompt_for(self, accounts: Sequence[AccountPrompt]) -> Prompt:
        """Return the prompt for what accounts need."""
        return self.stories if any("activities" in account.fields for account in accounts) else self.pairs


def group_into_calls(
    settings: RequestSettings, accounts: Iterable[AccountPrompt]
) -> Iterator[tuple[AccountPrompt, ...]]:
    """Group accounts into calls of one language and of the length of this simulation's calls."""
    return CallQueue(accounts, settings.records_per_call).calls(settings.max_call_tokens)


def build_request(settings: RequestSettings, chunk: Sequence[AccountPrompt]) -> LlmRequest:
    """Build the request of one call."""
    first, fields = chunk[0], _fields(chunk)
    values = {
        "scenario": settings.scenario,
        "distribution_method": settings.distribution_method,
        "locale": first.locale,
        "language": language_name(first.locale),
        "theme": json.dumps(settings.theme or ""),
    }
    facts = _facts(settings.theme, chunk)
    letters = {RECORD_KEYS[name] for name in fields}
    instructions = render(settings.prompt_for(chunk), values, sorted(letters))
    return LlmRequest(
        model=settings.model_name,
        system="\n".join([instructions, *_style(chunk, facts)]),
        prompt=facts,
        schema=response_schema(fields, is_timed=settings.is_timed),
        max_tokens=round(OUTPUT_MARGIN * estimate_output_tokens(chunk)) + OUTPUT_MARGIN_TOKENS,
        options=settings.model_price.options,
    )


def _fields(chunk: Sequence[AccountPrompt]) -> tuple[str, ...]:
    asked = frozenset().union(*(account.fields for account in chunk))
    return tuple(name for name in RECORD_KEYS if name in asked)


def _style(chunk: Sequence[AccountPrompt], facts: str) -> list[str]:
    """Return examples of the kinds of texts that are asked for, and openings to avoid; they vary from call to call."""
    letters = dict.fromkeys(
        activity.code[0] for account in chunk for record in account.records for activity in record.activities
    )
    if not letters:
        return []
    locale = chunk[0].locale
    turn = int.from_bytes(blake2b(facts.encode(), digest_size=4).digest(), "big")
    examples = style_examples(locale, letters, turn)
    avoided = openings(locale.partition("_")[0])
    lines = ["Style only, never the content:", *examples] if examples else []
    return [*lines, f"Never open with: {', '.join(avoided)}"] if avoided else lines


def estimate_output_tokens(chunk: Sequence[AccountPrompt]) -> int:
    """Estimate the tokens of the response."""
    return sum(account.output_tokens for account in chunk)


def estimate_input_tokens(request: LlmRequest) -> int:
    """Estimate the tokens of the request, on the high side."""
    text = request.system + request.prompt + json.dumps(request.schema, separators=(",", ":"))
    wide = len(_WIDE.findall(text))
    narrow = (len(text) - wide) / CHARACTERS_PER_TOKEN
    return round(narrow + wide * TOKENS_PER_WIDE_CHARACTER) + REQUEST_OVERHEAD_TOKENS


def language_name(locale: str) -> str:
    """Return the English name of a locale's language or its variant, or the locale itself if it is unknown."""
    return LANGUAGES.get(locale) or LANGUAGES.get(locale.partition("_")[0], locale)


def _facts(theme: str | None, chunk: Sequence[AccountPrompt]) -> str:
    lines = [f"Theme: {json.dumps(theme, ensure_ascii=False)}"] if theme else []
    return "\n".join([*lines, *(account.render() for account in chunk)])


@cache
def response_schema(fields: tuple[str, ...], *, is_timed: bool = False) -> dict[str, Any]:
    """Return the JSON schema of a response; nothing in it comes from a user, so the provider compiles it once."""
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    account: dict[str, Any] = {KEY: text}
    for name in COMPANY_FIELDS:
        if name in fields:
            account[RECORD_KEYS[name]] = text if name == "original_source" else texts
    if person := {RECORD_KEYS[name]: text for name in PERSON_FIELDS if name in fields}:
        names = {KEY: text, FIRST_NAME_KEY: text} | person
        account[PEOPLE_KEY] = {"type": "array", "items": _object(names, [KEY, FIRST_NAME_KEY])}
    if "activities" in fields:
        account[RECORD_KEYS["activities"]] = {"type": "array", "items": _activity_schema(is_timed=is_timed)}
    return _object({RECORDS_KEY: {"type": "array", "items": _object(account, [KEY])}}, [RECORDS_KEY])


def _activity_schema(*, is_timed: bool) -> dict[str, Any]:
    types = {"code": "string", "title": "string", "body": "string"} | ({"delay_minutes": "integer"} if is_timed else {})
    properties = {ACTIVITY_KEYS[name]: {"type": kind} for name, kind in types.items()}
    return _object(properties, [ACTIVITY_KEYS["code"], ACTIVITY_KEYS["body"]])


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
        max_call_tokens=MAX_BATCH_CALL_TOKENS if request.ai.mode == "BATCH" else MAX_CALL_TOKENS,
    )
