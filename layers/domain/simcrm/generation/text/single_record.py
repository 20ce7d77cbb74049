"""Generate single records for a handler, a test of the settings or a notebook, with a model's text or the fallback's.

>>> from simcrm.generation.text.single_record import Context, generate_note
>>> sorted(generate_note(Context(index=3, config=LlmCallConfig.model_construct(ai_enabled=False))))
['hs_note_body', 'hs_timestamp']
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp
from typing import NamedTuple

from simcrm.cache.redis_client import redis_client
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import CacheConfig, LlmCallConfig
from simcrm.generation.text.account_prompt_builder import PromptWriter
from simcrm.generation.text.account_prompts import AccountPrompt
from simcrm.generation.text.apply_text import apply_to_activity, apply_to_company, apply_to_contact
from simcrm.generation.text.company_name_claims import claim_company_names
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.generation.text.record_text import RECORD_KEYS, RecordTextResult, fallback_result
from simcrm.generation.text.text_session import TextSession, clock_until
from simcrm.lifecycle.account_events import deal_state
from simcrm.lifecycle.opportunity import SceneDraft
from simcrm.lifecycle.scene_knowledge import add_knowledge
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.llm.providers.api_keys import environment_key_reader
from simcrm.models.account_story import (
    AccountStory,
    Channel,
    CommitteeMember,
    DealRevision,
    DealStory,
    Purpose,
    SceneKind,
    Touch,
)
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage, LifecycleTrigger
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.account_histories import price_deal
from simcrm.planning.llm_plan import resolve_llm
from simcrm.synthetic.account_contact_properties import company_properties, contact_properties
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.activity_properties import activity_properties
from simcrm.synthetic.calendars import load_place_calendar
from simcrm.synthetic.facts import AccountFacts
from simcrm.synthetic.seeded_random import RandomStream
from simcrm.synthetic.settings import GenerationSettings
from simcrm.synthetic.team import owner_of_account, sample_team
from simcrm.synthetic.time_zones import time_zone_for

SIMULATION_NAME = "single"
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


class Pair(NamedTuple):
    """A contact with its company."""

    contact: Properties
    company: Properties


def generate_contact_and_company(context: Context) -> Pair:
    """Generate a contact and its company, by HubSpot property name."""
    account = _account(context)
    facts, writer = account.facts.contacts[0], account.writer()
    result = _result(context, account, PromptWriter(writer).build([[]]))
    (named,) = claim_company_names(_local_cache(), SIMULATION_NAME, [result], {context.index: facts})
    contact = contact_properties(writer, 0, LifecycleStage.LEAD)
    company = company_properties(facts.company, context.at)
    return Pair(apply_to_contact(contact, facts, named, named), apply_to_company(company, facts, named))


def generate_deal(context: Context) -> Properties:
    """Generate a deal of the record's contact and company."""
    return _activity(context, ObjectType.DEALS)


def generate_note(context: Context) -> Properties:
    """Generate a note of two or three sentences."""
    return _activity(context, ObjectType.NOTES)


def generate_call(context: Context) -> Properties:
    """Generate a call with status and duration."""
    return _activity(context, ObjectType.CALLS)


def generate_task(context: Context) -> Properties:
    """Generate a task with subject and body."""
    return _activity(context, ObjectType.TASKS)


def generate_ticket(context: Context) -> Properties:
    """Generate a ticket with subject and description."""
    return _activity(context, ObjectType.TICKETS)


class _Moment(NamedTuple):
    """The one scene that a single activity belongs to."""

    kind: SceneKind
    channel: Channel
    minutes: int
    purpose: Purpose
    trigger: LifecycleTrigger


_MOMENTS = {
    ObjectType.DEALS: _Moment(SceneKind.DISCOVERY, Channel.MEETING, 45, Purpose.SUMMARY, LifecycleTrigger.OPPORTUNITY),
    ObjectType.NOTES: _Moment(SceneKind.FIRST_TOUCH, Channel.WEB, 0, Purpose.SUMMARY, LifecycleTrigger.CREATED),
    ObjectType.CALLS: _Moment(SceneKind.QUALIFICATION, Channel.CALL, 12, Purpose.CALL, LifecycleTrigger.QUALIFIED),
    ObjectType.TASKS: _Moment(SceneKind.QUALIFICATION, Channel.CALL, 12, Purpose.PROMISE, LifecycleTrigger.QUALIFIED),
    ObjectType.TICKETS: _Moment(SceneKind.SUPPORT, Channel.EMAIL, 0, Purpose.REQUEST, LifecycleTrigger.SUPPORT),
}


