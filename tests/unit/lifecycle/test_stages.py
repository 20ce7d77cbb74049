"""How far contacts come, and what a seller does on the way."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from accounts import ARRIVAL, settings
from unit.lifecycle.many_accounts import consumer_settings

from simcrm.lifecycle.account_events import contact_stage
from simcrm.lifecycle.account_history import SUPPORT_DAYS, SUPPORT_SHARE
from simcrm.models.account_story import AccountStory, SceneKind
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import DealOutcome, LifecycleStage, LifecycleTrigger

ORDER = list(LifecycleStage)
DAY = timedelta(days=1)
MOMENTS = [None, ARRIVAL + 7 * DAY, ARRIVAL + 60 * DAY]


def stages(story: AccountStory, at: datetime | None) -> list[LifecycleStage]:
    return [contact_stage(story, position, at) for position in range(len(story.joined_at))]


def is_reached(moment: datetime, at: datetime | None) -> bool:
    return at is None or moment <= at


@pytest.mark.parametrize("at", MOMENTS)
def test_a_contact_stands_where_its_deals_say(histories: list[AccountStory], at: datetime | None) -> None:
    for story in histories:
        won, opened = set(), set()
        for deal in story.deals:
            members = {member.position for member in deal.committee if is_reached(story.joined_at[member.position], at)}
            if is_reached(deal.opened_at, at):
                opened |= members
            if deal.final.outcome is DealOutcome.WON and is_reached(deal.final.at, at):
                won |= members
        for position, stage in enumerate(stages(story, at)):
            if position in won:
                assert stage is LifecycleStage.CUSTOMER
            elif position in opened:
                assert stage is LifecycleStage.OPPORTUNITY
            else:
                assert stage in {LifecycleStage.LEAD, LifecycleStage.MARKETING_QUALIFIED}


def test_contacts_come_ever_fewer_down_the_funnel(histories: list[AccountStory], consumers: list[AccountStory]) -> None:
    for some in (histories, consumers):
        reached = Counter(stage for story in some for stage in stages(story, ARRIVAL + 60 * DAY))
        at_least = [sum(reached[later] for later in ORDER[place:]) for place in range(len(ORDER))]
        assert at_least == sorted(at_least, reverse=True)
        assert all(reached[stage] > 0 for stage in ORDER)


def test_no_moment_shows_a_stage_that_is_yet_to_come(histories: list[AccountStory]) -> None:
    for story in histories:
        week, month, end = (stages(story, at) for at in (ARRIVAL + 7 * DAY, ARRIVAL + 30 * DAY, None))
        for places in zip(week, month, end, strict=True):
            assert sorted(map(ORDER.index, places)) == list(map(ORDER.index, places))


@pytest.mark.parametrize("kind", [ObjectType.NOTES, ObjectType.TASKS])
def test_follow_ups_happen_while_the_deal_is_open_and_as_often_as_the_scenario_says(
    histories: list[AccountStory], kind: ObjectType
) -> None:
    parameters = settings().parameters
    habit = {
        ObjectType.NOTES: parameters.notes_per_lead,
        ObjectType.TASKS: parameters.tasks_per_lead,
    }[kind]
    counts: list[int] = []
    for story in histories:
        own: Counter[tuple[int, int]] = Counter()
        for touch in story.touches:
            if touch.object_type is not kind or touch.trigger is not LifecycleTrigger.OPPORTUNITY:
                continue
            number = story.scenes[touch.scene].deal
            assert number is not None
            deal = story.deals[number]
            assert deal.opened_at <= touch.begins_at <= touch.at <= deal.final.at + 4 * DAY
            own[number, touch.position] += 1
        counts += [own[deal.number, member.position] for deal in story.deals for member in deal.committee]

    assert habit.low <= min(counts) <= max(counts) <= habit.high
    assert sum(counts) / len(counts) == pytest.approx((habit.low + habit.high) / 2, abs=0.05)


def test_calls_of_a_deal_are_as_many_as_the_scenario_says_and_know_whether_it_is_won(
    histories: list[AccountStory],
) -> None:
    counts: list[int] = []
    for story in histories:
        own: Counter[tuple[int, int]] = Counter()
        for touch in story.touches:
            number = story.scenes[touch.scene].deal
            if touch.object_type is not ObjectType.CALLS or number is None:
                continue
            deal = story.deals[number]
            if touch.at < deal.final.at:
                assert touch.trigger is LifecycleTrigger.OPPORTUNITY
            else:
                assert touch.trigger is LifecycleTrigger.WON
                assert story.scenes[touch.scene].kind is SceneKind.CHECK_IN
            own[number, touch.position] += 1
        counts += [own[deal.number, member.position] for deal in story.deals for member in deal.committee]

    assert set(counts) == {0, 1}
    assert sum(counts) / len(counts) == pytest.approx(0.5, abs=0.05)


def test_some_customers_write_to_support_after_their_purchase_and_nobody_else_does(
    histories: list[AccountStory], consumers: list[AccountStory]
) -> None:
    for some in (histories, consumers):
        customers = tickets = 0
        for story in some:
            purchases = [deal for deal in story.deals if deal.lost_reason is None and not deal.is_existing_business]
            requests = [touch for touch in story.touches if touch.trigger is LifecycleTrigger.SUPPORT]
            asked = [touch for touch in requests if touch.object_type is ObjectType.TICKETS]
            customers, tickets = customers + len(purchases), tickets + len(asked)
            assert len(asked) <= len(purchases)
            for touch in asked:
                since = touch.at - purchases[0].final.at
                assert SUPPORT_DAYS[0] * DAY - 4 * DAY <= since <= (SUPPORT_DAYS[1] + 4) * DAY
                assert since > timedelta(0)
        assert tickets / customers == pytest.approx(SUPPORT_SHARE, abs=0.04)


def test_a_qualified_contact_gets_a_call_or_a_task_but_not_both(
    histories: list[AccountStory], consumers: list[AccountStory]
) -> None:
    for some in (histories, consumers):
        for story in some:
            qualified = Counter(
                touch.position for touch in story.touches if touch.trigger is LifecycleTrigger.QUALIFIED
            )
            assert max(qualified.values(), default=0) <= 1


def test_a_contact_that_goes_cold_has_no_deal_and_never_qualified(histories: list[AccountStory]) -> None:
    cold = [story for story in histories if any(touch.trigger is LifecycleTrigger.REGRESSED for touch in story.touches)]

    assert cold
    assert all(not story.deals and story.qualified_at is None for story in cold)


def test_what_follows_from_the_end_of_a_deal_comes_after_it(histories: list[AccountStory]) -> None:
    ends = {LifecycleTrigger.WON: DealOutcome.WON, LifecycleTrigger.LOST: DealOutcome.LOST}
    found: Counter[LifecycleTrigger] = Counter()
    for story in histories:
        for touch in story.touches:
            if touch.trigger in ends:
                before = [deal for deal in story.deals if deal.final.at <= touch.at]
                assert ends[touch.trigger] in {deal.final.outcome for deal in before}
                found[touch.trigger] += 1

    assert min(found[trigger] for trigger in ends) > 100


def test_a_deal_takes_about_as_long_as_the_sales_cycle_of_consumers(consumers: list[AccountStory]) -> None:
    days = [(story.deals[0].final.at - story.deals[0].opened_at) / DAY for story in consumers if story.deals]
    cycle = consumer_settings().parameters.sales_cycle_days

    assert sum(days) / len(days) == pytest.approx(cycle, rel=0.1)
    assert min(days) > 0.05 * cycle
