"""What an account's history leaves in a portal, at once and along the clock."""

from collections import Counter
from datetime import timedelta

import pytest
from accounts import ARRIVAL
from unit.lifecycle.many_accounts import business_histories, consumer_histories

from simcrm.lifecycle.account_events import EventSettings, account_events, contact_stage, deal_state, stage_times
from simcrm.models.account_story import AccountStory, PromiseKind
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE, DealPipeline
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage
from simcrm.synthetic import load_scenario

CUTOFF = ARRIVAL + timedelta(days=120)
AT_ONCE = EventSettings(DEFAULT_PIPELINE, {}, CUTOFF, emit_changes=False)
LIVE = EventSettings(DEFAULT_PIPELINE, {}, None, emit_changes=True)


@pytest.fixture(scope="module")
def histories() -> list[AccountStory]:
    return business_histories()[::5]


def all_events(story: AccountStory, settings: EventSettings) -> list[ActivityEvent]:
    return [event for own in account_events(story, settings) for event in own]


def test_nothing_happens_after_the_cutoff(histories: list[AccountStory]) -> None:
    events = [event for story in histories for event in all_events(story, AT_ONCE)]
    assert events
    assert max(event.at for event in events) <= CUTOFF


def test_a_contact_has_its_activities_numbered_by_type(histories: list[AccountStory]) -> None:
    for story in histories:
        for own in account_events(story, AT_ONCE):
            for kind in ObjectType:
                ordinals = [event.ordinal for event in own if event.object_type is kind]
                expected = ordinals if kind in {ObjectType.DEALS, ObjectType.LINE_ITEMS} else list(range(len(ordinals)))
                assert ordinals == expected
                assert len(set(ordinals)) == len(ordinals)


@pytest.mark.parametrize("using", [AT_ONCE, LIVE], ids=["at once", "live"])
def test_events_stand_in_the_order_in_which_they_happen_and_none_before_its_contact(
    histories: list[AccountStory], using: EventSettings
) -> None:
    for story in histories:
        for position, own in enumerate(account_events(story, using)):
            times = [event.at for event in own]
            assert times == sorted(times)
            assert all(at >= story.joined_at[position] for at in times)


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_caps_leave_out_what_is_above_them(scenario: str) -> None:
    stories = {"B2B": business_histories, "B2C": consumer_histories}[scenario]()[::2]
    caps = load_scenario(scenario).parameters.caps
    most: Counter[ObjectType] = Counter()
    for story in stories:
        for own in account_events(story, EventSettings(DEFAULT_PIPELINE, caps, None, emit_changes=False)):
            most |= Counter(event.object_type for event in own)

    assert {kind: most[kind] for kind in caps} == caps


def test_a_cap_cuts_what_comes_later(histories: list[AccountStory]) -> None:
    capped = EventSettings(DEFAULT_PIPELINE, {ObjectType.NOTES: 1}, None, emit_changes=False)
    free = EventSettings(DEFAULT_PIPELINE, {}, None, emit_changes=False)
    for story in histories[:100]:
        for less, more in zip(account_events(story, capped), account_events(story, free), strict=True):
            notes = [event for event in more if event.object_type is ObjectType.NOTES]
            assert [event for event in less if event.object_type is ObjectType.NOTES] == notes[:1]


def test_lines_of_a_deal_that_a_cap_leaves_out_are_left_out_too(histories: list[AccountStory]) -> None:
    capped = EventSettings(DEFAULT_PIPELINE, {ObjectType.DEALS: 1}, None, emit_changes=False)
    for story in histories:
        events = [event for own in account_events(story, capped) for event in own]
        assert {event.deal.number for event in events if event.deal is not None} <= {0}


def test_a_deal_is_open_at_the_cutoff_if_it_closes_later(histories: list[AccountStory]) -> None:
    deals = {DealOutcome.OPEN: 0, DealOutcome.WON: 0, DealOutcome.LOST: 0}
    for story in histories:
        for event in all_events(story, AT_ONCE):
            if event.object_type is ObjectType.DEALS and event.deal is not None:
                final = story.deals[event.deal.number].final
                is_closed = event.deal.outcome is not DealOutcome.OPEN
                assert is_closed == (final.at <= CUTOFF)
                deals[event.deal.outcome] += 1
    assert min(deals.values()) > 0


def test_a_stage_is_one_of_the_portals_pipeline(histories: list[AccountStory]) -> None:
    deal = next(deal for story in histories for deal in story.deals if deal.lost_reason is None)
    assert deal_state(deal, deal.opened_at, DEFAULT_PIPELINE).stage == DEFAULT_PIPELINE.open[0]
    assert deal_state(deal, None, DEFAULT_PIPELINE).stage == DEFAULT_PIPELINE.won


