"""Map simulated time to real time: in real time, scaled, or all at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.run_mode import RunMode
from simcrm.models.simulation_input import DistributionMethod, SimulationInput

AT_ONCE = 0.0
REAL_TIME = 1.0
FAR_FUTURE = datetime(2200, 1, 1, tzinfo=UTC)
"""Upper bound of simulated time on a fast clock, beyond the end of every lead's timeline."""

RESERVE = timedelta(days=4)
"""Time reserved for the last step of a run, which waits up to a day for the portal and is tried three times, as set in
the state machine's definition; a test keeps both in sync."""

MAX_EXECUTION = timedelta(days=365)
"""Maximum duration of a Step Functions execution."""

MAX_RUN = MAX_EXECUTION - RESERVE
"""Latest due time of a run's activities, relative to its start."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How simulated time passes in a run; all times are aware and in UTC.

    Attributes:
        run_start: real time at which the run started.
        start: start of the simulated span.
        end: end of the simulated span; if it has passed when the run starts, the run is a backfill.
        time_scale: simulated seconds per real second; 0 writes everything at once, 1 is real time.
    """

    run_start: datetime
    start: datetime
    end: datetime
    time_scale: float

    @property
    def is_backfill(self) -> bool:
        """Whether the span has already passed and is not replayed at its own time scale."""
        return self.start < self.end <= self.run_start and self.time_scale in {AT_ONCE, REAL_TIME}

    @property
    def is_at_once(self) -> bool:
        """Whether nothing waits for the clock: everything is written in its final state."""
        return self.is_backfill or self.time_scale == AT_ONCE

    @property
    def mode(self) -> RunMode:
        """The mode of the run, whether or not its input specifies one."""
        return RunMode.BACKFILL if self.is_at_once else RunMode.LIVE

    @property
    def cutoff(self) -> datetime | None:
        """Simulated time after which nothing is written: the present for a backfill, the end of ``MAX_RUN`` otherwise.

        None if everything is written at once but the run is not a backfill.
        """
        if self.is_at_once:
            return self.run_start if self.is_backfill else None
        return self.to_simulated(self.run_start + MAX_RUN)

    def to_real(self, simulated: datetime) -> datetime:
        """Convert a simulated time to the real time at which it is due, never before the start of the run."""
        if self.is_at_once:
            return self.run_start
        if self.time_scale == REAL_TIME:
            return max(self.run_start, simulated)
        begin = max(self.run_start, self.start)
        return max(self.run_start, begin + (simulated - self.start) / self.time_scale)

    def to_simulated(self, real: datetime) -> datetime:
        """Convert a real time to simulated time, never before the start of the span; the inverse of ``to_real``."""
        if self.is_at_once:
            return self.cutoff or self.end
        if self.time_scale == REAL_TIME:
            return max(self.start, real)
        passed = (real - max(self.run_start, self.start)) * self.time_scale
        return max(self.start, self.start + min(passed, FAR_FUTURE - self.start))


def whole_second(moment: datetime) -> datetime:
    """Round a time up to a whole second, for a Wait state.

    A Wait state truncates fractions of a second and would end too early.
    https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
    """
    return moment.replace(microsecond=0) + timedelta(seconds=moment.microsecond > 0)


DEFAULT_BACKFILL = timedelta(days=90)
"""Length of a backfill that specifies no start time."""

MIN_TIME_SCALE = 0.01
"""Timelines extend past the span by a sales cycle of up to ten years; at a smaller scale, dates would overflow."""

TOO_LONG_MESSAGE = f"more than {MAX_RUN.days} days ahead; Step Functions ends an execution after a year"


@dataclass(frozen=True, slots=True)
class SimulatedSpan:
    """Simulated time from ``start`` to ``end``, in UTC; ``time_scale`` is in simulated seconds per real second."""

    start: datetime
    end: datetime
    time_scale: float = REAL_TIME

    def pace(self, run_start: datetime) -> Pace:
        """Return the pace of a run of this span that starts at ``run_start``."""
        return Pace(run_start, self.start, self.end, self.time_scale)


