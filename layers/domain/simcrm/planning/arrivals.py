"""Arrival times of records along a simulation's distribution curve.

The span is divided into bins, and a bin's share of the records is its share of the curve's density. Record i of n
arrives when (i + u) / n of the density has passed, so times are sorted, exact in number, within the span, and can be
computed independently of each other. ``u`` is 1/2 for regular arrivals and is drawn from (seed, i) for irregular ones.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.simulation_input import CurveWeights, DistributionMethod
from simcrm.planning.arrival_curves import CALENDAR_CURVES, curve_for_method
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

SPAN_BINS = 2_048
MAX_BINS = 200_000
"""More than five years of quarter hours; calendar curves need bins shorter than an hour."""

CALENDAR_BIN = timedelta(minutes=15)
REGULAR_METHODS = {DistributionMethod.EVEN}
"""Methods whose arrivals are evenly spaced; all others are irregular, as people are."""

CALENDAR_METHODS = {*CALENDAR_CURVES, DistributionMethod.CUSTOM}


@dataclass(frozen=True)
class ArrivalTimes:
    """The arrival times of ``count`` records between ``start`` and ``end`` in simulated time.

    ``zone`` is the IANA time zone of calendar curves. Raises InvalidSimulationError if no moment of the span has any
    weight, such as a weekend under BUSINESS_HOURS.
    """

    method: DistributionMethod
    count: int
    start: datetime
    end: datetime
    seed: str = ""
    zone: str = "UTC"
    weights: CurveWeights | None = None
    _seed: SeedSequence = field(init=False, repr=False, compare=False)
    _cumulated_bins: list[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_seed", SeedSequence(self.seed))
        object.__setattr__(self, "_cumulated_bins", self._cumulate_density())

    def at(self, index: int) -> datetime:
        """Return when record ``index`` arrives."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        within = 0.5 if self.method in REGULAR_METHODS else self._draw(index)
        cumulated_density = (index + within) / self.count * self._cumulated_bins[-1]
        place = bisect_left(self._cumulated_bins, cumulated_density, lo=1)
        low, high = self._cumulated_bins[place - 1], self._cumulated_bins[place]
        share = (place - 1 + (cumulated_density - low) / (high - low)) / (len(self._cumulated_bins) - 1)
        return self.start + (self.end - self.start) * share

    def _draw(self, index: int) -> float:
        """Draw a number above 0, so that nothing arrives in a bin without weight."""
        return 1.0 - self._seed.stream(RandomStream.ARRIVAL, index).uniform()

    def _cumulate_density(self) -> list[float]:
        """Return the cumulative density at the start of each bin and at the end of the last one."""
        bins = self._bins()
        curve, zone, span = (
            curve_for_method(self.method, self.seed, self.weights),
            ZoneInfo(self.zone),
            self.end - self.start,
        )
        middles = ((number + 0.5) / bins for number in range(bins))
        density = (curve.at(self.start + span * passed, passed, zone) for passed in middles)
        passed = list(accumulate(density, initial=0.0))
        if passed[-1] <= 0:
            raise InvalidSimulationError("distributionMethod", f"{self.method} has no weight in this span")
        return passed

    def _bins(self) -> int:
        if self.method not in CALENDAR_METHODS or self.start.astimezone(UTC) == self.end.astimezone(UTC):
            return SPAN_BINS
        return min(MAX_BINS, max(SPAN_BINS, -(-(self.end - self.start) // CALENDAR_BIN)))
