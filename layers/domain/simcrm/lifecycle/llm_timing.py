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
from simcrm.lifecycle.stage_changes import Cause
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, Moment

LONGEST = 3
"""A proposed delay may be so many times the one that the rules drew."""

MOVABLE = frozenset({ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.TICKETS})
"""When a deal opens or changes its stage is a fact."""


class Timing(NamedTuple):
    """A life and how many of its movable activities the model timed, and how many the rules."""

    events: list[ActivityEvent]
    by_model: int
    by_rules: int


def usual_minutes(event: ActivityEvent, causes: Sequence[Cause]) -> int | None:
    """How long after its cause the rules put an activity; None where it cannot move."""
    cause = _cause(event, causes)
    return None if cause is None else max(1, round((event.at - cause) / timedelta(minutes=1)))


def retimed(
    events: Sequence[ActivityEvent],
    causes: Sequence[Cause],
    proposals: Sequence[int | None],
    *,
    zone: ZoneInfo,
    horizon: datetime | None,
) -> Timing:
    """The events in the same order, as many as can be at their proposed times: minutes after the cause, by event.

    A proposal that falls outside working time of ``zone`` is put off to the next one. It is refused if it then is not
    after its cause, is later than ``LONGEST`` allows or than ``horizon``, or would change the order.
    """
    wanted = [
        _allowed(event, _cause(event, causes), minutes, zone=zone, horizon=horizon)
        for event, minutes in zip(events, proposals, strict=True)
    ]
    fixed = [(cause.at, -1, None) for cause in causes]
    line = sorted([*fixed, *((event.at, place, wanted[place]) for place, event in enumerate(events))], key=_order)
    chosen = _in_order([(at, proposed) for at, _, proposed in line])
    times = {place: choice for (_, place, _), choice in zip(line, chosen, strict=True)}
    by_model = sum(times[place].is_proposed for place in range(len(events)))
    movable = sum(_cause(event, causes) is not None for event in events)
    moved = [replace(event, at=times[place].at) for place, event in enumerate(events)]
    return Timing(moved, by_model, movable - by_model)


def _cause(event: ActivityEvent, causes: Sequence[Cause]) -> datetime | None:
    """When what causes a movable activity happens; support follows a purchase."""
    moment = Moment.WON if event.moment is Moment.SUPPORT else event.moment
    if event.object_type not in MOVABLE:
        return None
    return next((cause.at for cause in causes if cause.moment is moment), None)


def _allowed(
    event: ActivityEvent, cause: datetime | None, minutes: int | None, *, zone: ZoneInfo, horizon: datetime | None
) -> datetime | None:
    if cause is None or minutes is None or minutes < 1:
        return None
    at = next_working_moment(cause + timedelta(minutes=minutes), zone)
    latest = cause + LONGEST * (event.at - cause)
    return at if at <= latest and (horizon is None or at <= horizon) else None


class _Choice(NamedTuple):
    at: datetime
    is_proposed: bool


class _Way(NamedTuple):
    """Choices so far, the last one first, and how many of them are proposals."""

    proposals: int
    last: _Choice | None = None
    before: "_Way | None" = None

    def then(self, choice: _Choice) -> "_Way":
        return _Way(self.proposals + choice.is_proposed, choice, self)


def _in_order(line: Sequence[tuple[datetime, datetime | None]]) -> list[_Choice]:
    """One choice for each (rules' time, proposed time), never falling, with the most proposals that go together.

    The rules' times never fall, so there always is a way.
    """
    ways = [_Way(0)]
    for ruled, proposed in line:
        options = [_Choice(ruled, is_proposed=False)]
        if proposed is not None:
            options.append(_Choice(proposed, is_proposed=True))
        ways = [way for choice in options for way in _best(ways, choice)]
    return _choices(max(ways, key=_count))


def _best(ways: Sequence[_Way], choice: _Choice) -> list[_Way]:
    open_ways = [way for way in ways if way.last is None or way.last.at <= choice.at]
    return [max(open_ways, key=_count).then(choice)] if open_ways else []


def _choices(way: _Way) -> list[_Choice]:
    found: list[_Choice] = []
    while way.last is not None and way.before is not None:
        found.append(way.last)
        way = way.before
    return found[::-1]


def _count(way: _Way) -> int:
    return way.proposals


def _order(item: tuple[datetime, int, datetime | None]) -> tuple[datetime, int]:
    at, place, _ = item
    return at, place
