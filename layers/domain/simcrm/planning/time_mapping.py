"""From simulated to real time: in real time, scaled, or at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.run_mode import RunMode
from simcrm.models.simulation_input import DistributionMethod, SimulationInput

AT_ONCE = 0.0
REAL_TIME = 1.0
FAR_FUTURE = datetime(2200, 1, 1, tzinfo=UTC)
"""Where a fast clock that runs on stops: beyond every lead's life."""

RESERVE = timedelta(days=4)
"""What the last step of a run may take: it waits for the portal for up to a day, and is tried three times. The state
machine's definition says so, which a test holds to this."""

MAX_EXECUTION = timedelta(days=365)
"""After this time Step Functions ends an execution."""

MAX_RUN = MAX_EXECUTION - RESERVE
"""How long after its begin a run has something due."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How simulated time passes in a run; all times are aware and in UTC.

    Attributes:
        run_start: the real moment the run began.
        start: begin of the simulated span.
        end: its end; a span that has passed when the run begins is a backfill.
        time_scale: simulated seconds per real second; 0 runs at once, 1 follows the clock.
    """

    run_start: datetime
    start: datetime
    end: datetime
    time_scale: float

    @property
    def is_backfill(self) -> bool:
        """Whether the span has passed already and is not replayed at a scale of its own."""
        return self.start < self.end <= self.run_start and self.time_scale in {AT_ONCE, REAL_TIME}

    @property
    def is_at_once(self) -> bool:
        """Whether nothing waits: everything is written as it stands at the end."""
        return self.is_backfill or self.time_scale == AT_ONCE

    @property
    def mode(self) -> RunMode:
        """What the run is, whether or not its input says so."""
        return RunMode.BACKFILL if self.is_at_once else RunMode.LIVE

    @property
    def cutoff(self) -> datetime | None:
        """The moment after which nothing is written: a backfill ends in the present, a run that waits with its time."""
        if self.is_at_once:
            return self.run_start if self.is_backfill else None
        return self.to_simulated(self.run_start + MAX_RUN)

    def to_real(self, simulated: datetime) -> datetime:
        """The real moment at which something simulated is to be done, never before the run began."""
        if self.is_at_once:
            return self.run_start
        if self.time_scale == REAL_TIME:
            return max(self.run_start, simulated)
        begin = max(self.run_start, self.start)
        return max(self.run_start, begin + (simulated - self.start) / self.time_scale)

    def to_simulated(self, real: datetime) -> datetime:
        """The simulated time that has come at a real moment, from the span's begin on: what ``to_real`` turns round."""
        if self.is_at_once:
            return self.cutoff or self.end
        if self.time_scale == REAL_TIME:
            return max(self.start, real)
        passed = (real - max(self.run_start, self.start)) * self.time_scale
        return max(self.start, self.start + min(passed, FAR_FUTURE - self.start))


def whole_second(moment: datetime) -> datetime:
    """The first whole second at or after a moment, for a state that waits until then.

    A Wait state cuts off what is below a second and would be early.
    https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
    """
    return moment.replace(microsecond=0) + timedelta(seconds=moment.microsecond > 0)


DEFAULT_BACKFILL = timedelta(days=90)
"""How far a backfill goes back that names no begin."""

MIN_TIME_SCALE = 0.01
"""Leads live on after the span, by up to the ten years of the longest sales cycle: slower, no date is that far."""

TOO_LONG_MESSAGE = f"more than {MAX_RUN.days} days ahead; Step Functions ends an execution after a year"


@dataclass(frozen=True, slots=True)
class SimulatedSpan:
    """Simulated time, in UTC, from ``start`` to ``end``, and how fast it passes (simulated seconds per real second)."""

    start: datetime
    end: datetime
    time_scale: float = REAL_TIME

    def pace(self, run_start: datetime) -> Pace:
        """How its time passes in a run that begins then."""
        return Pace(run_start, self.start, self.end, self.time_scale)


