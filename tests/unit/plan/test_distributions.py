from datetime import timedelta
from itertools import pairwise

import pytest
from builders import DAY, START, arrivals

from simcrm.errors import InvalidSimulationError
from simcrm.models.simulation import DistributionMethod
from simcrm.plan.distributions import Arrivals, quantile_of


def test_even_arrivals_have_equal_gaps_and_half_a_gap_at_both_ends() -> None:
    times = [arrivals(24).at(index) for index in range(24)]

    assert times[0] - START == timedelta(minutes=30)
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(hours=1)}
    assert START + DAY - times[-1] == timedelta(minutes=30)


def test_even_arrivals_are_as_many_in_each_part_of_the_span() -> None:
    tenths = [int((arrivals(1000).at(index) - START) / DAY * 10) for index in range(1000)]

    assert [tenths.count(tenth) for tenth in range(10)] == [100] * 10


@pytest.mark.parametrize("count", [1, 2, 7, 1_000_000])
def test_arrivals_lie_inside_the_span(count: int) -> None:
    some = arrivals(count)

    assert START <= some.at(0) <= some.at(count - 1) <= START + DAY


def test_in_a_span_without_length_all_arrive_at_once() -> None:
    some = arrivals(5, START, START)

    assert {some.at(index) for index in range(5)} == {START}


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_arrival_of_a_record_that_does_not_exist(index: int) -> None:
    with pytest.raises(IndexError):
        arrivals(3).at(index)


def test_a_method_without_a_curve_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidSimulationError, match="CUSTOM is not available, use EVEN") as caught:
        quantile_of(DistributionMethod.CUSTOM)

    assert caught.value.field == "distributionMethod"


def test_a_plan_of_such_a_method_has_no_arrivals() -> None:
    with pytest.raises(InvalidSimulationError):
        Arrivals(DistributionMethod.CUSTOM, 1, START, START).at(0)
