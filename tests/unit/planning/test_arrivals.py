"""Distributions by their density: what arrives when, never how it is computed."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from scaled_run import distance, front_loaded

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.simulation_input import CurveWeights, DistributionMethod
from simcrm.planning.arrivals import ArrivalTimes

COUNT = 10_000
START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(days=28)
HOURS = tuple(1.0 if 12 <= hour < 18 else 0.0 for hour in range(24))
WEIGHTS = {DistributionMethod.CUSTOM: CurveWeights(hours=HOURS)}
CRITICAL = 1.63 / math.sqrt(COUNT)
"""Kolmogorov-Smirnov distance that a sample of this size exceeds once in a hundred times."""


def _arrivals(
    method: DistributionMethod, *, seed: str = "7", zone: str = "UTC", span: timedelta = SPAN
) -> ArrivalTimes:
    return ArrivalTimes(method, COUNT, START, START + span, seed=seed, zone=zone, weights=WEIGHTS.get(method))


def _times(method: DistributionMethod, **options: object) -> list[datetime]:
    arrivals = _arrivals(method, **options)  # type: ignore[arg-type]
    return [arrivals.at(index) for index in range(COUNT)]


def _shares(method: DistributionMethod) -> list[float]:
    return [(moment - START) / SPAN for moment in _times(method)]


def _normal(value: float, deviation: float) -> float:
    return 0.5 * (1 + math.erf((value - 0.5) / (deviation * math.sqrt(2))))


def _bell(value: float) -> float:
    return (_normal(value, 0.15) - _normal(0, 0.15)) / (_normal(1, 0.15) - _normal(0, 0.15))


CUMULATIVE: dict[DistributionMethod, Callable[[float], float]] = {
    DistributionMethod.EVEN: lambda value: value,
    DistributionMethod.TRICKLE: lambda value: value,
    DistributionMethod.FRONT_LOADED: front_loaded,
    DistributionMethod.BACK_LOADED: lambda value: (math.exp(3 * value) - 1) / (math.exp(3) - 1),
    DistributionMethod.BELL_CURVE: _bell,
    DistributionMethod.SURGE: lambda value: 0.35 * value + 0.65 * _normal(value, 0.05),
}


@pytest.mark.parametrize("method", CUMULATIVE)
def test_arrivals_follow_the_curves_density(method: DistributionMethod) -> None:
    assert distance(_shares(method), CUMULATIVE[method]) < CRITICAL


@pytest.mark.parametrize("method", [DistributionMethod.FRONT_LOADED, DistributionMethod.BELL_CURVE])
def test_the_distance_tells_a_curve_from_its_mirror_or_its_inverse(method: DistributionMethod) -> None:
    others = [shape for other, shape in CUMULATIVE.items() if other is not method]

    assert all(distance(_shares(method), other) > 5 * CRITICAL for other in others)


@pytest.mark.parametrize("method", DistributionMethod)
def test_exactly_as_many_as_asked_for_arrive_in_order_inside_the_span(method: DistributionMethod) -> None:
    times = _times(method)

    assert len(times) == COUNT
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert START <= times[0] <= times[-1] <= START + SPAN


@pytest.mark.parametrize("method", DistributionMethod)
def test_the_same_seed_gives_the_same_times_whichever_is_asked_first(method: DistributionMethod) -> None:
    forward, backward = _arrivals(method), _arrivals(method)

    assert [forward.at(i) for i in range(50)] == [backward.at(i) for i in reversed(range(50))][::-1]


@pytest.mark.parametrize("method", [DistributionMethod.RANDOM_BURSTS, DistributionMethod.TRICKLE])
def test_another_seed_gives_other_times(method: DistributionMethod) -> None:
    assert _times(method, seed="7") != _times(method, seed="8")


def test_front_loaded_has_its_mass_in_front_and_back_loaded_at_the_end() -> None:
    front = bisect_right(_shares(DistributionMethod.FRONT_LOADED), 0.25)
    back = COUNT - bisect_right(_shares(DistributionMethod.BACK_LOADED), 0.75)

    assert front > 0.5 * COUNT
    assert back > 0.5 * COUNT


def test_bursts_leave_most_of_the_span_nearly_empty() -> None:
    buckets = Counter(int(share * 100) for share in _shares(DistributionMethod.RANDOM_BURSTS))
    fullest = sorted((buckets[bucket] for bucket in range(100)), reverse=True)

    assert sum(fullest[:30]) > 0.7 * COUNT


def test_a_daily_spike_comes_every_day_at_the_same_local_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    local = [moment.astimezone(berlin) for moment in _times(DistributionMethod.DAILY_SPIKE, zone="Europe/Berlin")]

    assert Counter(moment.hour for moment in local).most_common(1)[0][0] in {9, 10}
    whole_days = sorted(Counter(moment.date() for moment in local).items())[1:-1]
    assert min(count for _, count in whole_days) > 0.9 * COUNT / SPAN.days


def test_a_weekend_holds_more_than_its_share() -> None:
    weekend = sum(moment.weekday() >= 5 for moment in _times(DistributionMethod.WEEKEND_SURGE))

    assert weekend / COUNT == pytest.approx(10 / 15, abs=0.01)


def test_nothing_arrives_outside_business_hours_of_the_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    local = [moment.astimezone(tokyo) for moment in _times(DistributionMethod.BUSINESS_HOURS, zone="Asia/Tokyo")]

    assert all(moment.weekday() < 5 and 9 <= moment.hour < 17 for moment in local)


def test_custom_hours_hold_what_their_weights_say() -> None:
    assert {moment.hour for moment in _times(DistributionMethod.CUSTOM)} == set(range(12, 18))


def test_custom_points_are_a_line_between_them() -> None:
    weights = CurveWeights(points=((0.0, 0.0), (1.0, 1.0)))
    arrivals = ArrivalTimes(DistributionMethod.CUSTOM, COUNT, START, START + SPAN, seed="7", weights=weights)
    shares = [(arrivals.at(index) - START) / SPAN for index in range(COUNT)]

    assert distance(shares, lambda value: value * value) < CRITICAL


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 10, 25, tzinfo=UTC), 25)]
)
def test_a_night_of_a_clock_change_keeps_the_spike_at_its_local_hour(day: datetime, hours: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime(day.year, day.month, day.day, tzinfo=berlin).astimezone(UTC)
    arrivals = ArrivalTimes(
        DistributionMethod.DAILY_SPIKE, 2_000, begin, begin + timedelta(hours=hours), seed="7", zone="Europe/Berlin"
    )
    local = Counter(arrivals.at(index).astimezone(berlin).hour for index in range(2_000))

    assert local.most_common(1)[0][0] in {9, 10}


def test_a_leap_day_gets_its_share() -> None:
    start = datetime(2028, 2, 28, tzinfo=UTC)
    arrivals = ArrivalTimes(DistributionMethod.EVEN, 300, start, start + timedelta(days=3))
    days = Counter(arrivals.at(index).strftime("%m-%d") for index in range(300))

    assert days == {"02-28": 100, "02-29": 100, "03-01": 100}


def test_a_span_in_which_nothing_can_arrive_is_refused() -> None:
    saturday = datetime(2026, 3, 7, tzinfo=UTC)

    with pytest.raises(InvalidSimulationError) as caught:
        ArrivalTimes(DistributionMethod.BUSINESS_HOURS, 10, saturday, saturday + timedelta(hours=20))
    assert caught.value.field == "distributionMethod"


def test_in_a_span_without_length_all_arrive_at_once() -> None:
    arrivals = ArrivalTimes(DistributionMethod.EVEN, 5, START, START)

    assert {arrivals.at(index) for index in range(5)} == {START}


@pytest.mark.parametrize("index", [-1, COUNT])
def test_there_is_no_arrival_of_a_record_that_does_not_exist(index: int) -> None:
    with pytest.raises(IndexError):
        _arrivals(DistributionMethod.EVEN).at(index)
