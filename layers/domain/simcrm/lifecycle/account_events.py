"""The objects that an account's history leaves in a portal: events by contact, in the order in which they are written.

If everything is written at once, a deal is written in the state that it has reached by the cut-off. If a run follows
the clock, contacts enter when they join, and a deal and its lines are written again whenever they change.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from simcrm.models.account_story import AccountStory, DealStory, Purpose, Scene, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, LifecycleStage, LifecycleTrigger

MAX_LINES = 20
"""Maximum line items of a deal; their ordinals leave this much room for each deal."""

_TRIGGERS = {
    DealOutcome.OPEN: LifecycleTrigger.OPPORTUNITY,
    DealOutcome.WON: LifecycleTrigger.WON,
    DealOutcome.LOST: LifecycleTrigger.LOST,
}
_SHARED = {Purpose.MEETING, Purpose.SUMMARY}
"""Activities that belong to all participants of their scene."""


@dataclass(frozen=True, slots=True)
class EventSettings:
    """How a history becomes events: the portal's pipeline, the caps by record, and the cut-off.

    ``emit_changes`` is true if events are written as they happen, so that every change is an event of its own.
    """

    pipeline: DealPipeline
    caps: Mapping[ObjectType, int]
    cutoff: datetime | None
    emit_changes: bool

    def reaches(self, at: datetime) -> bool:
        """Whether a time is not after the cut-off."""
        return self.cutoff is None or at <= self.cutoff


def contact_stage(story: AccountStory, position: int, at: datetime | None) -> LifecycleStage:
    """Return the lifecycle stage that a contact has reached by a time, or in the end if it is None."""
    reached = [stage for stage, since in stage_times(story, position) if at is None or since <= at]
    return max(reached, key=list(LifecycleStage).index, default=LifecycleStage.LEAD)


def stage_times(story: AccountStory, position: int) -> Iterator[tuple[LifecycleStage, datetime]]:
    """Yield each lifecycle stage of a contact with the time since which the contact has it."""
    joined = story.joined_at[position]
    yield LifecycleStage.LEAD, joined
    if story.qualified_at is not None:
        yield LifecycleStage.MARKETING_QUALIFIED, max(joined, story.qualified_at)
    for deal in story.deals:
        since = next((member.joined_at for member in deal.committee if member.position == position), None)
        if since is not None:
            yield LifecycleStage.OPPORTUNITY, max(joined, deal.opened_at)
            if deal.final.outcome is DealOutcome.WON:
                yield LifecycleStage.CUSTOMER, max(joined, deal.final.at)


def deal_state(deal: DealStory, at: datetime | None, pipeline: DealPipeline) -> DealState:
    """Return the state of a deal at a time not before it opens, or in the end if it is None."""
    number, revision = [
        (number, revision) for number, revision in enumerate(deal.revisions) if at is None or revision.at <= at
    ][-1]
    closed = {DealOutcome.WON: pipeline.won, DealOutcome.LOST: pipeline.lost}
    stage = closed.get(revision.outcome) or pipeline.stage_at(revision.progress)
    main = deal.committee[0].position
    return DealState(stage, revision.outcome, deal.opened_at, revision.closes_at, deal.number, number, main)


def account_events(story: AccountStory, settings: EventSettings) -> tuple[list[ActivityEvent], ...]:
    """Return the events of each contact of an account by position, in chronological order."""
    events: list[list[ActivityEvent]] = [[] for _ in story.joined_at]
    for position, event in _touch_events(story, settings):
        events[position].append(event)
    for deal in story.deals:
        events[deal.committee[0].position] += _deal_events(story, deal, settings)
    if settings.emit_changes:
        for position in range(len(events)):
            events[position] += _contact_events(story, position, settings)
    return unlink_missing_deals(tuple(sorted(own, key=_order) for own in events))


def unlink_missing_deals(events: tuple[list[ActivityEvent], ...]) -> tuple[list[ActivityEvent], ...]:
    """Return an account's events without the lines and the links of deals that are not among the events."""
    present = {event.ordinal for own in events for event in own if event.object_type is ObjectType.DEALS}
    return tuple([_unlink(event, present) for event in own if not _is_orphan(event, present)] for own in events)


def _is_orphan(event: ActivityEvent, deals: set[int]) -> bool:
    return event.object_type is ObjectType.LINE_ITEMS and event.deal is not None and event.deal.number not in deals


def _unlink(event: ActivityEvent, deals: set[int]) -> ActivityEvent:
    return event if event.deal is None or event.deal.number in deals else replace(event, deal=None)


