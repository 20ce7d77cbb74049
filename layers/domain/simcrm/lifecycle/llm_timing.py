"""Apply times that a model proposes, as far as the timeline allows; otherwise the rules' time stays.

The order never changes: an activity stays between the same neighbors and turning points, so references between texts,
and what an activity says about its deal, remain true.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.models.crm_objects import ACTIVITY_TYPES, ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger, TriggerEvent

MAX_DELAY_FACTOR = 3
"""Maximum ratio of a proposed delay to the delay that the rules drew."""

MOVABLE = frozenset(ACTIVITY_TYPES) - {ObjectType.DEALS}
"""Types whose times may move; when a deal opens or changes its stage is fixed."""


class RetimedLead(NamedTuple):
    """A timeline, and how many of its movable activities were timed by the model and by the rules."""

    events: list[ActivityEvent]
    by_model: int
    by_default: int


def default_delay_minutes(event: ActivityEvent, triggers: Sequence[TriggerEvent]) -> int | None:
    """Return the rules' delay of an activity after its cause, in minutes; None if the activity cannot move."""
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
    """Return the events in the same order, with as many as possible at their proposed minutes after the cause.

    A proposal outside business hours of ``zone`` is moved to the next ones. It is rejected if it is then not after its
    cause, is later than ``MAX_DELAY_FACTOR`` or ``cutoff`` allows, or would change the order.
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
    """Return when the cause of a movable activity happens; support follows a purchase."""
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
    """The choices so far, latest first, and how many of them are proposals."""

    proposals: int
    last: _TimeChoice | None = None
    before: "_Path | None" = None

    def extended_by(self, choice: _TimeChoice) -> "_Path":
        return _Path(self.proposals + choice.is_proposed, choice, self)


def _longest_ordered_choice(line: Sequence[tuple[datetime, datetime | None]]) -> list[_TimeChoice]:
    """Choose one of each (rules' time, proposed time) so that times never decrease, with as many proposals as possible.

    The rules' times never decrease, so there is always a solution.
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