def resolve_simulated_span(request: SimulationInput, run_start: datetime) -> SimulatedSpan:
    """The span of a run that begins now, with what the input leaves open filled in.

    Raises:
        InvalidSimulationError: the times, the scale, the curve and the mode do not fit together, or the last record
            would come after ``LONGEST``.
    """
    wants_backfill = request.mode is RunMode.BACKFILL or not request.has_explicit_timing
    span = _backfill_span(request, run_start) if wants_backfill else _timed_span(request, run_start)
    if span.start == span.end and request.distribution_method is not DistributionMethod.EVEN:
        problem = f"{request.distribution_method} has no span to lie on: give startTime and endTime, or mode BACKFILL"
        raise InvalidSimulationError("distributionMethod", problem)
    return span


def _backfill_span(request: SimulationInput, run_start: datetime) -> SimulatedSpan:
    """The span of a backfill: the last days up to the run's begin, or what the input names of them."""
    if "time_scale" in request.model_fields_set and request.time_scale != AT_ONCE:
        problem = "mode BACKFILL writes at once: leave timeScale out, or give mode LIVE to replay a span"
        raise InvalidSimulationError("timeScale", problem)
    end = request.end_time or run_start
    if end > run_start:
        problem = "has not passed, as a span of mode BACKFILL has: leave it out, or give mode LIVE"
        raise InvalidSimulationError("endTime", problem)
    start = request.start_time or end - DEFAULT_BACKFILL
    if start >= end:
        problem = "mode BACKFILL needs a span that has passed: give a startTime before endTime and before now"
        raise InvalidSimulationError("startTime", problem)
    return SimulatedSpan(start, end, AT_ONCE)


def _timed_span(request: SimulationInput, run_start: datetime) -> SimulatedSpan:
    """The span of a run in real or scaled time, and of one whose times alone say whether it is a backfill."""
    start = request.start_time or min(run_start, request.end_time or run_start)
    end = request.end_time or max(run_start, start)
    if start == end and request.time_scale not in {AT_ONCE, REAL_TIME}:
        raise InvalidSimulationError("timeScale", "has no span to scale: give startTime and endTime")
    pace = Pace(run_start, start, end, request.time_scale)
    if request.mode is RunMode.LIVE:
        _require_cutoff_in_reach(pace)
    _require_run_fits(pace)
    return SimulatedSpan(start, end, request.time_scale)


def _require_cutoff_in_reach(pace: Pace) -> None:
    if pace.time_scale == AT_ONCE:
        problem = "0 writes at once: give mode LIVE 1 for real time or more for scaled time, or give mode BACKFILL"
        raise InvalidSimulationError("timeScale", problem)
    if pace.is_at_once or (pace.time_scale == REAL_TIME and pace.end < pace.run_start):
        problem = (
            "has passed, so that mode LIVE has nothing to wait for: give one that has not, a timeScale other than 1 "
            "to replay the span, or mode BACKFILL"
        )
        raise InvalidSimulationError("endTime", problem)


def _require_run_fits(pace: Pace) -> None:
    """Seconds are compared, because the last moment of a slow run may be beyond any date."""
    if pace.is_at_once:
        return
    if pace.time_scale < MIN_TIME_SCALE:
        raise InvalidSimulationError("timeScale", f"is 0 or at least {MIN_TIME_SCALE}")
    ahead = (pace.start - pace.run_start).total_seconds()
    length = (pace.end - pace.start).total_seconds() / pace.time_scale
    longest = MAX_RUN.total_seconds()
    # In real time a span that began before the run is not begun anew.
    lasts = ahead + length if pace.time_scale == REAL_TIME else max(0.0, ahead) + length
    if ahead > longest:
        raise InvalidSimulationError("startTime", f"lies {TOO_LONG_MESSAGE}")
    if lasts > longest:
        field, verb = ("endTime", "lies") if pace.time_scale == REAL_TIME else ("timeScale", "puts the end")
        raise InvalidSimulationError(field, f"{verb} {TOO_LONG_MESSAGE}")
