"""The history of one account as data: scenes in order, what is known after each, what was agreed, and its deals."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import DealOutcome, LifecycleTrigger


class SceneKind(StrEnum):
    """What a scene is about."""

    FIRST_TOUCH = "first_touch"
    INTRODUCTION = "introduction"
    ATTEMPT = "attempt"
    QUALIFICATION = "qualification"
    DISQUALIFICATION = "disqualification"
    DISCOVERY = "discovery"
    DEMO = "demo"
    WORKSHOP = "workshop"
    EVALUATION = "evaluation"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    LEGAL_REVIEW = "legal_review"
    SIGNATURE = "signature"
    LOSS = "loss"
    ONBOARDING = "onboarding"
    CHECK_IN = "check_in"
    FOLLOW_UP = "follow_up"
    SUPPORT = "support"
    EXPANSION = "expansion"
    RENEWAL = "renewal"
    REVIVAL = "revival"
    SILENCE = "silence"
    NO_SHOW = "no_show"
    CHAMPION_LEFT = "champion_left"
    BUDGET_MOVED = "budget_moved"
    COMPETITOR = "competitor"


class Channel(StrEnum):
    """How the participants of a scene meet."""

    EVENT = "event"
    WEB = "web"
    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"
    INTERNAL = "internal"


class SceneOutcome(StrEnum):
    """How a scene ended."""

    DONE = "done"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_SHOW = "no_show"
    NO_REPLY = "no_reply"


class Topic(StrEnum):
    """Something that the seller knows about an account after a scene."""

    PAIN = "pain"
    GOAL = "goal"
    INCUMBENT = "incumbent"
    TRIGGER = "trigger"
    SEATS = "seats"
    BUDGET = "budget"
    DECIDER = "decider"
    DECISION_DATE = "decision_date"
    OBJECTION = "objection"
    PRICE = "price"
    DISCOUNT = "discount"
    COMPETITOR = "competitor"
    LEGAL_TERMS = "legal_terms"
    LOST_REASON = "lost_reason"
    CONTRACT = "contract"


class PromiseKind(StrEnum):
    """What was agreed at the end of a scene."""

    SEND_MATERIAL = "send_material"
    CALL = "call"
    DISCOVERY = "discovery"
    DEMO = "demo"
    WORKSHOP = "workshop"
    SEND_PROPOSAL = "send_proposal"
    REVIEW_PROPOSAL = "review_proposal"
    SEND_CONTRACT = "send_contract"
    INTERNAL_DECISION = "internal_decision"
    ONBOARDING = "onboarding"
    CHECK_IN = "check_in"


class LostReason(StrEnum):
    """Why an opportunity was lost."""

    NO_DECISION = "no_decision"
    COMPETITOR = "competitor"
    BUDGET = "budget"
    FIT = "fit"


class CommitteeRole(StrEnum):
    """The part of a contact in a deal, by the options of HubSpot's ``hs_buying_role``."""

    DECISION_MAKER = "DECISION_MAKER"
    CHAMPION = "CHAMPION"
    BUDGET_HOLDER = "BUDGET_HOLDER"
    INFLUENCER = "INFLUENCER"
    END_USER = "END_USER"
    EXECUTIVE_SPONSOR = "EXECUTIVE_SPONSOR"
    LEGAL_AND_COMPLIANCE = "LEGAL_AND_COMPLIANCE"
    BLOCKER = "BLOCKER"

    @property
    def label(self) -> str:
        """The role as a label of the association, such as ``Legal and Compliance``."""
        return self.replace("_", " ").title().replace(" And ", " and ")


class Promise(NamedTuple):
    """What was agreed next, and for when; ``is_kept`` is false if the next scene breaks it."""

    kind: PromiseKind
    due_at: datetime
    is_kept: bool


class Knowledge(NamedTuple):
    """What the seller knows after a scene.

    ``amount`` is the latest price of the deal in hundredths of the run's currency, ``decision_at`` the expected close
    date and ``decider`` the position of the contact who decides; None if it is not known yet.
    """

    topics: frozenset[Topic] = frozenset()
    amount: int | None = None
    decision_at: datetime | None = None
    decider: int | None = None


