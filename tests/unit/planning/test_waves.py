from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from builders import DAY, START, pace
from template.machine import VALUES, definition

from simcrm.planning.batches import MAX_WAVES, max_batches, max_waves
from simcrm.planning.waves import TimedActivity, plan_waves, wave_rows
from simcrm.preview.aws_cost import estimate_aws

SECOND = timedelta(seconds=1)


def build_waves(*seconds: float, time_scale: float = 1) -> list[list[TimedActivity]]:
    activities = [(START + second * SECOND, index, 0) for index, second in enumerate(seconds)]
    return plan_waves(activities, pace(end=START + 365 * DAY, time_scale=time_scale))


def test_a_batch_without_activities_has_no_wave() -> None:
    assert build_waves() == []


def test_activities_within_a_second_are_one_wave() -> None:
    assert [len(wave) for wave in build_waves(10, 10.2, 10.9)] == [3]


def test_activities_far_apart_are_waves_of_their_own() -> None:
    assert [[activity.index for activity in wave] for wave in build_waves(7200, 0, 3600)] == [[1], [2], [0]]


def test_at_once_all_activities_are_one_wave() -> None:
    assert len(build_waves(*range(0, 100_000, 500), time_scale=0)) == 1


@pytest.mark.parametrize("count", [50, 51, 999])
def test_a_batch_has_no_more_waves_than_it_may_and_uses_them(count: int) -> None:
    activities = [(START + number * 4321.7 * SECOND, number, 0) for number in range(count)]
    waves = plan_waves(activities, pace(end=START + 365 * DAY), 50)

    assert 25 <= len(waves) <= 50
    assert sum(len(wave) for wave in waves) == count


def test_what_happens_soon_after_another_does_not_wait_for_a_day() -> None:
    """Few activities over two months: each is written when it is due."""
    days = [0.01, 0.02, 0.03, 5, 5.01, 40, 60]

    assert [len(wave) for wave in build_waves(*(day * 86_400 for day in days))] == [1] * 7


def test_the_longest_wait_is_as_short_as_the_limit_allows() -> None:
    activities = [(START + second * SECOND, second, 0) for second in (0, 100, 1000, 1040, 5000)]
    waves = plan_waves(activities, pace(end=START + DAY), 3)

    assert [[activity.index for activity in wave] for wave in waves] == [[0, 100], [1000, 1040], [5000]]


@pytest.mark.parametrize("records", [1, 100, 10_000, 1_000_000])
def test_waves_of_a_run_are_few_enough_for_its_bill(records: int) -> None:
    waves = max_waves(records) * max_batches(records)

    assert max_waves(records) >= 45
    assert waves <= 500_000
    bill = estimate_aws(records=records, batches=max_batches(records), waves=waves, hubspot_calls=0, ai_calls=0)
    assert bill.lines["stepFunctions"] < 42


def test_the_worst_year_of_a_full_batch_fits_into_the_history_of_its_execution() -> None:
    machine = definition(VALUES)
    wave = machine["States"]["RunBatches"]["ItemProcessor"]["States"]["RunWaves"]["ItemProcessor"]["States"]
    hours = [(START + number * DAY / 24, number % 100, number) for number in range(365 * 24)]

    waves = plan_waves(hours, pace(end=START + 365 * DAY))

    iteration = 2 + sum(_history(state) for state in wave.values())
    assert len(waves) <= MAX_WAVES
    assert MAX_WAVES * iteration + HALF_A_DAY_WITHOUT_A_FUNCTION < 25_000 - 1_000


THROTTLED = "Lambda.TooManyRequestsException"
HALF_A_DAY_WITHOUT_A_FUNCTION = 3 * 1_440
"""Events of all the attempts that one state has in an account without a free function: that happens once, not in each
wave."""


def _history(state: dict[str, Any]) -> int:
    """Events of a state that fails as often as it may: it is entered and left, and each attempt has up to four."""
    if state["Type"] != "Task":
        return 2
    retriers = [retrier for retrier in state["Retry"] if retrier["ErrorEquals"] != [THROTTLED]]
    assert all(retrier["MaxAttempts"] == 1_440 for retrier in state["Retry"] if retrier not in retriers)
    attempts = 1 + sum(int(retrier["MaxAttempts"]) for retrier in retriers)
    return 2 + attempts * (4 if state["Resource"].endswith(".waitForTaskToken") else 3)


def test_waves_follow_each_other_and_no_activity_is_due_after_its_own() -> None:
    waves = build_waves(*((number * 7919) % 86_400 for number in range(400)))
    rows = [wave[-1].due_at for wave in waves]

    assert all(earlier < later for earlier, later in pairwise(rows))
    assert all(activity.due_at <= wave[-1].due_at for wave in waves for activity in wave)


def test_activities_of_the_same_moment_keep_the_order_of_records_and_of_their_lives() -> None:
    activities = [(START, index, event) for index, event in ((2, 0), (1, 1), (1, 0))]

    (wave,) = plan_waves(activities, pace())

    assert [(activity.index, activity.event) for activity in wave] == [(1, 0), (1, 1), (2, 0)]


def test_scaled_time_moves_waves_together() -> None:
    assert len(build_waves(0, 30, 60, time_scale=3600)) == 1


def test_the_state_machine_sees_number_count_and_the_second_of_a_wave_in_which_all_of_it_is_due() -> None:
    assert wave_rows(build_waves(0, 0.5, 90)) == [
        {"wave": 0, "dueAt": "2026-03-02T14:00:01.000Z", "count": 2},
        {"wave": 1, "dueAt": "2026-03-02T14:01:30.000Z", "count": 1},
    ]
