"""The document of ``POST /api/simulations/preview``: nothing is written and nobody is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simcrm.core.config import AiConfig, PreviewConfig
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import iso_utc
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.lifecycle.activity_budgets import expected_cuts
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_ids import new_simulation_id
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.batches import Batch
from simcrm.planning.llm_plan import plan_ai
from simcrm.planning.plan_document import SimulationPlan, resolve
from simcrm.planning.time_mapping import EXECUTION, LONGEST
from simcrm.preview.aws_cost import estimate_aws
from simcrm.preview.histogram import histogram
from simcrm.preview.limits import DEFAULT_QUOTAS, AwsQuotas, Limit, Load, limits_of
from simcrm.preview.llm_cost import Words, words_of
from simcrm.preview.portal_load import DAY_SECONDS, duration_seconds, portal_calls
from simcrm.preview.sample import EXACT_RECORDS, Found, look_at, sampled_batches

PORTAL_CHECKS = 30
"""Calls before the first record: the portal's kind, scopes, properties, pipeline and owners."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the simulation would run: its configuration, whether the model's key is there, quotas of the account."""

    config: PreviewConfig
    has_key: bool
    quotas: AwsQuotas = DEFAULT_QUOTAS


def preview_simulation(request: SimulationInput, setting: Setting, now: datetime) -> JsonObject:
    """What would happen if this were started now, up to some thousand records exactly, above them by a sample.

    Raises:
        InvalidSimulationError: the input is refused, as it would be at the start.
    """
    plan = _planned(request, setting.config, now)
    batches = sampled_batches(plan)
    maker = _within_budgets(plan, batches)
    found = look_at(maker.timelines, batches)
    scale = request.total_records / found.records
    steps = portal_calls(found, plan.pace, setting.config.map_concurrency)
    calls = 0 if request.dry_run else PORTAL_CHECKS + round(steps * scale)
    words = _words(maker, batches, setting)
    counts, made, waves = _counts(maker, found, scale), round(len(batches) * scale), round(len(found.waves) * scale)
    aws = estimate_aws(
        records=request.total_records,
        batches=made,
        waves=waves,
        hubspot_calls=calls,
        ai_calls=words.calls,
        objects=sum(counts.values()) - counts["stageChanges"],
    )
    waited = _waited(found, now)
    seconds = duration_seconds(waited, calls, setting.config)
    load = Load(
        records=request.total_records,
        batches=made,
        waves=waves,
        hubspot_calls=calls,
        seconds=waited,
        map_concurrency=setting.config.map_concurrency,
        is_at_once=plan.pace.is_at_once,
    )
    limits = limits_of(load, setting.config, setting.quotas)
    return {
        "simulation": plan.input.model_dump(mode="json", by_alias=True) | {"seed": plan.seed},
        "mode": plan.pace.mode,
        "span": {"startTime": iso_utc(plan.start), "endTime": iso_utc(plan.end), "days": _days(plan)},
        "histogram": histogram(plan.arrivals),
        "counts": counts,
        "batches": made,
        "hubspotCalls": calls,
        "aiCalls": words.calls,
        "aiCostUsd": round(_within(words.cost_usd, request.ai.max_cost_usd), 4),
        "awsCostUsd": round(aws.total, 4),
        "durationSeconds": round(seconds, 1),
        "endsAt": iso_utc(now + timedelta(seconds=min(seconds, EXECUTION.total_seconds()))),
        "limits": [limit.document for limit in limits],
        "warnings": [
            *_warnings(plan, setting, calls, words),
            *_about_functions(limits),
            *_about_time(plan, words, seconds, round(found.cut * scale)),
        ],
    }


def _planned(request: SimulationInput, config: AiConfig, now: datetime) -> SimulationPlan:
    name = request.simulation_id or new_simulation_id(now, 0)
    return resolve(name, request, now, DEFAULT_PIPELINE, (), ai=plan_ai(request, config))


def _within_budgets(plan: SimulationPlan, batches: Sequence[Batch]) -> BatchGenerator:
    """The generator with what the budgets leave: exactly, or by the share that the sample says they are of all."""
    maker = BatchGenerator.of(plan)
    if plan.input.total_records <= EXACT_RECORDS:
        cuts = maker.timelines.budget_cuts()
    else:
        found = look_at(maker.timelines, batches)
        scale = plan.input.total_records / found.records
        cuts = expected_cuts(
            {kind: round(count * scale) for kind, count in found.activities.items()}, maker.timelines.budgets
        )
    return BatchGenerator.of(plan.model_copy(update={"budget_cuts": cuts}))


def _days(plan: SimulationPlan) -> float:
    return round((plan.end - plan.start) / timedelta(days=1), 3)


def _waited(found: Found, now: datetime) -> float:
    return 0.0 if found.last_due is None else max(0.0, (found.last_due - now).total_seconds())


def _counts(maker: BatchGenerator, found: Found, scale: float) -> dict[str, int]:
    total = maker.plan.input.total_records
    counts: dict[str, int] = {"contacts": total, "companies": maker.timelines.company_index(total - 1) + 1}
    for kind in (ObjectType.DEALS, ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.TICKETS):
        made = round(found.activities[kind] * scale)
        counts[kind] = maker.timelines.budgets[kind] if kind in maker.plan.budget_cuts else made
    return counts | {"stageChanges": round(found.changes * scale)}


def _words(maker: BatchGenerator, batches: Sequence[Batch], setting: Setting) -> Words:
    ai = maker.plan.ai
    if ai is None or not ai.enabled or not setting.has_key:
        return Words()
    return words_of(maker, batches, ai, setting.config.ai_models)


def _within(cost: float, ceiling: float | None) -> float:
    return cost if ceiling is None else min(cost, ceiling)


def _warnings(plan: SimulationPlan, setting: Setting, calls: int, words: Words) -> Iterator[str]:
    """What whoever starts this should know."""
    request, daily = plan.input, setting.config.hubspot_calls_per_day
    if request.total_records > EXACT_RECORDS:
        yield f"Counts, calls and costs are scaled from a sample of {EXACT_RECORDS:,} records; the curve is exact."
    if request.seed is None and request.simulation_id is None:
        yield "Without a seed the records are drawn anew at the start, so the counts are expected ones."
    if plan.ai is not None and plan.ai.enabled and not setting.has_key:
        yield f"No key is configured for {plan.ai.provider}: the words are composed from data."
    if request.ai.max_cost_usd is not None and words.cost_usd > request.ai.max_cost_usd:
        share = request.ai.max_cost_usd / words.cost_usd
        yield f"ai.maxCostUsd pays for about {share:.0%} of the words; the others are composed from data."
    if calls > daily:
        yield f"{calls:,} HubSpot calls are more than its {daily:,} a day: the run stops each day until resumed."


def _about_functions(limits: Sequence[Limit]) -> Iterator[str]:
    """What whoever starts this should know of an account that is too small for it."""
    for limit in limits:
        if limit.name == "lambdaConcurrency" and limit.share > 1:
            yield (
                f"{limit.needed:,.0f} functions at a time are more than the account's {limit.available:,}: calls wait "
                "for each other. Lower MapConcurrency, or ask AWS for more."
            )


def _about_time(plan: SimulationPlan, words: Words, seconds: float, cut: int) -> Iterator[str]:
    """What whoever starts this should know of when it happens; ``cut`` events would be due too late."""
    if plan.input.ai.smart_scheduling and words.calls:
        yield "ai.smartScheduling: the model moves activities within bounds; this is drawn with the rules' times."
    if cut:
        yield (
            f"{cut:,} activities and changes of stage would be due more than {LONGEST.days} days after the start, "
            "when Step Functions ends the run: they are left out. A higher timeScale keeps them."
        )
    if seconds > LONGEST.total_seconds():
        yield "The portal's limits would make the run longer than a year, after which Step Functions ends it."
    elif not plan.pace.is_at_once and seconds > (plan.end - plan.run_start).total_seconds() + DAY_SECONDS:
        yield "Activities go on after endTime, as long as a sales cycle takes."
