"""Apply times that a model proposes, as far as the history allows; otherwise the composed time stays.

Only notes move: everything else is a scene or a promise, whose time others speak of. The order never changes: a note
stays between the same neighbors, scenes and arrivals of contacts, so references between texts remain true.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.models.account_story import AccountStory
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent

MAX_DELAY_FACTOR = 3
"""Maximum ratio of a proposed delay to the composed delay."""


class RetimedEvents(NamedTuple):
    """The events of a contact, and how many of its notes were timed by the model and by the rules."""

    events: list[ActivityEvent]
    by_model: int = 0
    by_default: int = 0


def default_delay_minutes(story: AccountStory, event: ActivityEvent) -> int | None:
    """Return the delay of a note after its scene, in minutes; None if the event cannot move."""
    cause = _scene_time(story, event)
    return None if cause is None else max(1, round((event.at - cause) / timedelta(minutes=1)))


def apply_proposed_times(
    story: AccountStory,
    events: Sequence[ActivityEvent],
    proposals: Sequence[int | None],
    *,
    zone: ZoneInfo,
    cutoff: datetime | None,
) -> RetimedEvents:
    """Return the events in the same order, with as many notes as possible at their proposed minutes after the scene.

    A proposal outside business hours of ``zone`` is moved to the next ones. It is rejected if it is then not after its
    scene, is later than ``MAX_DELAY_FACTOR`` or ``cutoff`` allows, or would change the order.
    """
    causes = [_scene_time(story, event) for event in events]
    allowed = [
        _allowed_time(event, cause, minutes, zone=zone, cutoff=cutoff)
        for event, cause, minutes in zip(events, causes, proposals, strict=True)
    ]
    fixed = [(at, -1, None) for at in (*story.joined_at, *(scene.at for scene in story.scenes))]
    line = sorted([*fixed, *((event.at, place, allowed[place]) for place, event in enumerate(events))], key=_order)
    chosen = _longest_ordered_choice([(at, proposed) for at, _, proposed in line])
    times = {place: choice for (_, place, _), choice in zip(line, chosen, strict=True)}
    by_model = sum(times[place].is_proposed for place in range(len(events)))
    movable = sum(cause is not None for cause in causes)
    moved = [replace(event, at=times[place].at) for place, event in enumerate(events)]
    return RetimedEvents(moved, by_model, movable - by_model)


def _scene_time(story: AccountStory, event: ActivityEvent) -> datetime | None:
    """Return when the scene of a note took place; None for whatever cannot move."""
    if event.object_type is not ObjectType.NOTES or event.touch is None:
        return None
    at = story.scenes[story.touches[event.touch].scene].at
    return at if at < event.at else None


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
    """Choose one of each (composed time, proposed time) so that times never decrease, with most proposals possible.

    The composed times never decrease, so there is always a solution.
    """
    ways = [_Path(0)]
    for ruled, proposed in line:
        options = [_TimeChoice(ruled, is_proposed=False)]
        if proposed is not None:
            options.append(_TimeChoice(proposed, is_proposed=True))
        ways = [way for choice in options for way in _best_extension(ways, choice)]
    return _to_choices(max(ways, key=_proposal_count))


def _best_extension(ways: Sequence[_Path], choice: _TimeChoice) -> list[_Path]:
    open_ways = [way for way in ways if way.last is None or _follows(choice, way.last)]
    return [max(open_ways, key=_proposal_count).extended_by(choice)] if open_ways else []


def _follows(choice: _TimeChoice, last: _TimeChoice) -> bool:
    """Whether a time may come next: a note that moves to the time of the scene after it would be written after it."""
    return last.at < choice.at or (last.at == choice.at and not last.is_proposed)


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
