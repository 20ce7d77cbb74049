"""Try a prompt on sample records: what the model writes, and its cost in tokens and money."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from simcrm.cache import run_counters as counters
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import LlmCallConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.core.json_types import JsonObject
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import AccountPrompt, RecordPrompt
from simcrm.generation.text.answer_recorder import AnswerRecorder
from simcrm.generation.text.apply_text import CONTACT_TEXT_PROPERTIES
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.generation.text.prompt_requests import build_request, group_into_calls, request_settings
from simcrm.generation.text.record_text import RecordText, RecordTextResult
from simcrm.generation.text.text_kinds import TextKind, find_text_kinds, text_key
from simcrm.generation.text.text_session import MICRO_USD_PER_USD, TextSession, clock_until
from simcrm.llm.prompts import Prompt
from simcrm.llm.rotating_key import ReadKey
from simcrm.models.crm_objects import Properties
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.llm_plan import LlmPlan
from simcrm.planning.plan_document import resolve_plan
from simcrm.planning.resolved_input import DeploymentSettings, resolve_input
from simcrm.synthetic.activity_properties import activity_properties

SIMULATION_NAME = "prompt-test"
MAX_RECORDS = 10
MAX_TEXTS = 8
"""Of a record in a trial."""
MAX_SECONDS = 20.0
"""API Gateway waits 29 s for a response."""
_AFTER = datetime(2026, 4, 1, tzinfo=UTC)
_SPAN = {
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-03-31T00:00:00Z",
    "timeScale": 0,
    "seed": SIMULATION_NAME,
}
_SAMPLE = 50
_PROPERTY_NAMES = {
    "company_name": "name",
    **CONTACT_TEXT_PROPERTIES,
    "product_interests": "simcrm_product_interest",
}


@dataclass(frozen=True, slots=True)
class PromptTrial:
    """A prompt and its sample of 1 to ``MAX_RECORDS`` contacts, the same for every trial.

    If provider or model is None, the configuration's is used. ``stories`` is tried on records with activities.
    """

    prompt: Prompt
    provider: str | None = None
    model: str | None = None
    scenario: str = "B2B"
    locale: str = "en_US"
    theme: str | None = None
    records: int = 3


def render_prompt_trial(trial: PromptTrial, config: LlmCallConfig) -> JsonObject:
    """Return the first call's ``rendered`` instructions and ``input`` facts without calling the model.

    Raises:
        LlmConfigError: the prompt is empty, too long or uses an unknown variable.
        InvalidSimulationError: a field is invalid; the error names it, such as ``ai.model``.
    """
    return _render_question(_prepare(trial, config), config)


def run_prompt_trial(trial: PromptTrial, config: LlmCallConfig, read_key: ReadKey) -> JsonObject:
    """Run a trial and return prompt and response, within about 25 s. It does not count toward any simulation.

    Besides ``rendered`` and ``input``: ``prompt`` as name/version, ``provider``, ``model``, ``inputTokens``,
    ``outputTokens``, ``costUsd``, ``answers`` with the model's ``text`` and the ``problem`` with it of each call, and
    ``records`` with their text by HubSpot property name; if the text is the fallback's, ``reason`` says why.

    Raises:
        LlmConfigError: the prompt is empty, too long or uses an unknown variable.
        InvalidSimulationError: a field is invalid; the error names it, such as ``ai.model``.
    """
    sample = _prepare(trial, config)
    plan, gates = sample.plan, GateFactory(sample.histories.generator)
    till, recorder = _CountingCounters(), AnswerRecorder()
    timeout = min(config.ai_timeout_ms, int(MAX_SECONDS * 1000))
    session = TextSession(
        config.model_copy(update={"ai_max_retries": 0, "ai_timeout_ms": timeout}),
        plan,
        sample.request,
        CacheWithFallback(None),
        till,
        read_key,
        clock_until(MAX_SECONDS),
        is_alone=True,
        wrap_provider=recorder.wrap,
    )
    results = asyncio.run(session.write_texts(sample.accounts, _discard, gates.gate))
    return {
        "prompt": trial.prompt.label,
        "provider": plan.provider,
        "model": plan.model,
        **_render_question(sample, config),
        "records": [
            _record(sample.histories, account, record, results[record.index])
            for account in sample.accounts
            for record in account.records
        ],
        "answers": recorder.answers,
        "inputTokens": till.amounts[counters.AI_INPUT_TOKENS],
        "outputTokens": till.amounts[counters.AI_OUTPUT_TOKENS],
        "costUsd": till.amounts[counters.AI_COST_MICRO_USD] / MICRO_USD_PER_USD,
    }


class _CountingCounters(RunCounters):
    """Counters of a single trial."""

    def __init__(self) -> None:
        super().__init__(None, SIMULATION_NAME)
        self.amounts: Counter[str] = Counter()

    def add(self, amounts: Mapping[str, int]) -> None:
        """Increment counters."""
        self.amounts.update(amounts)


class _Sample(NamedTuple):
    """The accounts of a trial, each with one contact, and the prompts for them."""

    request: SimulationInput
    plan: LlmPlan
    histories: AccountHistories
    accounts: list[AccountPrompt]


def _prepare(trial: PromptTrial, config: LlmCallConfig) -> _Sample:
    if not 1 <= trial.records <= MAX_RECORDS:
        raise InvalidSimulationError("records", f"must be 1 to {MAX_RECORDS}")
    has_story = trial.prompt.name == "stories"
    resolved = resolve_input(
        {
            **_SPAN,
            "totalRecords": _SAMPLE,
            "contactsPerCompany": 1,
            "scenario": trial.scenario,
            "locale": trial.locale,
            "theme": trial.theme or None,
            "activities": {"enabled": has_story},
            "ai": {"provider": trial.provider, "model": trial.model},
        },
        DeploymentSettings(config, {trial.prompt.name: trial.prompt}, endpoints=config),
    )
    request, plan = resolved.request, resolved.llm
    histories = AccountHistories.from_plan(
        resolve_plan(SIMULATION_NAME, request, _AFTER, DEFAULT_PIPELINE, (), ai=plan)
    )
    all_prompts = AccountPromptBuilder(histories).build_prompts(Batch(0, _AFTER, 0, _SAMPLE))
    of_kind = [account for account in all_prompts if _suits(account, has_story=has_story)]
    return _Sample(request, plan, histories, of_kind[: trial.records])


def _suits(account: AccountPrompt, *, has_story: bool) -> bool:
    """Whether an account suits a trial: its story is short enough for several to be written while somebody waits."""
    texts = len(account.activities)
    return 0 < texts <= MAX_TEXTS if has_story else texts == 0


def _render_question(sample: _Sample, config: LlmCallConfig) -> JsonObject:
    settings = request_settings(sample.plan, sample.request, config.ai_models)
    request = build_request(settings, next(group_into_calls(settings, sample.accounts)))
    return {"rendered": request.system, "input": request.prompt}


def _record(
    histories: AccountHistories, account: AccountPrompt, record: RecordPrompt, result: RecordTextResult
) -> JsonObject:
    text = result.text
    words = _composed_document(histories, record) | ({} if text is None else _text_document(text))
    return {
        "facts": f"{account.line}; {record.line}",
        "words": words,
        "activities": _activity_texts(histories, record, result),
        "reason": result.provenance.reason,
        "rejected": dict(result.rejected),
    }


def _text_document(text: RecordText) -> JsonObject:
    document = text.model_dump(by_alias=False, exclude_none=True)
    return {name: document[field] for field, name in _PROPERTY_NAMES.items() if field in document}


def _composed_document(histories: AccountHistories, record: RecordPrompt) -> JsonObject:
    account, position = histories.place(record.index)
    document: JsonObject = {**histories.company(account), **histories.contact(account, position)}
    document["simcrm_product_interest"] = json.loads(document["simcrm_product_interest"])
    return {
        name: document[name] for field, name in _PROPERTY_NAMES.items() if field in record.fields and name in document
    }


def _activity_texts(histories: AccountHistories, record: RecordPrompt, result: RecordTextResult) -> list[JsonObject]:
    """Return each text of a contact's activities: the model's, or the composed one and why the model's was not used."""
    composed, texts = _composed_texts(histories, record.index), []
    for activity in record.activities:
        kind, properties = composed[activity.key]
        own = None if result.text is None else result.text.activity(activity.key)
        title = properties.get(kind.title_property or "") if own is None else own.title
        body = properties[kind.body_property] if own is None else own.body
        reason = result.rejected.get(activity.key, result.provenance.reason)
        texts.append({"facts": activity.line, "title": title, "text": body, "reason": None if own else reason})
    return texts


def _composed_texts(histories: AccountHistories, index: int) -> dict[str, tuple[TextKind, Properties]]:
    history = histories.history(histories.company_index(index))
    texts: dict[str, tuple[TextKind, Properties]] = {}
    for event in (each for each in histories.events(index) if not each.is_change and each.stage is None):
        properties = activity_properties(histories.writer(history, event.at), event)
        for kind in find_text_kinds(properties, event.object_type):
            texts[text_key(kind, event.ordinal)] = kind, properties
    return texts


def _discard(_call: str, _results: Sequence[RecordTextResult]) -> None:
    """Discard results: a trial stores nothing."""
