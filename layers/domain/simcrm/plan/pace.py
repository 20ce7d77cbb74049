"""From simulated to real time: in real time, scaled, or at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simcrm.models.run_mode import Mode

AT_ONCE = 0.0
REAL_TIME = 1.0
FAR = datetime(2200, 1, 1, tzinfo=UTC)
"""Where a fast clock that runs on stops: beyond every lead's life."""

SPARE = timedelta(days=4)
"""What the last step of a run may take: it waits for the portal for up to a day, and is tried three times. The state
machine's definition says so, which a test holds to this."""

EXECUTION = timedelta(days=365)
"""After this time Step Functions ends an execution."""

LONGEST = EXECUTION - SPARE
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
    def mode(self) -> Mode:
        """What the run is, whether or not its input says so."""
        return Mode.BACKFILL if self.is_at_once else Mode.LIVE

    @property
    def horizon(self) -> datetime | None:
        """The moment after which nothing is written: a backfill ends in the present, a run that waits with its time."""
        if self.is_at_once:
            return self.run_start if self.is_backfill else None
        return self.simulated(self.run_start + LONGEST)

    def due(self, simulated: datetime) -> datetime:
        """The real moment at which something simulated is to be done, never before the run began."""
        if self.is_at_once:
            return self.run_start
        if self.time_scale == REAL_TIME:
            return max(self.run_start, simulated)
        begin = max(self.run_start, self.start)
        return max(self.run_start, begin + (simulated - self.start) / self.time_scale)

    def simulated(self, moment: datetime) -> datetime:
        """The simulated time that has come at a real moment, from the span's begin on: what ``due`` turns round."""
        if self.is_at_once:
            return self.horizon or self.end
        if self.time_scale == REAL_TIME:
            return max(self.start, moment)
        passed = (moment - max(self.run_start, self.start)) * self.time_scale
        return max(self.start, self.start + min(passed, FAR - self.start))


def whole_second(moment: datetime) -> datetime:
    """The first whole second at or after a moment, for a state that waits until then.

    A Wait state cuts off what is below a second and would be early.
    https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
    """
    return moment.replace(microsecond=0) + timedelta(seconds=moment.microsecond > 0)
