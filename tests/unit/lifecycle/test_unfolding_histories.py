"""A history as it unfolds, against the same history told at its end, and cut off on the way."""

from datetime import datetime, timedelta

import pytest
from accounts import ARRIVAL
from unit.lifecycle.many_accounts import business_histories

from simcrm.lifecycle.account_events import EventSettings, account_events, contact_stage
from simcrm.models.account_story import AccountStory
from simcrm.models.crm_objects import ACTIVITY_TYPES, ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage

DEALS, CONTACTS = ObjectType.DEALS, ObjectType.CONTACTS
ACTIVITIES = [kind for kind in ObjectType if kind in ACTIVITY_TYPES and kind is not ObjectType.LINE_ITEMS]
Key = tuple[ObjectType, int]


@pytest.fixture(scope="module")
def histories() -> list[AccountStory]:
    return business_histories()[::10]


def events(story: AccountStory, cutoff: datetime | None = None, *, live: bool = True) -> list[list[ActivityEvent]]:
    """The events of each contact; nothing is capped."""
    return list(account_events(story, EventSettings(DEFAULT_PIPELINE, {}, cutoff, emit_changes=live)))


def of_type(kind: ObjectType, own: list[ActivityEvent]) -> list[ActivityEvent]:
    return [event for event in own if event.object_type is kind]


@pytest.mark.parametrize("kind", [kind for kind in ACTIVITIES if kind is not DEALS])
def test_activities_are_those_of_the_history_told_at_its_end(histories: list[AccountStory], kind: ObjectType) -> None:
    def entries(own: list[ActivityEvent]) -> list[tuple[int, datetime, int | None]]:
        return [(event.ordinal, event.at, event.touch) for event in of_type(kind, own) if not event.is_change]

    for story in histories:
        assert list(map(entries, events(story))) == list(map(entries, events(story, live=False)))


def test_a_deal_walks_through_the_pipeline_to_the_end_it_has(histories: list[AccountStory]) -> None:
    stages, walked = list(DEFAULT_PIPELINE.open), 0
    for story in histories:
        for position, own in enumerate(events(story)):
            final = {event.ordinal: event.deal for event in of_type(DEALS, events(story, live=False)[position])}
            for number, end in final.items():
                states = [event.deal for event in of_type(DEALS, own) if event.ordinal == number]
                open_states = [state for state in states[:-1] if state is not None]
                places = [stages.index(state.stage) for state in open_states]
                assert places == sorted(places)
                assert places[0] == 0
                assert all(state.outcome is DealOutcome.OPEN for state in open_states)
                assert states[-1] == end
                walked += 1
    assert walked > 50


def test_an_activity_does_not_know_how_its_deal_will_end(histories: list[AccountStory]) -> None:
    early = [
        event
        for story in histories
        for own in events(story)
        for event in own
        if event.deal is not None
        and event.object_type is not DEALS
        and event.at < story.deals[event.deal.number].final.at
        and not event.is_change
    ]

    assert len(early) > 100
    assert all(event.deal is not None and event.deal.outcome is DealOutcome.OPEN for event in early)


def test_what_belongs_to_a_deal_happens_after_it_opens(histories: list[AccountStory]) -> None:
    for story in histories:
        for own in (*events(story), *events(story, live=False)):
            assert all(event.deal is None or event.deal.opened_at <= event.at for event in own)


def test_a_contact_starts_as_a_lead_and_ends_where_the_told_history_has_it(histories: list[AccountStory]) -> None:
    for story in histories:
        assert contact_stage(story, 0, story.joined_at[0]) is LifecycleStage.LEAD
        for position, own in enumerate(events(story)):
            stages = [event.stage for event in of_type(CONTACTS, own) if event.stage is not None]
            entered = contact_stage(story, position, story.joined_at[position])
            assert [entered, *stages][-1] is contact_stage(story, position, None)


@pytest.mark.parametrize("days", [0, 5, 30, 80, 200])
@pytest.mark.parametrize("live", [False, True], ids=["at once", "live"])
def test_nothing_happens_after_a_cutoff_and_what_was_before_it_stays(
    histories: list[AccountStory], days: int, *, live: bool
) -> None:
    cutoff = ARRIVAL + timedelta(days=days)
    for story in histories:
        for seen, own in zip(events(story, cutoff, live=live), events(story, live=live), strict=True):
            past = [event for event in own if event.at <= cutoff]
            if live:
                assert seen == past
            assert list(map(key, seen)) == list(map(key, past))


def key(event: ActivityEvent) -> tuple[ObjectType, int, datetime, int | None, tuple[int, ...]]:
    """What a cut-off may not change: all but the state of a deal that is told at the cut-off."""
    return event.object_type, event.ordinal, event.at, event.touch, event.contacts


def test_what_happens_at_the_cutoff_itself_is_kept_and_what_comes_after_it_is_not(
    histories: list[AccountStory],
) -> None:
    for story in histories[:25]:
        for position, own in enumerate(events(story)):
            for place, event in enumerate(own):
                before = events(story, event.at - timedelta(microseconds=1))[position]
                assert len(events(story, event.at)[position]) > place
                assert event not in before
