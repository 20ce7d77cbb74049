"""A simulation's progress and how its text was written, from its counters."""

from collections.abc import Mapping

from simcrm.cache import run_counters as counters
from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.run_status import RunState, RunStatus

MAX_UNFINISHED_SHARE = 0.999

OBJECTS_PER_RECORD = 2
"""Each record is a contact and a company."""


def counter_value(counters: Mapping[str, str], name: str) -> int:
    """Return a counter; one that has not been incremented yet is 0."""
    return int(counters.get(name, 0))


def written_counts(run_counters: Mapping[str, str]) -> dict[ObjectType, int]:
    """Return the number of objects written so far, by type."""
    return {kind: counter_value(run_counters, counters.created_counter(kind)) for kind in ObjectType}


def all_types(counts: Mapping[ObjectType, int]) -> dict[ObjectType, int]:
    """Return the counts with 0 for the types that they lack: earlier releases wrote fewer types."""
    return {kind: counts.get(kind, 0) for kind in ObjectType}


def lifecycle_funnel(run_counters: Mapping[str, str]) -> list[JsonObject]:
    """Return how many contacts have reached or passed each stage, in stage order."""
    return [
        {"stage": stage, "contacts": counter_value(run_counters, counters.stage_counter(stage))}
        for stage in LifecycleStage
    ]


def percent_complete(status: RunStatus, run_counters: Mapping[str, str]) -> float:
    """Return the settled share of the planned objects, 0 to 1; only a run that reached its end is at 1."""
    if status.status is RunState.SUCCEEDED:
        return 1
    settled = counter_value(run_counters, counters.RECORDS_SETTLED) + counter_value(
        run_counters, counters.ACTIVITIES_SETTLED
    )
    planned = OBJECTS_PER_RECORD * status.planned + _estimate_activities(status, run_counters)
    most = 1 if status.status is RunState.PARTIAL else MAX_UNFINISHED_SHARE
    return 0 if planned == 0 else min(most, round(settled / planned, 3))


def _estimate_activities(status: RunStatus, run_counters: Mapping[str, str]) -> int:
    """Estimate the activities of the whole run from the average per record in the batches generated so far."""
    known, generated = (
        counter_value(run_counters, counters.ACTIVITIES_PLANNED),
        counter_value(run_counters, counters.RECORDS_GENERATED),
    )
    return 0 if generated == 0 else known * max(status.planned, generated) // generated


def llm_counters(run_counters: Mapping[str, str]) -> JsonObject:
    """Return how many records the model wrote, how many the fallback wrote, and the cost."""
    success, fallback = (
        counter_value(run_counters, counters.AI_SUCCESS),
        counter_value(run_counters, counters.AI_FALLBACK),
    )
    total = success + fallback
    return {
        "successCount": success,
        "fallbackCount": fallback,
        "totalCount": total,
        "successRate": f"{success / total if total else 0:.3f}",
        "avgLatencyMs": counter_value(run_counters, counters.AI_LATENCY_MS) // success if success else 0,
        "totalTokens": counter_value(run_counters, counters.AI_TOKENS),
        "estimatedCost": f"${counter_value(run_counters, counters.AI_COST_MICRO_USD) / 1_000_000:.4f}",
        "lastErrorCategory": run_counters.get(counters.AI_LAST_ERROR),
    }