@dataclass(frozen=True, slots=True)
class _SingleAccount:
    """An account with one contact, to whom one thing happens at ``at``."""

    generator: AccountGenerator
    facts: AccountFacts
    at: datetime

    def writer(self, scene: SceneDraft | None = None, touch: Touch | None = None) -> AccountWriter:
        """Return the writer of its objects; without a scene nothing has happened beyond its arrival."""
        number, company = self.facts.number, self.facts.company
        first = scene or SceneDraft(self.at, SceneKind.FIRST_TOUCH, Channel.WEB, 0, (0,))
        deals = () if first.deal is None else (self._deal(first.kind),)
        zone = time_zone_for(company.locale, company.place)
        calendar = WorkingCalendar.from_place(zone, load_place_calendar(company.locale, company.place))
        rng = self.generator.seed.stream(RandomStream.STORY, number, 1)
        scenes = add_knowledge([first], deals, calendar, rng)
        story = AccountStory(number, (self.at,), None, scenes, () if touch is None else (touch,), deals)
        owners = sample_team(self.generator.locale_context(number))
        return self.generator.writer(story, owner_of_account(self.generator.seed, number, owners), self.at)

    def _deal(self, kind: SceneKind) -> DealStory:
        """Return a deal that begins now, or that support follows."""
        rng = self.generator.seed.stream(RandomStream.STORY, self.facts.number)
        parameters = self.generator.parameters
        amount = exp(parameters.amount_mu + parameters.amount_sigma * rng.normal())
        lines = price_deal(self.generator, self.facts.number, 0, amount, 0.0)
        is_won = kind is SceneKind.SUPPORT
        closes_at = self.at if is_won else self.at + timedelta(days=DEAL_DAYS)
        outcome = DealOutcome.WON if is_won else DealOutcome.OPEN
        member = CommitteeMember(0, self.facts.contacts[0].role, self.at)
        revision = DealRevision(self.at, float(is_won), lines, closes_at, outcome)
        return DealStory(0, is_existing_business=False, committee=(member,), revisions=(revision,))


def _activity(context: Context, kind: ObjectType) -> Properties:
    account, moment = _account(context), _MOMENTS[kind]
    facts, at = account.facts.contacts[0], context.at
    has_deal = kind in {ObjectType.DEALS, ObjectType.TICKETS}
    scene = SceneDraft(at, moment.kind, moment.channel, moment.minutes, (0,), deal=0 if has_deal else None)
    writer = account.writer(scene, Touch(kind, at, 0, 0, moment.trigger, moment.purpose))
    state = deal_state(writer.story.deals[0], at, DEFAULT_PIPELINE) if has_deal else None
    event = ActivityEvent(kind, 0, at, moment.trigger, state, touch=0, contacts=(0,))
    composed = activity_properties(writer, event)
    prompt = PromptWriter(writer).build([[event]])
    result = _result(context, account, prompt.only(lambda text_id: text_id[1] not in RECORD_KEYS))
    return apply_to_activity(event, composed, facts, result, None)


def _account(context: Context) -> _SingleAccount:
    generator = AccountGenerator(GenerationSettings(seed=context.seed, scenario=context.scenario))
    return _SingleAccount(generator, generator.account(context.index), context.at)


def _result(context: Context, account: _SingleAccount, prompt: AccountPrompt) -> RecordTextResult:
    """Return the text, requested in a separate thread, because a notebook's thread already has a running event loop."""
    document = {"totalRecords": 1, "scenario": context.scenario, "distributionMethod": context.distribution_method}
    request = parse_simulation_input(document | ({"theme": context.theme} if context.theme else {}))
    metrics = RunCounters(redis_client(CacheConfig.load()), SIMULATION_NAME)
    plan = resolve_llm(request.ai, context.config)
    if not plan.enabled:
        return fallback_result(context.index, "ai_disabled")
    read_key = environment_key_reader(plan.provider)
    session = TextSession(context.config, plan, request, _local_cache(), metrics, read_key, clock_until(MAX_SECONDS))
    gates = GateFactory(account.generator)
    with ThreadPoolExecutor(1) as thread:
        written = thread.submit(lambda: asyncio.run(session.write_texts([prompt], _discard, gates.gate)))
        return written.result()[context.index]


def _local_cache() -> CacheWithFallback:
    return CacheWithFallback(redis_client(CacheConfig.load()))


def _discard(_call: str, _results: Sequence[RecordTextResult]) -> None:
    """Discard results: the caller stores a single record."""
