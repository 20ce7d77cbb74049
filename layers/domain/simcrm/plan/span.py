"""The simulated span of a run, and whether a run can last that long."""

from dataclasses import dataclass
from datetime import datetime

from simcrm.errors import InvalidSimulationError
from simcrm.models.simulation import SimulationInput
from simcrm.plan.pace import AT_ONCE, LONGEST, REAL_TIME, Pace

SLOWEST = 0.01
"""Leads live on after the span, by up to the ten years of the longest sales cycle: slower, no date is that far."""

TOO_LONG = f"more than {LONGEST.days} days ahead; Step Functions ends an execution after a year"


@dataclass(frozen=True, slots=True)
class Span:
    """Simulated time, in UTC, from ``start`` to ``end``."""

    start: datetime
    end: datetime


def resolve_span(request: SimulationInput, run_start: datetime) -> Span:
    """The span of a run that begins now, with what the input leaves open filled in.

    Raises:
        InvalidSimulationError: there is nothing to scale, or its last record would come after ``LONGEST``.
    """
    start = request.start_time or min(run_start, request.end_time or run_start)
    end = request.end_time or max(run_start, start)
    if start == end and request.time_scale not in {AT_ONCE, REAL_TIME}:
        raise InvalidSimulationError("timeScale", "has no span to scale: give startTime and endTime")
    _require_time(Pace(run_start, start, end, request.time_scale))
    return Span(start, end)


def _require_time(pace: Pace) -> None:
    """Seconds are compared, because the last moment of a slow run may be beyond any date."""
    if pace.is_at_once:
        return
    if pace.time_scale < SLOWEST:
        raise InvalidSimulationError("timeScale", f"is 0 or at least {SLOWEST}")
    ahead = (pace.start - pace.run_start).total_seconds()
    length = (pace.end - pace.start).total_seconds() / pace.time_scale
    longest = LONGEST.total_seconds()
    # In real time a span that began before the run is not begun anew.
    lasts = ahead + length if pace.time_scale == REAL_TIME else max(0.0, ahead) + length
    if ahead > longest:
        raise InvalidSimulationError("startTime", f"lies {TOO_LONG}")
    if lasts > longest:
        field, verb = ("endTime", "lies") if pace.time_scale == REAL_TIME else ("timeScale", "puts the end")
        raise InvalidSimulationError(field, f"{verb} {TOO_LONG}")
