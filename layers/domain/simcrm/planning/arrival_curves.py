"""The curves along which records arrive, each defined by its density over the simulated span.

A density says how many records arrive at a moment in relation to other moments; only its shape matters. Some
follow the span (a bell over all of it), some the calendar of a time zone (each morning, each weekend).
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
"""By the share of the span that has passed, 0 to 1."""

CalendarDensity = Callable[[datetime], float]
"""By local time."""

STEEPNESS = 3.0
"""How fast a loaded curve falls: its fullest moment has e^3, some 20 times, the arrivals of its emptiest."""

BELL_DEVIATION = 0.15
SURGE_DEVIATION = 0.05
SURGE_SHARE = 0.65
SPIKE_HOUR, SPIKE_DEVIATION_HOURS = 10.0, 1.25
QUIET_SHARE = 0.05
"""What goes on outside a spike or a burst, in relation to its peak."""

WEEKEND_FACTOR = 5.0
SATURDAY = 5
OPENING_HOUR, CLOSING_HOUR = 9, 17
BURST_COUNT_RANGE = (4, 9)
"""Fewest and most bursts of a span."""


def front_loaded(passed: float) -> float:
    """Most at once, then ever fewer."""
    return math.exp(-STEEPNESS * passed)


def back_loaded(passed: float) -> float:
    """Few at first, most at the end."""
    return math.exp(-STEEPNESS * (1 - passed))


def bell_curve(passed: float) -> float:
    """Most in the middle."""
    return _normal(passed, 0.5, BELL_DEVIATION)


def surge(passed: float) -> float:
    """A steady flow with one short wave in the middle that holds most records."""
    return (1 - SURGE_SHARE) + SURGE_SHARE * _normal(passed, 0.5, SURGE_DEVIATION)


def even(_passed: float) -> float:
    """As many at any moment."""
    return 1.0


def daily_spike(local: datetime) -> float:
    """Every day the same morning spike."""
    hour = local.hour + local.minute / 60
    return QUIET_SHARE + math.exp(-((hour - SPIKE_HOUR) ** 2) / (2 * SPIKE_DEVIATION_HOURS**2))


def weekend_surge(local: datetime) -> float:
    """Several times as many on Saturdays and Sundays."""
    return WEEKEND_FACTOR if local.weekday() >= SATURDAY else 1.0


def business_hours(local: datetime) -> float:
    """Monday to Friday from nine to five, nothing else."""
    return 1.0 if local.weekday() < SATURDAY and OPENING_HOUR <= local.hour < CLOSING_HOUR else 0.0


def random_bursts(seed: str) -> SpanDensity:
    """Bursts at moments that follow from the seed, with little between them."""
    rng = SeedSequence(seed).stream(RandomStream.CURVE, 0)
    fewest, most = BURST_COUNT_RANGE
    bursts = [_burst(rng) for _ in range(fewest + rng.randbelow(most - fewest + 1))]
    return lambda passed: (
        QUIET_SHARE + sum(height * math.exp(-(((passed - at) / width) ** 2)) for at, width, height in bursts)
    )


def _burst(rng: StreamRandom) -> tuple[float, float, float]:
    return rng.uniform(), 0.01 + 0.03 * rng.uniform(), 0.4 + 0.6 * rng.uniform()


def piecewise_linear(points: Sequence[tuple[float, float]]) -> SpanDensity:
    """Straight lines between (share of the span, weight), sorted by share; outside them as at the nearest one."""

    def density(passed: float) -> float:
        if passed <= points[0][0]:
            return points[0][1]
        for (left, low), (right, high) in pairwise(points):
            if passed <= right:
                return low + (high - low) * (passed - left) / (right - left)
        return points[-1][1]

    return density


def calendar_density(weights: CurveWeights) -> CalendarDensity:
    """Weights of the hours of a day times weights of the days of a week, Monday first."""
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
    """A density over a concrete span: exactly one of both is set."""

    span: SpanDensity | None = None
    calendar: CalendarDensity | None = None

    def at(self, moment: datetime, passed: float, zone: ZoneInfo) -> float:
        """The density at a moment, of which ``passed`` is the share of the span."""
        if self.calendar is not None:
            return self.calendar(moment.astimezone(zone))
        return (self.span or even)(passed)


def curve_for_method(method: DistributionMethod, seed: str, weights: CurveWeights | None) -> ArrivalCurve:
    """The curve of a method; ``weights`` are those of CUSTOM."""
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
