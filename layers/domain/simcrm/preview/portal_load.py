"""Estimate a simulation's HubSpot calls and its duration."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil

from simcrm.core.config import HubSpotRateLimitConfig
from simcrm.hubspot.associations import ASSOCIATION_INPUTS
from simcrm.hubspot.batch_writer import MAX_BATCH_INPUTS
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.time_mapping import Pace
from simcrm.preview.sample import SampleResult, Step

WRITERS = 4
"""Number of parallel writers, as set by the queue's event source (``MaximumConcurrency`` in the template)."""

ASSOCIATIONS_PER_OBJECT = {ObjectType.DEALS: 2, ObjectType.TICKETS: 3, ObjectType.LINE_ITEMS: 1}
"""Types in a wave whose associations need separate calls, with the number of types that they are associated with."""

WINDOW_SECONDS = 10
DAY_SECONDS = 86_400
START_SECONDS = 10
"""Time for planning and for a batch to pass through its steps if nothing has to wait."""


def portal_calls(sample: SampleResult, pace: Pace, concurrency: int) -> int:
    """Count the HubSpot calls of the sampled steps; a call takes 100 inputs and spans steps only if they queue up.

    Before updates, the objects are read: one call more for 100 of them.

    Up to ``concurrency`` batches run in parallel; each writer takes its share of their steps from the queue at once.
    """
    merged = max(1, concurrency // WRITERS) if pace.is_at_once else 1
    arriving = list(_merge_steps(sample.arrivals, merged))
    contact_links = sum(ceil(step[ObjectType.CONTACTS] / ASSOCIATION_INPUTS) for step in arriving)
    living = sum(_step_calls(step) + _association_calls(step) for step in _merge_steps(sample.waves, merged))
    reads = sum(map(_step_calls, _merge_steps(sample.updates, merged)))
    return sum(map(_step_calls, arriving)) + contact_links + living + reads


def _merge_steps(steps: Sequence[Step], size: int) -> Iterator[Step]:
    for start in range(0, len(steps), size):
        yield sum(steps[start : start + size], Counter())


def _step_calls(step: Step) -> int:
    return sum(ceil(count / MAX_BATCH_INPUTS) for count in step.values())


def _association_calls(step: Step) -> int:
    return sum(to_types * ceil(step[kind] / ASSOCIATION_INPUTS) for kind, to_types in ASSOCIATIONS_PER_OBJECT.items())


def duration_seconds(last_due_seconds: float, calls: int, limits: HubSpotRateLimitConfig) -> float:
    """Return a run's duration: the time until its last step is due, or longer if the portal's limits require it."""
    by_window = calls * WINDOW_SECONDS / limits.hubspot_calls_per_ten_seconds
    by_day = (calls - 1) // limits.hubspot_calls_per_day * DAY_SECONDS
    return START_SECONDS + max(last_due_seconds, by_window, by_day)
