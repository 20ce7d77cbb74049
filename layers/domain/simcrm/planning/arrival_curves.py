"""The curves along which records arrive, each defined by its density over the simulated span.

A density states how many records arrive at a moment relative to other moments; only its shape matters. Some curves
follow the span (such as a bell over all of it), others the calendar of a time zone (each morning, each weekend).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from simcrm.models.simulation_input import CurveWeights, DistributionMethod
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom

SpanDensity = Callable[[float], float]
"""Density by the share of the span that has passed, 0 to 1."""

CalendarDensity = Callable[[datetime], float]
"""Density by local time."""

STEEPNESS = 3.0
"""Steepness of the loaded curves: the busiest moment has e^3 (about 20) times as many arrivals as the quietest."""

BELL_DEVIATION = 0.15
SURGE_DEVIATION = 0.05
SURGE_SHARE = 0.65
SPIKE_HOUR, SPIKE_DEVIATION_HOURS = 10.0, 1.25
QUIET_SHARE = 0.05
"""Density outside a spike or a burst, relative to its peak."""

WEEKEND_FACTOR = 5.0
SATURDAY = 5
OPENING_HOUR, CLOSING_HOUR = 9, 17
BURST_COUNT_RANGE = (4, 9)
"""Minimum and maximum number of bursts in a span."""


def front_loaded(passed: float) -> float:
    """Most at the start, then steadily fewer."""
    return math.exp(-STEEPNESS * passed)


def back_loaded(passed: float) -> float:
    """Few at first, most at the end."""
    return math.exp(-STEEPNESS * (1 - passed))


def bell_curve(passed: float) -> float:
    """Most in the middle."""
    return _normal(passed, 0.5, BELL_DEVIATION)


def surge(passed: float) -> float:
    """A steady flow with one short surge in the middle that holds most of the records."""
    return (1 - SURGE_SHARE) + SURGE_SHARE * _normal(passed, 0.5, SURGE_DEVIATION)


def even(_passed: float) -> float:
    """Equally many at any moment."""
    return 1.0


def daily_spike(local: datetime) -> float:
    """The same morning spike every day."""
    hour = local.hour + local.minute / 60
    return QUIET_SHARE + math.exp(-((hour - SPIKE_HOUR) ** 2) / (2 * SPIKE_DEVIATION_HOURS**2))


def weekend_surge(local: datetime) -> float:
    """Several times as many on Saturdays and Sundays as on weekdays."""
    return WEEKEND_FACTOR if local.weekday() >= SATURDAY else 1.0


def business_hours(local: datetime) -> float:
    """Monday to Friday from nine to five only."""
    return 1.0 if local.weekday() < SATURDAY and OPENING_HOUR <= local.hour < CLOSING_HOUR else 0.0


def random_bursts(seed: str) -> SpanDensity:
    """Bursts at moments derived from the seed, with few arrivals in between."""
    rng = SeedSequence(seed).stream(RandomStream.CURVE, 0)
    fewest, most = BURST_COUNT_RANGE
    bursts = [_burst(rng) for _ in range(fewest + rng.randbelow(most - fewest + 1))]
    return lambda passed: (
        QUIET_SHARE + sum(height * math.exp(-(((passed - at) / width) ** 2)) for at, width, height in bursts)
    )


def _burst(rng: StreamRandom) -> tuple[float, float, float]:
    return rng.uniform(), 0.01 + 0.03 * rng.uniform(), 0.4 + 0.6 * rng.uniform()


def piecewise_linear(points: Sequence[tuple[float, float]]) -> SpanDensity:
    """Interpolate linearly between (share of the span, weight) points, sorted by share; constant outside them."""

    def density(passed: float) -> float:
        if passed <= points[0][0]:
            return points[0][1]
        for (left, low), (right, high) in pairwise(points):
            if passed <= right:
                return low + (high - low) * (passed - left) / (right - left)
        return points[-1][1]

    return density


def calendar_density(weights: CurveWeights) -> CalendarDensity:
    """Multiply the weight of the hour of the day by the weight of the day of the week, Monday first."""
    hours, days = weights.hours or (1.0,) * 24, weights.days or (1.0,) * 7
    return lambda local: hours[local.hour] * days[local.weekday()]


def _normal(value: float, mean: float, deviation: float) -> float:
    return math.exp(-((value - mean) ** 2) / (2 * deviation**2)) / (deviation * math.sqrt(2 * math.pi))


SPAN_CURVES: Mapping[DistributionMethod, SpanDensity] = {
    DistributionMethod.EVEN: even,
    DistributionMethod.TRICKLE: even,
    DistributionMethod.FRONT_LOADED: front_loaded,
    DistributionMethod.BACK_LOADED: back_loaded,
    DistributionMethod.BELL_CURVE: bell_curve,
    DistributionMethod.SURGE: surge,
}

CALENDAR_CURVES: Mapping[DistributionMethod, CalendarDensity] = {
    DistributionMethod.DAILY_SPIKE: daily_spike,
    DistributionMethod.WEEKEND_SURGE: weekend_surge,
    DistributionMethod.BUSINESS_HOURS: business_hours,
}


@dataclass(frozen=True, slots=True)
class ArrivalCurve:
    """A density over a concrete span; exactly one of the two fields is set."""

    span: SpanDensity | None = None
    calendar: CalendarDensity | None = None

    def at(self, moment: datetime, passed: float, zone: ZoneInfo) -> float:
        """Return the density at a moment; ``passed`` is the share of the span that has passed by then."""
        if self.calendar is not None:
            return self.calendar(moment.astimezone(zone))
        return (self.span or even)(passed)


def curve_for_method(method: DistributionMethod, seed: str, weights: CurveWeights | None) -> ArrivalCurve:
    """Return the curve of a method; ``weights`` applies to CUSTOM only."""
    if method is DistributionMethod.RANDOM_BURSTS:
        return ArrivalCurve(span=random_bursts(seed))
    if method is DistributionMethod.CUSTOM and weights is not None:
        return (
            ArrivalCurve(span=piecewise_linear(weights.points))
            if weights.points
            else ArrivalCurve(calendar=calendar_density(weights))
        )
    if method in CALENDAR_CURVES:
        return ArrivalCurve(calendar=CALENDAR_CURVES[method])
    return ArrivalCurve(span=SPAN_CURVES[method])
