"""The response of ``POST /api/simulations/preview``; nothing is written, and neither HubSpot nor a model is called."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from simcrm.core.config import PreviewConfig
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.lifecycle.activity_budgets import estimate_budget_cutoffs
from simcrm.models.crm_objects import DISPLAY_ORDER, ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.portal_snapshot import PortalSnapshot, describe_omitted, omission_notices
from simcrm.models.run_currency import currency_notices
from simcrm.models.simulation_ids import new_simulation_id
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, resolve_plan
from simcrm.planning.resolved_input import ResolvedInput
from simcrm.planning.time_mapping import MAX_EXECUTION, MAX_RUN
from simcrm.preview.aws_cost import estimate_aws
from simcrm.preview.histogram import histogram
from simcrm.preview.limits import DEFAULT_QUOTAS, AwsQuotas, QuotaUse, RunLoad, quota_uses
from simcrm.preview.llm_cost import LlmEstimate, estimate_llm
from simcrm.preview.portal_load import DAY_SECONDS, duration_seconds, portal_calls
from simcrm.preview.sample import EXACT_RECORDS, SampleResult, choose_batches, sample_batches

PORTAL_CHECKS = 48
"""HubSpot calls before the first record: type, scopes, properties, currencies, labels, pipeline and owners."""


@dataclass(frozen=True, slots=True)
class PreviewContext:
    """The environment of the simulation.

    It holds the configuration, whether a model key is configured, the account's quotas, and the portal as the latest
    run found it; before the first run, it is taken to allow everything.
    """

    config: PreviewConfig
    has_key: bool
    quotas: AwsQuotas = DEFAULT_QUOTAS
    portal: PortalSnapshot = field(default_factory=PortalSnapshot)


def preview_simulation(resolved: ResolvedInput, context: PreviewContext, now: datetime) -> JsonObject:
    """Return what would happen if this simulation started now: exact up to ``EXACT_RECORDS``, sampled above.

    Raises:
        InvalidSimulationError: the input is invalid and would also be rejected at the start.
    """
    request, plan = resolved.request, _resolve_plan(resolved, context, now)
    unlimited = AccountHistories.from_plan(plan, kept_accounts=EXACT_RECORDS)
    batches = choose_batches(unlimited)
    histories = _within_budgets(unlimited, batches)
    sample = sample_batches(histories, batches)
    scale = plan.total_records / sample.records
    steps = portal_calls(sample, plan.pace, context.config.map_concurrency)
    calls = 0 if request.dry_run else PORTAL_CHECKS + round(steps * scale)
    llm = _estimate_llm(histories, batches, context)
    counts, waves = _counts(histories, sample, scale), round(len(sample.waves) * scale)
    made = sum(1 for _ in histories.batches())
    aws = estimate_aws(
        records=plan.total_records,
        batches=made,
        waves=waves,
        hubspot_calls=calls,
        ai_calls=llm.calls,
        objects=sum(counts.values()) - counts["stageChanges"],
    )
    waited = _last_due_seconds(sample, now)
    seconds = duration_seconds(waited, calls, context.config)
    load = RunLoad(
        records=plan.total_records,
        batches=made,
        waves=waves,
        hubspot_calls=calls,
        seconds=waited,
        map_concurrency=context.config.map_concurrency,
        is_at_once=plan.pace.is_at_once,
    )
    limits = quota_uses(load, context.config, context.quotas)
    return {
        "simulation": _describe_input(histories),
        "mode": plan.pace.mode,
        "currency": None if plan.currency is None else plan.currency.to_document(),
        "omitted": describe_omitted(plan.omitted_types, plan.omitted_labels),
        "span": {"startTime": to_iso_utc(plan.start), "endTime": to_iso_utc(plan.end), "days": _days(plan)},
        "histogram": histogram(histories.arrivals, histories.contacts),
        "counts": counts,
        "batches": made,
        "hubspotCalls": calls,
        "aiCalls": llm.calls,
        "aiCostUsd": round(_cap_cost(llm.cost_usd, request.ai.max_cost_usd), 4),
        "awsCostUsd": round(aws.total, 4),
        "durationSeconds": round(seconds, 1),
        "endsAt": to_iso_utc(now + timedelta(seconds=min(seconds, MAX_EXECUTION.total_seconds()))),
        "limits": [limit.to_document() for limit in limits],
        "warnings": [
            *currency_notices(plan.currency),
            *omission_notices(plan.omitted_types, plan.omitted_labels),
            *_warnings(plan, context, calls, llm),
            *_about_functions(limits),
            *_timing_warnings(plan, llm, seconds, round(sample.dropped * scale)),
        ],
    }


def _resolve_plan(resolved: ResolvedInput, context: PreviewContext, now: datetime) -> SimulationPlan:
    request, name = resolved.request, resolved.request.simulation_id or new_simulation_id(now, 0)
    portal = PortalSnapshot() if request.dry_run else context.portal
    plan = resolve_plan(name, request, now, DEFAULT_PIPELINE, (), ai=resolved.llm, currencies=portal.currencies)
    omitted = {"omitted_types": portal.omitted_types, "omitted_labels": portal.omitted_labels}
    return plan.model_copy(update=omitted)


def _describe_input(histories: AccountHistories) -> JsonObject:
    """Return the input with what it leaves open filled in."""
    sizes = histories.generator.layout.sizes
    filled = {"seed": histories.plan.seed, "contactsPerCompany": {"min": sizes.low, "max": sizes.high}}
    return histories.plan.input.model_dump(mode="json", by_alias=True) | filled


def _within_budgets(unlimited: AccountHistories, batches: Sequence[Batch]) -> AccountHistories:
    """Return histories with budget cut-offs, exact for a small simulation and estimated from a sample for others."""
    total = unlimited.plan.total_records
    if total <= EXACT_RECORDS:
        cutoffs = unlimited.compute_budget_cutoffs()
    else:
        sample = sample_batches(unlimited, batches)
        expected = {kind: round(count * total / sample.records) for kind, count in sample.activities.items()}
        cutoffs = estimate_budget_cutoffs(expected, unlimited.budgets)
    if not cutoffs:
        return unlimited
    return replace(unlimited, plan=unlimited.plan.model_copy(update={"budget_cuts": cutoffs}))


def _days(plan: SimulationPlan) -> float:
    return round((plan.end - plan.start) / timedelta(days=1), 3)


def _last_due_seconds(sample: SampleResult, now: datetime) -> float:
    return 0.0 if sample.last_due is None else max(0.0, (sample.last_due - now).total_seconds())


def _counts(histories: AccountHistories, sample: SampleResult, scale: float) -> dict[str, int]:
    counts = {"contacts": histories.plan.total_records, "companies": histories.arrivals.count}
    for kind in DISPLAY_ORDER[len(counts) :]:
        made = round(sample.activities[kind] * scale)
        counts[kind.json_name] = histories.budgets[kind] if kind in histories.plan.budget_cuts else made
    if histories.has_activities and ObjectType.PRODUCTS not in histories.plan.omitted_types:
        counts[ObjectType.PRODUCTS.json_name] = len(histories.product_numbers)
    return counts | {"stageChanges": round(sample.changes * scale)}


def _estimate_llm(histories: AccountHistories, batches: Sequence[Batch], context: PreviewContext) -> LlmEstimate:
    ai = histories.plan.ai
    if ai is None or not ai.enabled or not context.has_key:
        return LlmEstimate()
    return estimate_llm(histories, batches, ai, context.config.ai_models)


def _cap_cost(cost: float, ceiling: float | None) -> float:
    return cost if ceiling is None else min(cost, ceiling)


def _warnings(plan: SimulationPlan, context: PreviewContext, calls: int, llm: LlmEstimate) -> Iterator[str]:
    """Yield warnings about the sample, the seed, the model and the daily limit."""
    request, daily = plan.input, context.config.hubspot_calls_per_day
    if plan.total_records > EXACT_RECORDS:
        yield f"Counts, calls and costs are scaled from a sample of {EXACT_RECORDS:,} records; the curve is exact."
    if request.seed is None and request.simulation_id is None:
        yield "Without a seed, a start generates other records, so the counts are estimates."
    if plan.ai is not None and plan.ai.enabled and not context.has_key:
        yield f"No key is configured for {plan.ai.provider}: the text is composed from data."
    if request.ai.max_cost_usd is not None and llm.cost_usd > request.ai.max_cost_usd:
        share = request.ai.max_cost_usd / llm.cost_usd
        yield f"ai.maxCostUsd pays for about {share:.0%} of the text; the rest is composed from data."
    if calls > daily:
        yield f"{calls:,} HubSpot calls exceed its {daily:,} a day: the run stops each day until resumed."


def _about_functions(limits: Sequence[QuotaUse]) -> Iterator[str]:
    """Yield a warning if the account allows too few concurrent functions."""
    for limit in limits:
        if limit.name == "lambdaConcurrency" and limit.share > 1:
            yield (
                f"{limit.needed:,.0f} concurrent functions exceed the account's {limit.available:,}: calls wait "
                "for each other. Lower MapConcurrency, or ask AWS for more."
            )


def _timing_warnings(plan: SimulationPlan, llm: LlmEstimate, seconds: float, cut: int) -> Iterator[str]:
    """Yield warnings about timing; ``cut`` is the number of events that would be due too late."""
    if plan.input.ai.smart_scheduling and llm.calls:
        yield "ai.smartScheduling: the model moves activities within bounds; this preview uses the rules' times."
    if cut:
        yield (
            f"{cut:,} activities and stage changes would be due more than {MAX_RUN.days} days after the start, "
            "when Step Functions ends the run: they are left out. A higher timeScale keeps them."
        )
    if seconds > MAX_RUN.total_seconds():
        yield "The portal's limits would make the run longer than a year, after which Step Functions ends it."
    elif not plan.pace.is_at_once and seconds > (plan.end - plan.run_start).total_seconds() + DAY_SECONDS:
        yield "Activities continue after endTime, for the length of a sales cycle."
