"""Generate single records for a handler, a test of the settings or a notebook, with a model's text or the fallback's.

>>> from simcrm.generation.text.single_record import Context, generate_note
>>> sorted(generate_note(Context(index=3, config=LlmCallConfig.model_construct(ai_enabled=False))))
['hs_note_body', 'hs_timestamp']
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from os import environ

from simcrm.cache.redis_client import redis_client
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import CacheConfig, LlmCallConfig
from simcrm.core.credentials import strip_credential
from simcrm.generation.text.apply_text import apply_to_activity, apply_to_pair
from simcrm.generation.text.company_name_claims import claim_company_names
from simcrm.generation.text.record_prompts import RecordPrompt, build_activity_prompt, build_record_prompt
from simcrm.generation.text.record_text import RecordTextResult, fallback_result
from simcrm.generation.text.text_session import TextSession, clock_until
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, LifecycleTrigger
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.llm_plan import resolve_llm
from simcrm.synthetic import GenerationSettings, Pair, SyntheticGenerator

SIMULATION_NAME = "single"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
MAX_SECONDS = 60.0
DEAL_DAYS = 30


def _config() -> LlmCallConfig:
    return LlmCallConfig.load()


@dataclass(frozen=True)
class Context:
    """The record to generate: equal index, scenario and seed give equal facts. ``at`` is when it happens."""

    index: int = 0
    scenario: str = "B2B"
    distribution_method: str = "EVEN"
    seed: str = SIMULATION_NAME
    theme: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    config: LlmCallConfig = field(default_factory=_config)


def generate_contact_and_company(context: Context) -> Pair:
    """Generate a contact and its company, by HubSpot property name."""
    generator = _generator(context)
    facts = generator.facts(context.index)
    result = _result(context, build_record_prompt(facts, (), shares_company=False))
    (named,) = claim_company_names(_local_cache(), SIMULATION_NAME, [result], {context.index: facts})
    return apply_to_pair(generator.pair(context.index, context.at), facts, named, context.at)


def generate_deal(context: Context) -> Properties:
    """Generate a deal of the record's contact and company."""
    return _activity(context, ObjectType.DEALS, LifecycleTrigger.OPPORTUNITY)


def generate_note(context: Context) -> Properties:
    """Generate a note of two or three sentences."""
    return _activity(context, ObjectType.NOTES, LifecycleTrigger.CREATED)


def generate_call(context: Context) -> Properties:
    """Generate a call with status and duration."""
    return _activity(context, ObjectType.CALLS, LifecycleTrigger.QUALIFIED)


def generate_task(context: Context) -> Properties:
    """Generate a task with subject and body."""
    return _activity(context, ObjectType.TASKS, LifecycleTrigger.QUALIFIED)


def generate_ticket(context: Context) -> Properties:
    """Generate a ticket with subject and description."""
    return _activity(context, ObjectType.TICKETS, LifecycleTrigger.LOST)


def _activity(context: Context, kind: ObjectType, moment: LifecycleTrigger) -> Properties:
    generator = _generator(context)
    facts = generator.facts(context.index)
    closes = context.at + timedelta(days=DEAL_DAYS)
    deal = DealState(DEFAULT_PIPELINE.stage_at(0), DealOutcome.OPEN, context.at, closes)
    event = ActivityEvent(kind, 0, context.at, moment, deal if kind is ObjectType.DEALS else None)
    composed = generator.activity(context.index, event)
    record_prompt = build_record_prompt(facts, (build_activity_prompt(event, composed),), shares_company=False)
    return apply_to_activity(event, composed, facts, _result(context, replace(record_prompt, fields=("activities",))))


def _generator(context: Context) -> SyntheticGenerator:
    return SyntheticGenerator(GenerationSettings(seed=context.seed, scenario=context.scenario))


def _result(context: Context, record_prompt: RecordPrompt) -> RecordTextResult:
    """Return the text, requested in a separate thread, because a notebook's thread already has a running event loop."""
    document = {"totalRecords": 1, "scenario": context.scenario, "distributionMethod": context.distribution_method}
    request = parse_simulation_input(document | ({"theme": context.theme} if context.theme else {}))
    metrics = RunCounters(redis_client(CacheConfig.load()), SIMULATION_NAME)
    plan = resolve_llm(request.ai, context.config)
    if not plan.enabled:
        return fallback_result(record_prompt.index, "ai_disabled")
    session = TextSession(context.config, plan, request, _local_cache(), metrics, _read_key, clock_until(MAX_SECONDS))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(session.write_texts([record_prompt], _discard))).result()[
            record_prompt.index
        ]


def _local_cache() -> CacheWithFallback:
    return CacheWithFallback(redis_client(CacheConfig.load()))


def _discard(_results: Sequence[RecordTextResult]) -> None:
    """Discard results: the caller stores a single record."""


def _read_key(*, fresh: bool) -> str:
    del fresh
    return strip_credential(environ.get(KEY_VARIABLE, ""))