def test_stages_are_those_of_the_pipeline_that_is_given(histories: list[AccountStory]) -> None:
    pipeline = DealPipeline(id="own", open=("10", "20"), won="30", lost="40")
    using = EventSettings(pipeline, {}, CUTOFF, emit_changes=False)
    stages = {
        (event.deal.outcome, event.deal.stage)
        for story in histories
        for event in all_events(story, using)
        if event.object_type is ObjectType.DEALS and event.deal is not None
    }

    assert stages == {
        (DealOutcome.OPEN, "10"),
        (DealOutcome.OPEN, "20"),
        (DealOutcome.WON, "30"),
        (DealOutcome.LOST, "40"),
    }


@pytest.mark.parametrize("outcome", [DealOutcome.WON, DealOutcome.LOST])
def test_a_deal_that_closes_at_the_cutoff_is_closed(histories: list[AccountStory], outcome: DealOutcome) -> None:
    deal = next(deal for story in histories for deal in story.deals if deal.final.outcome is outcome)
    before = deal_state(deal, deal.final.at - timedelta(microseconds=1), DEFAULT_PIPELINE)

    assert deal_state(deal, deal.final.at, DEFAULT_PIPELINE) == deal_state(deal, None, DEFAULT_PIPELINE)
    assert deal_state(deal, deal.final.at, DEFAULT_PIPELINE).closes_at == deal.final.at
    assert before.outcome is DealOutcome.OPEN
    assert before.stage in DEFAULT_PIPELINE.open


def test_a_deal_is_associated_with_its_committee(histories: list[AccountStory]) -> None:
    sizes = [
        len(event.contacts)
        for story in histories
        for event in all_events(story, AT_ONCE)
        if event.object_type is ObjectType.DEALS
    ]
    assert sum(sizes) / len(sizes) >= 2


def test_activities_name_contacts_who_are_there(histories: list[AccountStory]) -> None:
    for story in histories:
        for event in all_events(story, AT_ONCE):
            if event.touch is not None:
                assert all(story.joined_at[place] <= event.at for place in event.contacts[1:])


def test_live_contacts_enter_when_they_join_and_only_advance(histories: list[AccountStory]) -> None:
    order = list(LifecycleStage)
    for story in histories:
        for position, own in enumerate(account_events(story, LIVE)):
            contacts = [event for event in own if event.object_type is ObjectType.CONTACTS]
            created = [event for event in contacts if not event.is_change]
            assert len(created) == (position > 0)
            assert all(event.at == story.joined_at[position] for event in created)
            stages = [order.index(event.stage) for event in contacts if event.stage is not None]
            assert stages == sorted(set(stages))


def test_live_deals_are_written_again_when_they_change(histories: list[AccountStory]) -> None:
    changed_lines = 0
    for story in histories:
        for deal in story.deals:
            events = [
                event
                for event in all_events(story, LIVE)
                if event.object_type is ObjectType.DEALS and event.deal is not None and event.deal.number == deal.number
            ]
            assert [event.is_change for event in events] == [False] + [True] * (len(deal.revisions) - 1)
            assert [event.at for event in events] == [revision.at for revision in deal.revisions]
        changed_lines += sum(
            event.is_change for event in all_events(story, LIVE) if event.object_type is ObjectType.LINE_ITEMS
        )
    assert changed_lines


def test_contacts_reach_the_stage_of_their_deal(histories: list[AccountStory]) -> None:
    story = next(story for story in histories if story.deals and story.deals[0].lost_reason is None)
    deal = story.deals[0]
    before, member = deal.opened_at - timedelta(seconds=1), deal.committee[0].position
    assert contact_stage(story, member, before) is LifecycleStage.MARKETING_QUALIFIED
    assert contact_stage(story, member, deal.opened_at) is LifecycleStage.OPPORTUNITY
    assert contact_stage(story, member, None) is LifecycleStage.CUSTOMER
    assert (LifecycleStage.CUSTOMER, deal.final.at) in stage_times(story, member)


def test_nine_of_ten_tasks_are_due_before_the_meeting_that_they_prepare(histories: list[AccountStory]) -> None:
    meetings = {PromiseKind.DISCOVERY, PromiseKind.DEMO, PromiseKind.WORKSHOP, PromiseKind.REVIEW_PROPOSAL}
    prepared = late = 0
    for story in histories:
        for touch in story.touches:
            promise = story.scenes[touch.scene].promise
            if touch.object_type is not ObjectType.TASKS or promise is None or promise.kind not in meetings:
                continue
            if touch.begins_at < promise.due_at - timedelta(hours=22):
                prepared += 1
                late += touch.at > promise.due_at
    assert prepared > 100
    assert late < 0.1 * prepared