NOTHING_KNOWN = Knowledge()


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene of an account's history.

    ``number`` is its place in the history, ``minutes`` its duration (0 for what is written), and ``participants`` are
    positions of contacts in the account, the main one first. ``deal`` is the number of the account's deal that the
    scene belongs to, and ``promise`` is what was agreed at its end.
    """

    number: int
    kind: SceneKind
    channel: Channel
    at: datetime
    minutes: int
    participants: tuple[int, ...]
    outcome: SceneOutcome = SceneOutcome.DONE
    knowledge: Knowledge = NOTHING_KNOWN
    promise: Promise | None = None
    deal: int | None = None


class Purpose(StrEnum):
    """What an activity records of its scene, or does about it."""

    SUMMARY = "summary"
    ASSESSMENT = "assessment"
    CALL = "call"
    MEETING = "meeting"
    OUTGOING = "outgoing"
    INCOMING = "incoming"
    PROMISE = "promise"
    REMINDER = "reminder"
    INFORM = "inform"
    REQUEST = "request"


class Touch(NamedTuple):
    """An activity of an account: an object of the portal that belongs to a scene.

    ``position`` is the contact whose record the activity counts for; ``answers`` is the place of the e-mail that this
    one answers, in the account's touches. A task's ``at`` is its due date, ``entered_at`` when it was created, and
    ``is_done`` whether it was done by its due date. A ticket is closed at ``closed_at``.
    """

    object_type: ObjectType
    at: datetime
    scene: int
    position: int
    trigger: LifecycleTrigger
    purpose: Purpose
    answers: int | None = None
    is_done: bool = False
    entered_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def begins_at(self) -> datetime:
        """When the activity enters the portal."""
        return self.entered_at or self.at

    @property
    def ends_at(self) -> datetime | None:
        """When a task is done or a ticket is closed, if it is."""
        return self.at if self.is_done else self.closed_at


class CommitteeMember(NamedTuple):
    """A contact in a deal, by the position in the account, and when the contact joined the deal."""

    position: int
    role: CommitteeRole
    joined_at: datetime


class LineItem(NamedTuple):
    """One line of a deal: ``unit_price`` and ``discount`` are in hundredths of the run's currency, for one unit."""

    product: str
    quantity: int
    unit_price: int
    discount: int = 0

    @property
    def total(self) -> int:
        """The price of the line in hundredths of the currency."""
        return self.quantity * (self.unit_price - self.discount)


class DealRevision(NamedTuple):
    """A deal as it is from a time on: its progress from 0 to 1, its lines and its close date."""

    at: datetime
    progress: float
    line_items: tuple[LineItem, ...]
    closes_at: datetime
    outcome: DealOutcome = DealOutcome.OPEN

    @property
    def amount(self) -> int:
        """The sum of the lines in hundredths of the run's currency."""
        return sum(item.total for item in self.line_items)


@dataclass(frozen=True, slots=True)
class DealStory:
    """One deal of an account; ``revisions`` are in order, the first when it opens."""

    number: int
    is_existing_business: bool
    committee: tuple[CommitteeMember, ...]
    revisions: tuple[DealRevision, ...]
    lost_reason: LostReason | None = None
    is_renewal: bool = False

    @property
    def opened_at(self) -> datetime:
        """When the deal was opened."""
        return self.revisions[0].at

    @property
    def final(self) -> DealRevision:
        """The deal as it is at the end of the history."""
        return self.revisions[-1]


@dataclass(frozen=True, slots=True)
class AccountStory:
    """The history of one account.

    ``joined_at`` is when each contact entered the portal, by position. ``scenes`` and ``touches`` are in chronological
    order.
    """

    account: int
    joined_at: tuple[datetime, ...]
    qualified_at: datetime | None
    scenes: tuple[Scene, ...]
    touches: tuple[Touch, ...]
    deals: tuple[DealStory, ...]
