"""One record each, for a handler, a test of the settings or a notebook: a model's words or the fallback's.

>>> from simcrm.generation.text.single_record import Context, generate_note
>>> sorted(generate_note(Context(index=3, config=ModelCallConfig.model_construct(ai_enabled=False))))
['hs_note_body', 'hs_timestamp']
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from os import environ

from simcrm.cache.redis_client import connect
from simcrm.cache.resilient_cache import SharedState
from simcrm.cache.run_counters import Metrics
from simcrm.core.config import CacheConfig, ModelCallConfig
from simcrm.core.credentials import cleaned
from simcrm.generation.text.apply_text import retold_activity, retold_pair
from simcrm.generation.text.company_name_claims import name_companies
from simcrm.generation.text.record_prompts import RecordBrief, activity_brief, record_brief
from simcrm.generation.text.record_text import Told, fallen
from simcrm.generation.text.text_session import Studio, until
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, Moment
from simcrm.models.simulation_input import parse_simulation
from simcrm.planning.llm_plan import plan_ai
from simcrm.synthetic import GenerationSettings, Pair, SyntheticGenerator

NAME = "single"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
LIMIT_SECONDS = 60.0
DEAL_DAYS = 30


def _config() -> ModelCallConfig:
    return ModelCallConfig.load()


@dataclass(frozen=True)
class Context:
    """Which record: the same index, scenario and seed give the same facts. ``at`` is when it happens."""

    index: int = 0
    scenario: str = "B2B"
    distribution_method: str = "EVEN"
    seed: str = NAME
    theme: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    config: ModelCallConfig = field(default_factory=_config)


def generate_contact_and_company(context: Context) -> Pair:
    """A contact with its company, by HubSpot's property names."""
    generator = _generator(context)
    facts = generator.facts(context.index)
    told = _told(context, record_brief(facts, (), shares_company=False))
    (named,) = name_companies(_shared(), NAME, [told], {context.index: facts})
    return retold_pair(generator.pair(context.index, context.at), facts, named, context.at)


def generate_deal(context: Context) -> Properties:
    """A deal of the record's contact and company."""
    return _activity(context, ObjectType.DEALS, Moment.OPPORTUNITY)


def generate_note(context: Context) -> Properties:
    """A note of two or three sentences."""
    return _activity(context, ObjectType.NOTES, Moment.CREATED)


def generate_call(context: Context) -> Properties:
    """A call with status and duration."""
    return _activity(context, ObjectType.CALLS, Moment.QUALIFIED)


def generate_task(context: Context) -> Properties:
    """A task with subject and body."""
    return _activity(context, ObjectType.TASKS, Moment.QUALIFIED)


def generate_ticket(context: Context) -> Properties:
    """A ticket with subject and description."""
    return _activity(context, ObjectType.TICKETS, Moment.LOST)


def _activity(context: Context, kind: ObjectType, moment: Moment) -> Properties:
    generator = _generator(context)
    facts = generator.facts(context.index)
    closes = context.at + timedelta(days=DEAL_DAYS)
    deal = DealState(DEFAULT_PIPELINE.stage_at(0), DealOutcome.OPEN, context.at, closes)
    event = ActivityEvent(kind, 0, context.at, moment, deal if kind is ObjectType.DEALS else None)
    composed = generator.activity(context.index, event)
    brief = record_brief(facts, (activity_brief(event, composed),), shares_company=False)
    return retold_activity(event, composed, facts, _told(context, replace(brief, fields=("a",))))


def _generator(context: Context) -> SyntheticGenerator:
    return SyntheticGenerator(GenerationSettings(seed=context.seed, scenario=context.scenario))


def _told(context: Context, brief: RecordBrief) -> Told:
    """The words, asked for in a thread of their own, because a notebook's has a running loop already."""
    document = {"totalRecords": 1, "scenario": context.scenario, "distributionMethod": context.distribution_method}
    request = parse_simulation(document | ({"theme": context.theme} if context.theme else {}))
    metrics = Metrics(connect(CacheConfig.load()), NAME)
    plan = plan_ai(request, context.config)
    if not plan.enabled:
        return fallen(brief.index, "ai_disabled")
    studio = Studio(context.config, plan, request, _shared(), metrics, _read_key, until(LIMIT_SECONDS))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(studio.tell([brief], _keep_nothing))).result()[brief.index]


def _shared() -> SharedState:
    return SharedState(connect(CacheConfig.load()))


def _keep_nothing(_told: Sequence[Told]) -> None:
    """A single record is stored by whoever asked for it."""


def _read_key(*, fresh: bool) -> str:
    del fresh
    return cleaned(environ.get(KEY_VARIABLE, ""))
