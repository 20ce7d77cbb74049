"""The turning points of an account's contacts, at which the scenario's rules add activities."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from simcrm.models.account_story import DealStory
from simcrm.models.lead_events import LifecycleTrigger


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
