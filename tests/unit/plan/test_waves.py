from datetime import timedelta
from itertools import pairwise

import pytest
from builders import DAY, START, pace

from simcrm.plan.waves import TimedActivity, plan_waves, wave_rows

SECOND = timedelta(seconds=1)


def waves_of(*seconds: float, time_scale: float = 1) -> list[list[TimedActivity]]:
    activities = [(START + second * SECOND, index, 0) for index, second in enumerate(seconds)]
    return plan_waves(activities, pace(end=START + 365 * DAY, time_scale=time_scale))


def test_a_batch_without_activities_has_no_wave() -> None:
    assert waves_of() == []


def test_activities_within_a_second_are_one_wave() -> None:
    assert [len(wave) for wave in waves_of(10, 10.2, 10.9)] == [3]


def test_activities_far_apart_are_waves_of_their_own() -> None:
    assert [[activity.index for activity in wave] for wave in waves_of(7200, 0, 3600)] == [[1], [2], [0]]


def test_at_once_all_activities_are_one_wave() -> None:
    assert len(waves_of(*range(0, 100_000, 500), time_scale=0)) == 1


@pytest.mark.parametrize("count", [50, 51, 999])
def test_a_batch_has_as_many_waves_as_its_history_bears_and_no_more(count: int) -> None:
    waves = waves_of(*(number * 4321.7 for number in range(count)))

    assert len(waves) == 50
    assert sum(len(wave) for wave in waves) == count


def test_waves_follow_each_other_and_no_activity_is_due_after_its_own() -> None:
    waves = waves_of(*((number * 7919) % 86_400 for number in range(400)))
    rows = [wave[-1].due_at for wave in waves]

    assert all(earlier < later for earlier, later in pairwise(rows))
    assert all(activity.due_at <= wave[-1].due_at for wave in waves for activity in wave)


def test_activities_of_the_same_moment_keep_the_order_of_records_and_of_their_lives() -> None:
    activities = [(START, index, event) for index, event in ((2, 0), (1, 1), (1, 0))]

    (wave,) = plan_waves(activities, pace())

    assert [(activity.index, activity.event) for activity in wave] == [(1, 0), (1, 1), (2, 0)]


def test_scaled_time_moves_waves_together() -> None:
    assert len(waves_of(0, 30, 60, time_scale=3600)) == 1


def test_the_state_machine_sees_number_due_time_and_count_of_a_wave() -> None:
    assert wave_rows(waves_of(0, 0.5, 90)) == [
        {"wave": 0, "dueAt": "2026-03-02T14:00:00.500Z", "count": 2},
        {"wave": 1, "dueAt": "2026-03-02T14:01:30.000Z", "count": 1},
    ]
