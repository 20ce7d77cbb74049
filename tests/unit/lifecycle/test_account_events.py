"""What an account's history leaves in a portal, at once and along the clock."""

from datetime import timedelta

import pytest
from accounts import ARRIVAL, stories

from simcrm.lifecycle.account_events import EventSettings, account_events, contact_stage, deal_state, stage_times
from simcrm.models.account_story import AccountStory
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage

CUTOFF = ARRIVAL + timedelta(days=120)
AT_ONCE = EventSettings(DEFAULT_PIPELINE, {}, CUTOFF, emit_changes=False)
LIVE = EventSettings(DEFAULT_PIPELINE, {}, None, emit_changes=True)


@pytest.fixture(scope="module")
def histories() -> list[AccountStory]:
    return list(stories(600))


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


def test_caps_leave_out_what_is_above_them(histories: list[AccountStory]) -> None:
    capped = EventSettings(DEFAULT_PIPELINE, {ObjectType.NOTES: 2}, None, emit_changes=False)
    counts = [
        sum(event.object_type is ObjectType.NOTES for event in own)
        for story in histories
        for own in account_events(story, capped)
    ]
    assert max(counts) == 2


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
