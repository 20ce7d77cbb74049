"""What happens to a lead after it enters the portal, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simcrm.models.crm_objects import ObjectType


class LifecycleTrigger(StrEnum):
    """Why an activity exists: the point in the lead's lifecycle that caused it."""

    CREATED = "created"
    QUALIFIED = "qualified"
    REGRESSED = "regressed"
    OPPORTUNITY = "opportunity"
    WON = "won"
    LOST = "lost"
    SUPPORT = "support"


class LifecycleStage(StrEnum):
    """The values of HubSpot's ``lifecyclestage``, in the only order in which it advances."""

    LEAD = "lead"
    MARKETING_QUALIFIED = "marketingqualifiedlead"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"


STAGE_AFTER_TRIGGER = {
    LifecycleTrigger.CREATED: LifecycleStage.LEAD,
    LifecycleTrigger.REGRESSED: LifecycleStage.LEAD,
    LifecycleTrigger.QUALIFIED: LifecycleStage.MARKETING_QUALIFIED,
    LifecycleTrigger.OPPORTUNITY: LifecycleStage.OPPORTUNITY,
    LifecycleTrigger.LOST: LifecycleStage.OPPORTUNITY,
    LifecycleTrigger.WON: LifecycleStage.CUSTOMER,
}
"""The stage that a lead has reached with each trigger."""


class DealOutcome(StrEnum):
    """The status of a deal at the end of the simulated time."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DealState:
    """A deal's stage and dates; ``stage`` is an internal id of the portal's pipeline.

    ``number`` is the deal's place among those of its account, ``revision`` the place of this state among its own, and
    ``main`` the position of its main contact.
    """

    stage: str
    outcome: DealOutcome
    opened_at: datetime
    closes_at: datetime
    number: int = 0
    revision: int = 0
    main: int = 0


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """A turning point in a lead's timeline."""

    trigger: LifecycleTrigger
    at: datetime


@dataclass(frozen=True, slots=True)
class ActivityEvent:
    """One activity of a record.

    ``ordinal`` counts from 0 within a record and object type; a stage change repeats the ordinal of the object that it
    changes, and for a contact has the ``stage`` that it reaches. ``at`` is simulated time (aware, UTC): the time of the
    activity or, for a task, its due date. ``deal`` is set on a deal and on everything that belongs to one.

    In the history of an account, ``touch`` is the place of the activity among its touches, ``line`` the place of a line
    item in its deal, ``contacts`` are the positions of the contacts that it is associated with, and ``is_change`` is
    true if the object was written before.
    """

    object_type: ObjectType
    ordinal: int
    at: datetime
    trigger: LifecycleTrigger
    deal: DealState | None = None
    stage: LifecycleStage | None = None
    touch: int | None = None
    line: int | None = None
    contacts: tuple[int, ...] = ()
    is_change: bool = False

    @property
    def is_entry(self) -> bool:
        """Whether it is a contact's own creation, and no change of it."""
        return self.object_type is ObjectType.CONTACTS and not self.is_change and self.stage is None