def resolve_simulated_span(request: SimulationInput, run_start: datetime) -> SimulatedSpan:
    """Return the span of a run that starts at ``run_start``, filling in what the input leaves open.

    Raises:
        InvalidSimulationError: the times, the scale, the curve and the mode are inconsistent, or the last record would
            arrive after ``MAX_RUN``.
    """
    wants_backfill = request.mode is RunMode.BACKFILL or not request.has_explicit_timing
    span = _backfill_span(request, run_start) if wants_backfill else _timed_span(request, run_start)
    if span.start == span.end and request.distribution_method is not DistributionMethod.EVEN:
        problem = f"{request.distribution_method} needs a span: specify startTime and endTime, or use mode BACKFILL"
        raise InvalidSimulationError("distributionMethod", problem)
    return span


def _backfill_span(request: SimulationInput, run_start: datetime) -> SimulatedSpan:
    """Return the span of a backfill: by default the ``DEFAULT_BACKFILL`` before the start of the run."""
    if "time_scale" in request.model_fields_set and request.time_scale != AT_ONCE:
        problem = "mode BACKFILL writes at once: omit timeScale, or use mode LIVE to replay a span"
        raise InvalidSimulationError("timeScale", problem)
    end = request.end_time or run_start
    if end > run_start:
        problem = "is in the future, but mode BACKFILL needs a past span: omit it, or use mode LIVE"
        raise InvalidSimulationError("endTime", problem)
    start = request.start_time or end - DEFAULT_BACKFILL
    if start >= end:
        problem = "mode BACKFILL needs a past span: specify a startTime before endTime and before now"
        raise InvalidSimulationError("startTime", problem)
    return SimulatedSpan(start, end, AT_ONCE)


def _timed_span(request: SimulationInput, run_start: datetime) -> SimulatedSpan:
    """Return the span of a run in real or scaled time, or of one whose times alone decide whether it is a backfill."""
    start = request.start_time or min(run_start, request.end_time or run_start)
    end = request.end_time or max(run_start, start)
    if start == end and request.time_scale not in {AT_ONCE, REAL_TIME}:
        raise InvalidSimulationError("timeScale", "needs a span to scale: specify startTime and endTime")
    pace = Pace(run_start, start, end, request.time_scale)
    if request.mode is RunMode.LIVE:
        _require_cutoff_in_reach(pace)
    _require_run_fits(pace)
    return SimulatedSpan(start, end, request.time_scale)


def _require_cutoff_in_reach(pace: Pace) -> None:
    if pace.time_scale == AT_ONCE:
        problem = "0 writes at once: with mode LIVE use 1 for real time or more for scaled time, or use mode BACKFILL"
        raise InvalidSimulationError("timeScale", problem)
    if pace.is_at_once or (pace.time_scale == REAL_TIME and pace.end < pace.run_start):
        problem = (
            "is in the past, so mode LIVE has nothing to wait for: use a later one, a timeScale other than 1 "
            "to replay the span, or mode BACKFILL"
        )
        raise InvalidSimulationError("endTime", problem)


def _require_run_fits(pace: Pace) -> None:
    """Reject a span too far ahead; compares seconds, because the end of a slow run may exceed the largest date."""
    if pace.is_at_once:
        return
    if pace.time_scale < MIN_TIME_SCALE:
        raise InvalidSimulationError("timeScale", f"must be 0 or at least {MIN_TIME_SCALE}")
    ahead = (pace.start - pace.run_start).total_seconds()
    length = (pace.end - pace.start).total_seconds() / pace.time_scale
    longest = MAX_RUN.total_seconds()
    # In real time, a span that started before the run is not restarted.
    lasts = ahead + length if pace.time_scale == REAL_TIME else max(0.0, ahead) + length
    if ahead > longest:
        raise InvalidSimulationError("startTime", f"is {TOO_LONG_MESSAGE}")
    if lasts > longest:
        field, verb = ("endTime", "is") if pace.time_scale == REAL_TIME else ("timeScale", "puts the end")
        raise InvalidSimulationError(field, f"{verb} {TOO_LONG_MESSAGE}")
