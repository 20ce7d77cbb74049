"""How far a simulation is and how its words were made, from its counters."""

from collections.abc import Mapping

from simcrm.cache import run_counters as counters
from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.run_status import State, Status

ALMOST = 0.999

OBJECTS_PER_RECORD = 2
"""A record settles as a contact and a company."""


def number(metrics: Mapping[str, str], name: str) -> int:
    """A counter that nothing has raised yet is 0."""
    return int(metrics.get(name, 0))


def counts(metrics: Mapping[str, str]) -> dict[ObjectType, int]:
    """Written objects by type, as counted so far."""
    return {kind: number(metrics, counters.created(kind)) for kind in ObjectType}


def funnel(metrics: Mapping[str, str]) -> list[JsonObject]:
    """How many contacts have come to each stage or passed it, in the order of the stages."""
    return [{"stage": stage, "contacts": number(metrics, counters.stage_reached(stage))} for stage in LifecycleStage]


def percent_complete(status: Status, metrics: Mapping[str, str]) -> float:
    """The share of the planned objects that is settled, 0 to 1; 1 is only a run that came to its end."""
    if status.status is State.SUCCEEDED:
        return 1
    settled = number(metrics, counters.RECORDS_SETTLED) + number(metrics, counters.ACTIVITIES_SETTLED)
    planned = OBJECTS_PER_RECORD * status.planned + _activities(status, metrics)
    most = 1 if status.status is State.PARTIAL else ALMOST
    return 0 if planned == 0 else min(most, round(settled / planned, 3))


def _activities(status: Status, metrics: Mapping[str, str]) -> int:
    """The activities of the whole run, as many per record as in the batches generated so far."""
    known, generated = number(metrics, counters.ACTIVITIES_PLANNED), number(metrics, counters.RECORDS_GENERATED)
    return 0 if generated == 0 else known * max(status.planned, generated) // generated


def ai_generation(metrics: Mapping[str, str]) -> JsonObject:
    """How many records a model wrote, how many the fallback, and at what price."""
    success, fallback = number(metrics, counters.AI_SUCCESS), number(metrics, counters.AI_FALLBACK)
    total = success + fallback
    return {
        "successCount": success,
        "fallbackCount": fallback,
        "totalCount": total,
        "successRate": f"{success / total if total else 0:.3f}",
        "avgLatencyMs": number(metrics, counters.AI_LATENCY_MS) // success if success else 0,
        "totalTokens": number(metrics, counters.AI_TOKENS),
        "estimatedCost": f"${number(metrics, counters.AI_COST_MICRO_USD) / 1_000_000:.4f}",
        "lastErrorCategory": metrics.get(counters.AI_LAST_ERROR),
    }
