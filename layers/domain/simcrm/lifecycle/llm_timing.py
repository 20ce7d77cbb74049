"""Times that a model proposes: each moves its activity as far as the life allows; elsewhere the rules' time stays.

Nothing changes places: an activity stays between the same neighbours and turning points, so what one text tells of
another stays true, and so does what an activity knows of its deal.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.lifecycle.stage_changes import TriggerEvent
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger

MAX_DELAY_FACTOR = 3
"""A proposed delay may be so many times the one that the rules drew."""

MOVABLE = frozenset({ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.TICKETS})
"""When a deal opens or changes its stage is a fact."""


class RetimedLead(NamedTuple):
    """A life and how many of its movable activities the model timed, and how many the rules."""

    events: list[ActivityEvent]
    by_model: int
    by_default: int


def default_delay_minutes(event: ActivityEvent, triggers: Sequence[TriggerEvent]) -> int | None:
    """How long after its cause the rules put an activity; None where it cannot move."""
    cause = _trigger_time(event, triggers)
    return None if cause is None else max(1, round((event.at - cause) / timedelta(minutes=1)))


def apply_proposed_times(
    events: Sequence[ActivityEvent],
    triggers: Sequence[TriggerEvent],
    proposals: Sequence[int | None],
    *,
    zone: ZoneInfo,
    cutoff: datetime | None,
) -> RetimedLead:
    """The events in the same order, as many as can be at their proposed times: minutes after the cause, by event.

    A proposal that falls outside working time of ``zone`` is put off to the next one. It is refused if it then is not
    after its cause, is later than ``LONGEST`` allows or than ``cutoff``, or would change the order.
    """
    allowed = [
        _allowed_time(event, _trigger_time(event, triggers), minutes, zone=zone, cutoff=cutoff)
        for event, minutes in zip(events, proposals, strict=True)
    ]
    fixed = [(cause.at, -1, None) for cause in triggers]
    line = sorted([*fixed, *((event.at, place, allowed[place]) for place, event in enumerate(events))], key=_order)
    chosen = _longest_ordered_choice([(at, proposed) for at, _, proposed in line])
    times = {place: choice for (_, place, _), choice in zip(line, chosen, strict=True)}
    by_model = sum(times[place].is_proposed for place in range(len(events)))
    movable = sum(_trigger_time(event, triggers) is not None for event in events)
    moved = [replace(event, at=times[place].at) for place, event in enumerate(events)]
    return RetimedLead(moved, by_model, movable - by_model)


def _trigger_time(event: ActivityEvent, triggers: Sequence[TriggerEvent]) -> datetime | None:
    """When what causes a movable activity happens; support follows a purchase."""
    moment = LifecycleTrigger.WON if event.trigger is LifecycleTrigger.SUPPORT else event.trigger
    if event.object_type not in MOVABLE:
        return None
    return next((cause.at for cause in triggers if cause.trigger is moment), None)


def _allowed_time(
    event: ActivityEvent, cause: datetime | None, minutes: int | None, *, zone: ZoneInfo, cutoff: datetime | None
) -> datetime | None:
    if cause is None or minutes is None or minutes < 1:
        return None
    at = next_working_moment(cause + timedelta(minutes=minutes), zone)
    latest = cause + MAX_DELAY_FACTOR * (event.at - cause)
    return at if at <= latest and (cutoff is None or at <= cutoff) else None


class _TimeChoice(NamedTuple):
    at: datetime
    is_proposed: bool


class _Path(NamedTuple):
    """Choices so far, the last one first, and how many of them are proposals."""

    proposals: int
    last: _TimeChoice | None = None
    before: "_Path | None" = None

    def extended_by(self, choice: _TimeChoice) -> "_Path":
        return _Path(self.proposals + choice.is_proposed, choice, self)


def _longest_ordered_choice(line: Sequence[tuple[datetime, datetime | None]]) -> list[_TimeChoice]:
    """One choice for each (rules' time, proposed time), never falling, with the most proposals that go together.

    The rules' times never fall, so there always is a way.
    """
    ways = [_Path(0)]
    for ruled, proposed in line:
        options = [_TimeChoice(ruled, is_proposed=False)]
        if proposed is not None:
            options.append(_TimeChoice(proposed, is_proposed=True))
        ways = [way for choice in options for way in _best_extension(ways, choice)]
    return _to_choices(max(ways, key=_proposal_count))


def _best_extension(ways: Sequence[_Path], choice: _TimeChoice) -> list[_Path]:
    open_ways = [way for way in ways if way.last is None or way.last.at <= choice.at]
    return [max(open_ways, key=_proposal_count).extended_by(choice)] if open_ways else []


def _to_choices(way: _Path) -> list[_TimeChoice]:
    choices: list[_TimeChoice] = []
    while way.last is not None and way.before is not None:
        choices.append(way.last)
        way = way.before
    return choices[::-1]


def _proposal_count(way: _Path) -> int:
    return way.proposals


def _order(item: tuple[datetime, int, datetime | None]) -> tuple[datetime, int]:
    at, place, _ = item
    return at, place
