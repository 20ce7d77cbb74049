"""A run's position on its timeline: the simulated time it has reached, and what is due next."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.cache import run_counters as counters
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType
from simcrm.models.portal_snapshot import describe_omitted
from simcrm.models.run_currency import RunCurrency
from simcrm.operations.run_progress import OBJECTS_PER_RECORD, counter_value
from simcrm.planning.batches import Batch, read_batches
from simcrm.planning.time_mapping import Pace
from simcrm.storage import file_names
from simcrm.storage.run_status import RunState, RunStatus
from simcrm.storage.simulation_files import SimulationFiles


class _Document(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Input(_Document):
    time_scale: float


class _PlanTimes(_Document):
    """What ``plan.json`` says of time, of what is left out and of amounts; the rest is large and slow to import."""

    run_start: AwareDatetime
    start: AwareDatetime
    end: AwareDatetime
    input: _Input
    omitted_types: dict[ObjectType, tuple[str, ...]] = {}
    currency: RunCurrency | None = None
    omitted_labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RunTimeline:
    """How simulated time passes in a run, and its batches ordered by due time.

    ``omitted`` names what is not written, such as ``lineItems`` or ``associationLabels``, with the scopes that the
    token lacks for it. ``currency`` is that of all amounts, None for a run that was planned before plans named it.
    """

    pace: Pace
    batches: list[Batch]
    omitted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    currency: RunCurrency | None = None


def read_timeline(files: SimulationFiles) -> RunTimeline | None:
    """Read a run's timeline; return None before the run is planned."""
    plan, batches = files.read(file_names.PLAN, _PlanTimes), read_batches(files)
    if plan is None or not batches:
        return None
    pace = Pace(plan.run_start, plan.start, plan.end, plan.input.time_scale)
    return RunTimeline(pace, batches, describe_omitted(plan.omitted_types, plan.omitted_labels), plan.currency)


def position_on_timeline(
    timeline: RunTimeline, status: RunStatus, run_counters: dict[str, str], now: datetime
) -> JsonObject:
    """Return the simulated time reached (None if the run has no delays) and when the next batch is due in real time.

    The number of batches done is derived from the number of settled records.
    """
    pace, batches = timeline.pace, timeline.batches
    moment = status.ended_at or now
    following = bisect_right(batches, moment, key=lambda batch: batch.due_at)
    is_waiting = not status.status.is_final and following < len(batches)
    settled = counter_value(run_counters, counters.RECORDS_SETTLED) // OBJECTS_PER_RECORD
    done = bisect_right(batches, settled, key=lambda batch: batch.first_index + batch.count)
    return {
        "simulatedTime": None if pace.is_at_once else to_iso_utc(pace.to_simulated(moment)),
        "nextDue": to_iso_utc(batches[following].due_at) if is_waiting else None,
        "batchesDone": len(batches) if status.status is RunState.SUCCEEDED else done,
        "batches": len(batches),
    }
