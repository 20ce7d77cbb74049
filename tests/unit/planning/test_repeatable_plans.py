"""Each step of a run works out arrivals and batches anew from the plan, so an upgrade must not move them."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from builders import DAY, START, arrivals, pace, plan, simulation_input

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger
from simcrm.models.run_mode import RunMode
from simcrm.models.scenario_parameters import ScenarioOverrides
from simcrm.models.simulation_input import CurveWeights, DistributionMethod
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.batches import Batch, map_concurrency, max_batches, max_waves, plan_batches
from simcrm.planning.scenario_overrides import apply_overrides
from simcrm.planning.time_mapping import MAX_RUN, resolve_simulated_span, whole_second
from simcrm.planning.waves import plan_waves, wave_rows
from simcrm.synthetic import ActivityRule, CountRange, load_scenario

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
POINTS = CurveWeights(points=((0.1, 1.0), (0.4, 3.0), (0.9, 0.5)))
HOURS = CurveWeights(hours=tuple(float(hour % 5) for hour in range(24)), days=(1.0, 2.0, 1.0, 0.5, 3.0, 0.0, 1.0))


def fingerprint(moments: list[datetime]) -> str:
    text = " ".join(str(round(moment.timestamp())) for moment in moments)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("method", "weights", "expected"),
    [
        (DistributionMethod.EVEN, None, "4a956f4dfa7a"),
        (DistributionMethod.TRICKLE, None, "04636aafca79"),
        (DistributionMethod.FRONT_LOADED, None, "981bc43a5e58"),
        (DistributionMethod.BACK_LOADED, None, "8940460b1f1b"),
        (DistributionMethod.BELL_CURVE, None, "eb481837d66f"),
        (DistributionMethod.SURGE, None, "c6941781d6cb"),
        (DistributionMethod.DAILY_SPIKE, None, "cc86ef78f2db"),
        (DistributionMethod.WEEKEND_SURGE, None, "a473389c6a8c"),
        (DistributionMethod.BUSINESS_HOURS, None, "1a7fbe3d6e8b"),
        (DistributionMethod.RANDOM_BURSTS, None, "4463ec74f6cd"),
        (DistributionMethod.CUSTOM, POINTS, "0c7aa4b45d9a"),
        (DistributionMethod.CUSTOM, HOURS, "c40381cb9e4f"),
    ],
)
def test_arrivals_are_those_that_an_earlier_release_has_begun(
    method: DistributionMethod, weights: CurveWeights | None, expected: str
) -> None:
    times = ArrivalTimes(method, 400, START, START + 30 * DAY, seed="7", zone="America/New_York", weights=weights)

    assert fingerprint([times.at(index) for index in range(400)]) == expected


def test_weights_are_for_the_method_that_takes_them() -> None:
    times = ArrivalTimes(DistributionMethod.EVEN, 3, START, START + DAY, weights=POINTS)

    assert [times.at(index) for index in range(3)] == [arrivals(3).at(index) for index in range(3)]


def test_no_record_is_outside_the_count() -> None:
    times = arrivals(3)

    for index in (-1, 3):
        with pytest.raises(IndexError):
            times.at(index)
    assert [(times.at(index) - START) / DAY for index in range(3)] == [pytest.approx(share / 6) for share in (1, 3, 5)]


# Batches


@dataclass(frozen=True)
class ArrivalSeconds(ArrivalTimes):
    """Arrivals at given seconds after the start."""

    seconds: tuple[float, ...] = ()

    def at(self, index: int) -> datetime:
        return self.start + self.seconds[index] * SECOND


def arrivals_at(*seconds: float, end: datetime = START + DAY) -> ArrivalSeconds:
    return ArrivalSeconds(DistributionMethod.EVEN, len(seconds), START, end, seconds=seconds)


def batches(source: ArrivalSeconds, time_scale: float = 1.0) -> list[tuple[float, int, int]]:
    planned = plan_batches(source, pace(end=source.end, time_scale=time_scale))
    return [((one.due_at - START) / SECOND, one.first_index, one.count) for one in planned]


def test_a_batch_is_due_at_the_whole_second_after_its_last_record() -> None:
    assert batches(arrivals_at(0.0, 0.4, 3.2, 60.0, 61.0)) == [(4, 0, 3), (61, 3, 2)]


def test_a_slot_of_a_day_is_nearly_nine_seconds_long() -> None:
    slot = 86_400 / 9_999

    assert len(batches(arrivals_at(0.0, slot - 0.001))) == 1
    assert len(batches(arrivals_at(0.0, slot + 0.001))) == 2


def test_a_slot_is_a_second_long_at_least() -> None:
    source = arrivals_at(0.0, 0.999, 1.0, 1.999, 2.0, end=START + 100 * SECOND)

    assert [count for _, _, count in batches(source)] == [2, 2, 1]


@pytest.mark.parametrize(("count", "sizes"), [(99, [99]), (100, [100]), (101, [100, 1]), (201, [100, 100, 1])])
def test_a_full_batch_has_a_hundred_records(count: int, sizes: list[int]) -> None:
    assert [size for _, _, size in batches(arrivals_at(*[0.0] * count))] == sizes


def test_overdue_batches_begin_a_quarter_of_a_second_apart() -> None:
    assert [due for due, _, _ in batches(arrivals_at(*[0.0] * 900))] == [0, 1, 1, 1, 1, 2, 2, 2, 2]


def test_batches_written_at_once_are_all_due_at_once() -> None:
    assert [due for due, _, _ in batches(arrivals_at(*[0.0] * 900), time_scale=0.0)] == [0] * 9


@pytest.mark.parametrize(("records", "most"), [(1, 1), (99, 99), (9_999, 9_999), (20_000, 10_000), (1_000_000, 11_001)])
def test_a_run_has_at_most_so_many_batches(records: int, most: int) -> None:
    assert max_batches(records) == most


def test_a_run_by_the_clock_has_all_its_batches_open() -> None:
    assert map_concurrency(pace(), 40) == 10_000
    assert map_concurrency(pace(time_scale=0.0), 40) == 40


def test_a_batch_is_read_from_the_row_that_it_was_written_as() -> None:
    one = Batch(3, START, 300, 7)

    assert Batch.from_row(one.to_row()) == one
    assert list(one.indexes) == list(range(300, 307))


# Waves


def test_a_wave_holds_what_is_due_within_a_second() -> None:
    activities = [(START + seconds * SECOND, number, 0) for number, seconds in enumerate((0.0, 1.0, 1.001, 2.001, 2.1))]

    waves = plan_waves(activities, pace())

    assert [[one.index for one in wave] for wave in waves] == [[0, 1], [2, 3], [4]]
    assert [(row["wave"], row["count"], row["dueAt"]) for row in wave_rows(waves)] == [
        (0, 2, "2026-03-02T14:00:01.000Z"),
        (1, 2, "2026-03-02T14:00:03.000Z"),
        (2, 1, "2026-03-02T14:00:03.000Z"),
    ]


def test_waves_are_no_longer_than_their_number_requires() -> None:
    activities = [(START + seconds * SECOND, seconds, 0) for seconds in (0, 10, 20, 30)]

    assert [len(wave) for wave in plan_waves(activities, pace(), 4)] == [1, 1, 1, 1]
    assert [len(wave) for wave in plan_waves(activities, pace(), 3)] == [2, 2]
    assert [len(wave) for wave in plan_waves(activities, pace(), 1)] == [4]


@pytest.mark.parametrize(("records", "most"), [(1, 500), (1_000, 500), (2_000, 250), (1_000_000, 45)])
def test_a_batch_has_at_most_so_many_waves(records: int, most: int) -> None:
    assert max_waves(records) == most


# Spans


def test_a_backfill_without_times_covers_the_last_ninety_days() -> None:
    span = resolve_simulated_span(simulation_input(mode="BACKFILL"), START)

    assert (span.start, span.end, span.time_scale) == (START - 90 * DAY, START, 0.0)


def test_a_backfill_may_name_the_scale_that_it_has_anyway() -> None:
    assert resolve_simulated_span(simulation_input(mode="BACKFILL", timeScale=0), START).time_scale == 0.0
    with pytest.raises(InvalidSimulationError, match="timeScale: mode BACKFILL writes at once"):
        resolve_simulated_span(simulation_input(mode="BACKFILL", timeScale=1), START)


def span_error(**fields: object) -> str:
    with pytest.raises(InvalidSimulationError) as raised:
        resolve_simulated_span(simulation_input(**fields), START)
    return raised.value.field


def iso(moment: datetime) -> str:
    return moment.isoformat()


def test_a_backfills_times_lie_in_the_past_and_in_order() -> None:
    assert span_error(mode="BACKFILL", endTime=iso(START + SECOND)) == "endTime"
    assert span_error(mode="BACKFILL", startTime=iso(START)) == "startTime"
    ended = resolve_simulated_span(
        simulation_input(mode="BACKFILL", startTime=iso(START - SECOND), endTime=iso(START)), START
    )
    assert (ended.start, ended.end) == (START - SECOND, START)


def test_a_live_run_needs_time_that_has_not_passed() -> None:
    past = {"startTime": iso(START - 2 * DAY), "endTime": iso(START - DAY)}

    assert span_error(mode="LIVE", timeScale=0, startTime=iso(START)) == "timeScale"
    assert span_error(mode="LIVE", timeScale=1, **past) == "endTime"
    replayed = resolve_simulated_span(simulation_input(mode="LIVE", timeScale=2, **past), START)
    assert replayed.pace(START).mode is RunMode.LIVE


def test_a_live_run_that_ends_now_has_nothing_to_wait_for_and_one_that_ends_later_has() -> None:
    assert span_error(mode="LIVE", timeScale=1, startTime=iso(START - DAY), endTime=iso(START)) == "endTime"
    later = simulation_input(mode="LIVE", timeScale=1, startTime=iso(START - DAY), endTime=iso(START + SECOND))
    assert resolve_simulated_span(later, START).end == START + SECOND


def test_a_live_run_of_one_moment_that_has_passed_has_nothing_to_wait_for() -> None:
    moment = iso(START - DAY)

    assert span_error(mode="LIVE", timeScale=1, startTime=moment, endTime=moment) == "endTime"


def test_time_on_a_fast_clock_ends_in_the_year_2200() -> None:
    fast = pace(time_scale=1_000_000.0)

    assert fast.cutoff == fast.to_simulated(START + MAX_RUN) == datetime(2200, 1, 1, tzinfo=UTC)


def test_a_run_ends_within_what_an_execution_lasts() -> None:
    last = START + MAX_RUN

    assert resolve_simulated_span(simulation_input(startTime=iso(START), endTime=iso(last)), START).end == last
    assert span_error(startTime=iso(START), endTime=iso(last + SECOND)) == "endTime"
    assert span_error(startTime=iso(last + SECOND), endTime=iso(last + 2 * SECOND)) == "startTime"
    scaled = {"startTime": iso(START), "endTime": iso(START + 10 * DAY)}
    assert span_error(timeScale=10 / 362, **scaled) == "timeScale"
    assert resolve_simulated_span(simulation_input(timeScale=10 / 360, **scaled), START).end == START + 10 * DAY
    assert MAX_RUN == 361 * DAY


def test_a_scale_is_nothing_or_at_least_a_hundredth() -> None:
    times = {"startTime": iso(START), "endTime": iso(START + DAY)}

    assert span_error(timeScale=0.0099, **times) == "timeScale"
    assert resolve_simulated_span(simulation_input(timeScale=0.01, **times), START).time_scale == 0.01


def test_a_run_by_the_clock_writes_nothing_after_its_last_day() -> None:
    real, fast = pace(), pace(time_scale=10.0)

    assert (real.cutoff, fast.cutoff) == (START + MAX_RUN, START + 10 * MAX_RUN)
    assert pace(time_scale=0.0).cutoff is None
    assert pace(start=START - 2 * DAY, end=START - DAY).cutoff == START


@pytest.mark.parametrize("time_scale", [1.0, 2.0, 0.5])
def test_real_time_and_simulated_time_are_inverse(time_scale: float) -> None:
    for mapping in (pace(time_scale=time_scale), pace(start=START + DAY, end=START + 2 * DAY, time_scale=time_scale)):
        moment = mapping.start + 7 * MINUTE
        assert mapping.to_simulated(mapping.to_real(moment)) == moment
        assert mapping.to_simulated(START - DAY) == mapping.start


def test_a_wait_ends_at_a_whole_second() -> None:
    assert whole_second(START) == START
    assert whole_second(START + timedelta(microseconds=1)) == START + SECOND


# Overrides of a scenario


def test_overrides_replace_what_they_name_and_keep_the_rest() -> None:
    shipped = load_scenario("B2B").parameters
    rule = (
        '{"moment": "qualified", "objectType": "tasks", "probability": 0.5, "delayMinutes": 9, "delaySpreadMinutes": 1'
    )
    overrides = ScenarioOverrides.model_validate_json(
        f'{{"winRate": 0.9, "notesPerLead": {{"low": 1, "high": 2}}, "caps": {{"notes": 1}}, '
        f'"rules": [{rule}}}, {rule}, "unless": "calls"}}]}}'
    )

    changed = apply_overrides(shipped, overrides)

    assert (changed.win_rate, changed.sales_cycle_days) == (0.9, shipped.sales_cycle_days)
    assert changed.notes_per_lead == CountRange(1, 2)
    assert changed.caps == {**shipped.caps, ObjectType.NOTES: 1}
    assert changed.budgets == shipped.budgets
    assert [one.unless for one in changed.rules] == [None, ObjectType.CALLS]
    assert changed.rules[0] == ActivityRule(LifecycleTrigger.QUALIFIED, ObjectType.TASKS, 0.5, 9, 1)


def kinds_by_contact(histories: AccountHistories) -> list[list[ObjectType]]:
    total = histories.plan.total_records
    return [[event.object_type for event in histories.events(index)] for index in range(total)]


def test_caps_and_budgets_of_the_input_limit_activities() -> None:
    made = plan(totalRecords=40, activities={"caps": {"notes": 1}, "budgets": {"tasks": 5}}, timeScale=0)
    cut = AccountHistories.from_plan(made).compute_budget_cutoffs()
    kinds = kinds_by_contact(AccountHistories.from_plan(made.model_copy(update={"budget_cuts": cut})))

    assert list(cut) == [ObjectType.TASKS]
    assert sum(one.count(ObjectType.TASKS) for one in kinds) == 5
    assert max(one.count(ObjectType.NOTES) for one in kinds) == 1


def test_without_activities_nothing_happens_after_the_arrival() -> None:
    histories = AccountHistories.from_plan(plan(activities={"enabled": False}, timeScale=0))

    assert (histories.has_activities, histories.compute_budget_cutoffs()) == (False, {})
    assert kinds_by_contact(histories) == [[], [], []]


def test_without_activities_all_contacts_of_an_account_arrive_with_it() -> None:
    made = plan(totalRecords=40, startTime=iso(START), endTime=iso(START + DAY), activities={"enabled": False})
    histories = AccountHistories.from_plan(made)

    assert kinds_by_contact(histories) == [[]] * 40
    assert all(histories.arrives_with_company(index) for index in range(40))
    for account in range(histories.arrivals.count):
        assert set(histories.history(account).story.joined_at) == {histories.arrivals.at(account)}


# Whole accounts


@pytest.mark.parametrize("time_scale", [0, 1, 500])
def test_no_batch_divides_an_account(time_scale: float) -> None:
    made = plan(totalRecords=900, startTime=iso(START), endTime=iso(START + DAY), timeScale=time_scale)
    histories = AccountHistories.from_plan(made)
    planned = list(histories.batches())

    assert [index for one in planned for index in one.indexes] == list(range(900))
    assert max(one.count for one in planned) <= 100
    ends = {histories.contacts(account).stop for account in range(histories.arrivals.count)}
    assert all(one.indexes.stop in ends for one in planned)
    assert len(planned) <= max_batches(900, 6)


def test_accounts_of_a_hundred_contacts_fill_a_batch_each() -> None:
    made = plan(totalRecords=250, contactsPerCompany={"min": 100, "max": 100}, timeScale=0)

    assert [one.count for one in AccountHistories.from_plan(made).batches()] == [100, 100, 50]


@pytest.mark.parametrize(
    ("records", "largest", "most"), [(20_000, 6, 10_000), (1_000_000, 6, 11_527), (1_000, 100, 1_000)]
)
def test_whole_accounts_need_few_more_batches(records: int, largest: int, most: int) -> None:
    assert max_batches(records, largest) == most
