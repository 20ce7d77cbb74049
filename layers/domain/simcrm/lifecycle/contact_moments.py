"""The turning points of an account's contacts, at which the scenario's rules add activities."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from simcrm.lifecycle.opportunity import on_the_quarter
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import DealStory
from simcrm.models.lead_events import LifecycleTrigger
from simcrm.synthetic.seeded_random import StreamRandom

_CALLED_WITHIN = timedelta(days=4)
"""How soon the seller calls somebody whom a colleague has named. Assumed."""
_BEFORE_MEETING = timedelta(hours=3)
"""How long before they meet a seller still calls somebody new. Assumed."""


class ContactMoment(NamedTuple):
    """A turning point of a contact, at which the scenario's rules add activities."""

    trigger: LifecycleTrigger
    at: datetime
    position: int
    deal: int | None


def contact_moments(
    joined_at: Sequence[datetime],
    qualified_at: datetime | None,
    regressed: Mapping[int, datetime],
    deals: Sequence[DealStory],
) -> Iterator[ContactMoment]:
    """Yield the turning points of an account's contacts: each enters, qualifies, regresses, and wins or loses.

    Args:
        joined_at: when each contact entered the portal, by position.
        qualified_at: when the account qualified, if it did.
        regressed: when contacts went cold, by position.
        deals: the account's deals.
    """
    for position, at in enumerate(joined_at):
        yield ContactMoment(LifecycleTrigger.CREATED, at, position, None)
        if qualified_at is not None:
            yield ContactMoment(LifecycleTrigger.QUALIFIED, max(at, qualified_at), position, None)
        elif position in regressed:
            yield ContactMoment(LifecycleTrigger.REGRESSED, max(at, regressed[position]), position, None)
    for deal in deals:
        if deal.number == 0:
            trigger = LifecycleTrigger.WON if deal.lost_reason is None else LifecycleTrigger.LOST
            for member in deal.committee:
                yield ContactMoment(trigger, deal.final.at, member.position, deal.number)


def draw_first_call(joined: datetime, first: datetime | None, calendar: WorkingCalendar, rng: StreamRandom) -> datetime:
    """Draw when a contact is called that joined through a colleague: before they first meet, or after.

    ``first`` is when they meet, if they do.
    """
    if first is None or first - joined > _CALLED_WITHIN:
        called = calendar.after(joined, joined + _CALLED_WITHIN / 2, rng)
    elif first - joined > _BEFORE_MEETING:
        called = calendar.between(joined, first - _BEFORE_MEETING, rng)
    else:
        called = calendar.after(first, first + _CALLED_WITHIN / 2, rng)
    agreed = on_the_quarter(called)
    return agreed if agreed > joined else called