def _touch_events(story: AccountStory, settings: EventSettings) -> Iterator[tuple[int, ActivityEvent]]:
    """Yield the activities with the positions of their contacts, numbered by type and without those above a cap."""
    counts: Counter[tuple[int, ObjectType]] = Counter()
    # A task is entered before it is due, so touches are not entered in their own order.
    for place, touch in sorted(enumerate(story.touches), key=lambda item: item[1].begins_at):
        ordinal = counts[touch.position, touch.object_type]
        if settings.reaches(touch.begins_at) and ordinal < settings.caps.get(touch.object_type, ordinal + 1):
            counts[touch.position, touch.object_type] += 1
            event = _touch_event(story, place, touch, ordinal, settings)
            yield touch.position, event
            ends_at = touch.ends_at
            if settings.emit_changes and ends_at is not None and settings.reaches(ends_at):
                yield touch.position, replace(event, at=max(ends_at, event.at), is_change=True)


def _touch_event(story: AccountStory, place: int, touch: Touch, ordinal: int, settings: EventSettings) -> ActivityEvent:
    scene = story.scenes[touch.scene]
    deal = None if scene.deal is None else story.deals[scene.deal]
    others = _others(touch, scene)
    at = touch.begins_at
    present = tuple(other for other in others if other != touch.position and story.joined_at[other] <= at)
    return ActivityEvent(
        touch.object_type,
        ordinal,
        at,
        touch.trigger,
        None if deal is None or at < deal.opened_at else deal_state(deal, at, settings.pipeline),
        touch=place,
        contacts=(touch.position, *present),
    )


def _others(touch: Touch, scene: Scene) -> tuple[int, ...]:
    """Return whom an activity belongs to beside its contact.

    These are the participants, the one to whom a promise was made, or who named a contact that joins.
    """
    if touch.purpose is Purpose.PROMISE:
        return scene.participants[:1]
    if touch.trigger is LifecycleTrigger.CREATED and touch.purpose is Purpose.SUMMARY:
        return (0,)
    return scene.participants if touch.purpose in _SHARED else ()


def _deal_events(story: AccountStory, deal: DealStory, settings: EventSettings) -> Iterator[ActivityEvent]:
    """Yield a deal and its lines as they are written, each under the same ordinal whenever it changes."""
    if not settings.reaches(deal.opened_at) or deal.number >= settings.caps.get(ObjectType.DEALS, deal.number + 1):
        return
    if not settings.emit_changes:
        committee = tuple(member.position for member in deal.committee)
        state = deal_state(deal, settings.cutoff, settings.pipeline)
        yield from _deal_at(deal, state, deal.opened_at, committee, None)
        return
    # Whoever joins later is associated with the deal when entering the portal.
    committee = tuple(
        member.position for member in deal.committee if story.joined_at[member.position] <= deal.opened_at
    )
    for number, revision in enumerate(deal.revisions):
        if settings.reaches(revision.at):
            before = deal.revisions[number - 1].line_items if number else None
            state = deal_state(deal, revision.at, settings.pipeline)
            yield from _deal_at(deal, state, revision.at, committee, before)


def _deal_at(
    deal: DealStory,
    state: DealState,
    at: datetime,
    contacts: tuple[int, ...],
    lines_before: tuple[object, ...] | None,
) -> Iterator[ActivityEvent]:
    trigger, is_change = _TRIGGERS[state.outcome], lines_before is not None
    yield ActivityEvent(ObjectType.DEALS, deal.number, at, trigger, state, contacts=contacts, is_change=is_change)
    for line, item in enumerate(deal.revisions[state.revision].line_items):
        if lines_before is None or lines_before[line] != item:
            ordinal = deal.number * MAX_LINES + line
            yield ActivityEvent(
                ObjectType.LINE_ITEMS, ordinal, at, trigger, state, line=line, contacts=contacts[:1],
                is_change=is_change,
            )  # fmt: skip


def _contact_events(story: AccountStory, position: int, settings: EventSettings) -> Iterator[ActivityEvent]:
    """Yield when a contact enters, unless it is the lead, and when it reaches a further stage."""
    joined, order = story.joined_at[position], list(LifecycleStage)
    reached = contact_stage(story, position, joined)
    if position and settings.reaches(joined):
        yield ActivityEvent(ObjectType.CONTACTS, 0, joined, LifecycleTrigger.CREATED, contacts=(position,))
    for stage, since in sorted(stage_times(story, position), key=lambda item: (item[1], order.index(item[0]))):
        if order.index(stage) > order.index(reached) and settings.reaches(since):
            reached = stage
            yield ActivityEvent(
                ObjectType.CONTACTS, 0, since, _STAGE_TRIGGERS[stage], stage=stage, contacts=(position,), is_change=True
            )


_STAGE_TRIGGERS = {
    LifecycleStage.MARKETING_QUALIFIED: LifecycleTrigger.QUALIFIED,
    LifecycleStage.OPPORTUNITY: LifecycleTrigger.OPPORTUNITY,
    LifecycleStage.CUSTOMER: LifecycleTrigger.WON,
}


def _order(event: ActivityEvent) -> tuple[datetime, int]:
    return event.at, list(ObjectType).index(event.object_type)
