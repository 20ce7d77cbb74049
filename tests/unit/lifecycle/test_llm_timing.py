"""Times that a model proposes: taken where the history allows it, else the composed time stays."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from accounts import ARRIVAL
from unit.lifecycle.many_accounts import business_histories

from simcrm.lifecycle.account_events import EventSettings, account_events
from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.lifecycle.llm_timing import MAX_DELAY_FACTOR, RetimedEvents, apply_proposed_times, default_delay_minutes
from simcrm.models.account_story import AccountStory, Channel, Purpose, Scene, SceneKind, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger

UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOTES = ObjectType.NOTES
OTHER_TYPES = [kind for kind in ObjectType if kind is not NOTES]


def after(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def history(times: Sequence[float], kind: ObjectType, scenes: Sequence[float]) -> AccountStory:
    """A history with scenes, and activities of the first of them, after these minutes."""
    touches = tuple(Touch(kind, after(minutes), 0, 0, LifecycleTrigger.CREATED, Purpose.SUMMARY) for minutes in times)
    told = tuple(
        Scene(number, SceneKind.DISCOVERY, Channel.WEB, after(minutes), 0, (0,))
        for number, minutes in enumerate(scenes)
    )
    return AccountStory(0, (MONDAY,), None, told, touches, ())


def events_of(story: AccountStory) -> list[ActivityEvent]:
    return [
        ActivityEvent(touch.object_type, place, touch.at, touch.trigger, touch=place, contacts=(0,))
        for place, touch in enumerate(story.touches)
    ]


def apply_times(
    times: Sequence[float],
    proposals: Sequence[int | None],
    *,
    kind: ObjectType = NOTES,
    scenes: Sequence[float] = (0,),
    zone: ZoneInfo = UTC_ZONE,
    cutoff: datetime | None = None,
) -> RetimedEvents:
    story = history(times, kind, scenes)
    return apply_proposed_times(story, events_of(story), proposals, zone=zone, cutoff=cutoff)


def event_minutes(timing: RetimedEvents) -> list[float]:
    return [(event.at - MONDAY) / timedelta(minutes=1) for event in timing.events]


@pytest.mark.parametrize("minutes", [1, 7, 29, 30, 60, 90])
def test_a_proposal_within_bounds_is_taken(minutes: int) -> None:
    timing = apply_times([30], [minutes])

    assert event_minutes(timing) == [minutes]
    assert (timing.by_model, timing.by_default) == (1, 0)


@pytest.mark.parametrize("minutes", [None, 0, -5, 91, 10_000_000])
def test_without_a_usable_proposal_the_composed_time_stays(minutes: int | None) -> None:
    timing = apply_times([30], [minutes])

    assert event_minutes(timing) == [30]
    assert (timing.by_model, timing.by_default) == (0, 1)


def test_only_the_time_of_a_note_changes() -> None:
    (before,) = events_of(history([30], NOTES, [0]))

    (moved,) = apply_times([30], [40]).events

    assert (moved.object_type, moved.ordinal, moved.trigger) == (before.object_type, before.ordinal, before.trigger)
    assert (moved.touch, moved.contacts, moved.deal) == (before.touch, before.contacts, before.deal)


def test_a_proposal_at_night_is_put_off_to_working_time_of_the_place() -> None:
    timing = apply_times([600], [500], zone=ZoneInfo("America/New_York"))

    assert timing.by_model == 1
    assert timing.events[0].at == after(500)
    assert apply_times([1500], [500]).events[0].at == next_working_moment(after(500), UTC_ZONE) != after(500)


def test_a_proposal_that_working_time_puts_off_too_far_is_refused() -> None:
    assert event_minutes(apply_times([470], [481])) == [470]
    assert event_minutes(apply_times([200], [500])) == [200]


@pytest.mark.parametrize(("minutes", "expected"), [(59, 30), (60, 60)])
def test_nothing_happens_after_the_cutoff(minutes: int, expected: int) -> None:
    assert event_minutes(apply_times([30], [60], cutoff=after(minutes))) == [expected]


@pytest.mark.parametrize(
    ("proposals", "expected"), [([50, None], [30, 40]), ([None, 20], [30, 40]), ([50, 70], [50, 70])]
)
def test_notes_do_not_change_places(proposals: list[int | None], expected: list[int]) -> None:
    assert event_minutes(apply_times([30, 40], proposals)) == expected


def test_of_proposals_that_contradict_each_other_most_are_taken() -> None:
    timing = apply_times([30, 40, 50, 60], [80, 35, 45, 55])

    assert event_minutes(timing) == [30, 35, 45, 55]
    assert (timing.by_model, timing.by_default) == (3, 1)


@pytest.mark.parametrize(("composed", "proposed", "expected"), [(30, 60, 30), (30, 61, 30), (70, 59, 70), (70, 60, 60)])
def test_a_note_stays_on_its_side_of_every_scene(composed: int, proposed: int, expected: int) -> None:
    assert event_minutes(apply_times([composed], [proposed], scenes=[0, 60])) == [expected]


@pytest.mark.parametrize("kind", OTHER_TYPES)
def test_what_is_a_scene_or_a_promise_does_not_move_and_counts_for_nobody(kind: ObjectType) -> None:
    story = history([30], kind, [0])
    (event,) = events_of(story)

    assert default_delay_minutes(story, event) is None
    assert apply_times([30], [40], kind=kind) == RetimedEvents([event], 0, 0)


@pytest.mark.parametrize(("seconds", "minutes"), [(5, 1), (60, 1), (89, 1), (150, 2), (3_600, 60)])
def test_a_delay_is_told_in_whole_minutes_and_never_as_none(seconds: int, minutes: int) -> None:
    story = history([seconds / 60], NOTES, [0])

    assert default_delay_minutes(story, events_of(story)[0]) == minutes


def test_a_note_at_the_time_of_its_scene_has_no_delay_to_change() -> None:
    story = history([0], NOTES, [0])

    assert default_delay_minutes(story, events_of(story)[0]) is None
    assert apply_times([0], [5]) == RetimedEvents(events_of(story), 0, 0)


@pytest.mark.parametrize("emit_changes", [False, True])
def test_no_nonsense_breaks_a_history(*, emit_changes: bool) -> None:
    rng, zone = random.Random(7), ZoneInfo("Europe/Berlin")  # noqa: S311
    cutoff = None if emit_changes else ARRIVAL + timedelta(days=90)
    using = EventSettings(DEFAULT_PIPELINE, {}, cutoff, emit_changes=emit_changes)
    moved = 0
    for story in business_histories()[:150]:
        scenes = [scene.at for scene in story.scenes]
        for events in account_events(story, using):
            usual = [default_delay_minutes(story, event) for event in events]
            offers = [None if u is None else rng.choice([None, -1, u * 9, rng.randrange(1, 3 * u + 1)]) for u in usual]

            timing = apply_proposed_times(story, events, offers, zone=zone, cutoff=cutoff)

            assert timing.by_model + timing.by_default == sum(minutes is not None for minutes in usual)
            assert [event.at for event in timing.events] == sorted(event.at for event in timing.events)
            for new, old in zip(timing.events, events, strict=True):
                if new == old:
                    continue
                moved += 1
                assert new.touch is not None
                assert new.object_type is NOTES
                cause = story.scenes[story.touches[new.touch].scene].at
                assert cause < new.at <= cause + MAX_DELAY_FACTOR * (old.at - cause)
                assert next_working_moment(new.at, zone) == new.at
                assert cutoff is None or new.at <= cutoff
                assert [at <= new.at for at in scenes] == [at <= old.at for at in scenes]
                assert story.joined_at[new.contacts[0]] <= new.at
    assert moved > 100
