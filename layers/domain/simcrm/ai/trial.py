"""A prompt tried on sample records: what the model writes, for how many tokens and how much money."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simcrm.ai.briefs import ActivityBrief, RecordBrief
from simcrm.ai.calls import ReadKey
from simcrm.ai.limits.shared import SharedState
from simcrm.ai.plan import AiPlan, plan_ai, request_settings
from simcrm.ai.prompts import Prompt
from simcrm.ai.requests import chunks, request_for
from simcrm.ai.studio import MICRO, Studio, until
from simcrm.ai.told import Told
from simcrm.cache import metrics as counters
from simcrm.cache.metrics import Metrics
from simcrm.checks import check_simulation
from simcrm.config import ModelCallConfig
from simcrm.errors import InvalidSimulationError
from simcrm.generating import BatchGenerator
from simcrm.lifecycle import DEFAULT_PIPELINE
from simcrm.models.simulation import SimulationInput
from simcrm.plan.batches import Batch
from simcrm.plan.simulation_plan import resolve
from simcrm.storage.artifacts import JsonObject

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
    request, plan, briefs = _prepared(trial, config)
    return _question(request, plan, briefs, config)


def run_trial(trial: Trial, config: ModelCallConfig, read_key: ReadKey) -> JsonObject:
    """The question, and what came back, within about 25 s. It counts for no simulation.

    Beside ``rendered`` and ``input``: ``prompt`` as name/version, ``provider``, ``model``, ``records`` with the words
    by HubSpot's property names or the ``reason`` why there are none, ``inputTokens``, ``outputTokens``, ``costUsd``.

    Raises:
        AiError: the prompt is empty, too long or names an unknown variable.
        InvalidSimulationError: names the field that cannot be used, such as ``ai.model``.
    """
    request, plan, briefs = _prepared(trial, config)
    till = _Till()
    once = config.model_copy(update={"ai_max_retries": 0})
    studio = Studio(once, plan, request, SharedState(None), till, read_key, until(LIMIT_SECONDS))
    told = asyncio.run(studio.tell(briefs, _keep_nothing))
    return {
        "prompt": trial.prompt.label,
        "provider": plan.provider,
        "model": plan.model,
        **_question(request, plan, briefs, config),
        "records": [_record(brief, told[brief.index]) for brief in briefs],
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


def _prepared(trial: Trial, config: ModelCallConfig) -> tuple[SimulationInput, AiPlan, list[RecordBrief]]:
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
    return request, plan, of_kind[: trial.records]


def _question(
    request: SimulationInput, plan: AiPlan, briefs: Sequence[RecordBrief], config: ModelCallConfig
) -> JsonObject:
    settings = request_settings(plan, request, config.ai_models)
    asked = request_for(settings, next(chunks(settings, briefs)))
    return {"rendered": asked.system, "input": asked.prompt}


def _record(brief: RecordBrief, told: Told) -> JsonObject:
    words = {} if told.words is None else told.words.model_dump(exclude_none=True)
    return {
        "facts": brief.line,
        "words": {name: words[letter] for letter, name in _WORDS.items() if letter in words},
        "activities": [_activity(activity, told) for activity in brief.activities],
        "reason": told.origin.reason,
    }


def _activity(brief: ActivityBrief, told: Told) -> dict[str, Any]:
    words = None if told.words is None else told.words.activity(brief.code)
    return {"facts": brief.line, "title": words and words.t, "text": words and words.b}


def _keep_nothing(_told: Sequence[Told]) -> None:
    """A trial leaves nothing behind."""
