"""A prompt tried on sample records: what the model writes, for how many tokens and how much money."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from simcrm.cache import run_counters as counters
from simcrm.cache.resilient_cache import SharedState
from simcrm.cache.run_counters import Metrics
from simcrm.core.config import ModelCallConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.core.json_types import JsonObject
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.text.apply_text import BODY, TITLE
from simcrm.generation.text.prompt_requests import chunks, request_for, request_settings
from simcrm.generation.text.record_prompts import RecordBrief, activity_code
from simcrm.generation.text.record_text import Told
from simcrm.generation.text.responses import RecordWords
from simcrm.generation.text.text_session import MICRO, Studio, until
from simcrm.llm.caller import ReadKey
from simcrm.llm.prompts import Prompt
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.batches import Batch
from simcrm.planning.llm_plan import AiPlan, plan_ai
from simcrm.planning.plan_document import resolve
from simcrm.planning.validate_input import check_simulation

NAME = "prompt-test"
MOST_RECORDS = 10
LIMIT_SECONDS = 20.0
"""API Gateway waits 29 s for an answer."""
_AFTER = datetime(2026, 4, 1, tzinfo=UTC)
_SPAN = {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-03-31T00:00:00Z", "timeScale": 0, "seed": NAME}
_SAMPLE = 50
_WORDS = {
    "n": "name",
    "j": "jobtitle",
    "s": "simcrm_original_source",
    "c": "simcrm_marketing_consent_detail",
    "r": "simcrm_lead_reasoning",
    "i": "simcrm_product_interest",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A prompt and its sample of 1 to ``MOST_RECORDS`` records, the same at every trial.

    Provider and model are the configuration's where they are None. ``stories`` is tried on records with activities.
    """

    prompt: Prompt
    provider: str | None = None
    model: str | None = None
    scenario: str = "B2B"
    locale: str = "en_US"
    theme: str | None = None
    records: int = 3


def render_trial(trial: Trial, config: ModelCallConfig) -> JsonObject:
    """``rendered``, the instructions, and ``input``, the facts, of the first call; nobody is asked.

    Raises:
        AiError: the prompt is empty, too long or names an unknown variable.
        InvalidSimulationError: names the field that cannot be used, such as ``ai.model``.
    """
    return _question(_prepared(trial, config), config)


def run_trial(trial: Trial, config: ModelCallConfig, read_key: ReadKey) -> JsonObject:
    """The question, and what came back, within about 25 s. It counts for no simulation.

    Beside ``rendered`` and ``input``: ``prompt`` as name/version, ``provider``, ``model``, ``inputTokens``,
    ``outputTokens``, ``costUsd``, and ``records`` with the words by HubSpot's property names; where they are the
    fallback's, ``reason`` says why.

    Raises:
        AiError: the prompt is empty, too long or names an unknown variable.
        InvalidSimulationError: names the field that cannot be used, such as ``ai.model``.
    """
    sample = _prepared(trial, config)
    plan, briefs = sample.plan, sample.briefs
    till = _Till()
    once = config.model_copy(update={"ai_max_retries": 0})
    studio = Studio(once, plan, sample.request, SharedState(None), till, read_key, until(LIMIT_SECONDS))
    told = asyncio.run(studio.tell(briefs, _keep_nothing))
    return {
        "prompt": trial.prompt.label,
        "provider": plan.provider,
        "model": plan.model,
        **_question(sample, config),
        "records": [_record(sample.maker, brief, told[brief.index]) for brief in briefs],
        "inputTokens": till.amounts[counters.AI_INPUT_TOKENS],
        "outputTokens": till.amounts[counters.AI_OUTPUT_TOKENS],
        "costUsd": till.amounts[counters.AI_COST_MICRO_USD] / MICRO,
    }


class _Till(Metrics):
    """Counts one trial and nothing else."""

    def __init__(self) -> None:
        super().__init__(None, NAME)
        self.amounts: Counter[str] = Counter()

    def add(self, amounts: Mapping[str, int]) -> None:
        """Raise counters."""
        self.amounts.update(amounts)


class _Sample(NamedTuple):
    """The records of a trial, and what is asked about them."""

    request: SimulationInput
    plan: AiPlan
    maker: BatchGenerator
    briefs: list[RecordBrief]


def _prepared(trial: Trial, config: ModelCallConfig) -> _Sample:
    if not 1 <= trial.records <= MOST_RECORDS:
        raise InvalidSimulationError("records", f"must be 1 to {MOST_RECORDS}")
    has_story = trial.prompt.name == "stories"
    request = check_simulation(
        {
            **_SPAN,
            "totalRecords": _SAMPLE,
            "scenario": trial.scenario,
            "locale": trial.locale,
            "theme": trial.theme or None,
            "activities": {"enabled": has_story},
            "ai": {"provider": trial.provider, "model": trial.model},
        },
        config,
    )
    plan = plan_ai(request, config, {trial.prompt.name: trial.prompt})
    maker = BatchGenerator.of(resolve(NAME, request, _AFTER, DEFAULT_PIPELINE, (), ai=plan))
    all_briefs = maker.briefs(Batch(0, _AFTER, 0, _SAMPLE))
    of_kind = [brief for brief in all_briefs if bool(brief.activities) == has_story]
    return _Sample(request, plan, maker, of_kind[: trial.records])


def _question(sample: _Sample, config: ModelCallConfig) -> JsonObject:
    settings = request_settings(sample.plan, sample.request, config.ai_models)
    asked = request_for(settings, next(chunks(settings, sample.briefs)))
    return {"rendered": asked.system, "input": asked.prompt}


def _record(maker: BatchGenerator, brief: RecordBrief, told: Told) -> JsonObject:
    return {
        "facts": brief.line,
        "words": _composed(maker, brief) if told.words is None else _written(told.words),
        "activities": _composed_activities(maker, brief) if told.words is None else _activities(brief, told.words),
        "reason": told.origin.reason,
    }


def _written(words: RecordWords) -> JsonObject:
    found = words.model_dump(exclude_none=True)
    return {name: found[letter] for letter, name in _WORDS.items() if letter in found}


def _composed(maker: BatchGenerator, brief: RecordBrief) -> JsonObject:
    pair = maker.generator.pair(brief.index, maker.plan.arrivals.at(brief.index))
    found: JsonObject = {**pair.company, **pair.contact}
    found["simcrm_product_interest"] = json.loads(pair.company["simcrm_product_interest"])
    return {name: found[name] for letter, name in _WORDS.items() if letter in brief.fields and name in found}


def _activities(brief: RecordBrief, words: RecordWords) -> list[JsonObject]:
    told = ((activity.line, words.activity(activity.code)) for activity in brief.activities)
    return [{"facts": line, "title": own and own.t, "text": own and own.b} for line, own in told]


def _composed_activities(maker: BatchGenerator, brief: RecordBrief) -> list[JsonObject]:
    asked = {activity.code: activity.line for activity in brief.activities}
    (life,) = maker.lives(Batch(0, _AFTER, brief.index, 1)) if asked else ([],)
    events = {activity_code(event.object_type, event.ordinal): event for event in reversed(life) if event.stage is None}
    composed = ((asked[code], events[code].object_type, events[code]) for code in asked)
    made = ((line, kind, maker.generator.activity(brief.index, event)) for line, kind, event in composed)
    return [{"facts": line, "title": own.get(TITLE.get(kind, "")), "text": own[BODY[kind]]} for line, kind, own in made]


def _keep_nothing(_told: Sequence[Told]) -> None:
    """A trial leaves nothing behind."""
