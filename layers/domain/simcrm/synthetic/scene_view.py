"""What is so in a scene, taken from the account's history, and the facts about it that guards test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from simcrm.models.account_story import AccountStory, DealRevision, DealStory, Promise, Scene, SceneKind, Topic, Touch
from simcrm.models.lead_events import DealOutcome
from simcrm.models.owner import Owner
from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.facts import AccountFacts, ContactFacts
from simcrm.synthetic.scenario import PriceModel
from simcrm.synthetic.scene_slot_values import SceneSlotValues
from simcrm.synthetic.text_guards import FactValue

if TYPE_CHECKING:
    from simcrm.synthetic.scene_templates import SceneContext

_PERCENT = 100


class SupportRequest(NamedTuple):
    """What somebody asks support about: an option of HubSpot's ticket category, and the matter in words."""

    category: str
    matter: str


@dataclass(frozen=True)
class SceneView:
    """A scene as the seller sees it at ``at``, about one of its participants.

    ``main`` is the position of the contact that the text is about; ``deal`` the deal of the scene, if it has one.
    """

    context: LocaleContext
    account: AccountFacts
    story: AccountStory
    scene: Scene
    main: int
    at: datetime
    zone: ZoneInfo
    owner: Owner
    touch: Touch | None = None
    deal: DealStory | None = None
    request: SupportRequest | None = None

    @property
    def contact(self) -> ContactFacts:
        """The contact that the text is about."""
        return self.account.contacts[self.main]

    @cached_property
    def local(self) -> datetime:
        """The local time at which the text is written."""
        return self.at.astimezone(self.zone)

    @cached_property
    def present(self) -> tuple[int, ...]:
        """The positions of the contacts who take part in the scene, the main one first."""
        others = (place for place in self.scene.participants if place != self.main)
        return (self.main, *(place for place in others if self.story.joined_at[place] <= self.at))

    @property
    def other(self) -> ContactFacts | None:
        """A second participant of the scene, if there is one."""
        return self.account.contacts[self.present[1]] if len(self.present) > 1 else None

    @property
    def decider(self) -> ContactFacts | None:
        """The contact who decides, if the seller knows."""
        place = self.scene.knowledge.decider
        return None if place is None else self.account.contacts[place]

    @property
    def introducer(self) -> ContactFacts | None:
        """The colleague who brought the contact in, if there is one: somebody whom the seller had spoken to by then."""
        met = (scene for scene in self.story.scenes if self.main in scene.participants)
        first = next(met, self.scene)
        by_itself = first.kind is SceneKind.INTRODUCTION and first.channel == "event"
        spoken_at = self.story.qualified_at
        is_known = spoken_at is not None and spoken_at <= self.story.joined_at[self.main]
        return None if self.main == 0 or by_itself or not is_known else self.account.contacts[0]

    @cached_property
    def promise(self) -> Promise | None:
        """What was agreed in the scene, unless it is due on the day on which the text is written, or was before."""
        promise = self.scene.promise
        return promise if promise is not None and self.days_until(promise.due_at) > 0 else None

    def days_until(self, at: datetime) -> int:
        """Return how many days after the text a time is, by the calendar: 0 on the same day, negative before."""
        return (at.astimezone(self.zone).date() - self.local.date()).days

    @property
    def before(self) -> Scene | None:
        """The scene of the account before this one."""
        return self.story.scenes[self.scene.number - 1] if self.scene.number else None

    @property
    def deal_outcome(self) -> DealOutcome | None:
        """How the deal stands when the text is written."""
        if self.deal is None:
            return None
        return self._revision(self.deal).outcome

    @property
    def is_sold_by_seat(self) -> bool:
        """Whether texts may name a number of users: a deal that sells sites would contradict it."""
        price = self.account.subject.offer.price
        return price is None or price.model is PriceModel.SEAT

    @property
    def seats(self) -> int:
        """How many users the deal is about: as many as it sells seats at the time, else as many as are expected."""
        deal = self.deal or next(iter(self.story.deals), None)
        quantity = self._revision(deal).line_items[0].quantity if deal is not None and self.is_sold_by_seat else 1
        return quantity if quantity > 1 else self.account.subject.seats

    @property
    def discount(self) -> int:
        """The discount on the product in percent, as it stands when the text is written."""
        if self.deal is None:
            return 0
        item = self._revision(self.deal).line_items[0]
        return round(_PERCENT * item.discount / item.unit_price)

    def _revision(self, deal: DealStory) -> DealRevision:
        """Return the deal as it is when the text is written."""
        return [revision for revision in deal.revisions if revision.at <= self.at or revision is deal.revisions[0]][-1]

    @cached_property
    def text_context(self) -> "SceneContext":
        """What is so in the scene and the values of slots, for all texts that are written from this view."""
        return self.context.scenes.context(self.guard_facts(), self.slots())

    def guard_facts(self) -> dict[str, FactValue]:
        """Return what is so, by the names of guards; what is absent is not so."""
        facts = {name: read(self) for name, read in _FACTS.items()}
        return {name: value for name, value in facts.items() if value is not None}

    def slots(self) -> SceneSlotValues:
        """Return the values of slots, each computed on first use."""
        return SceneSlotValues(self)


def _decider_place(view: SceneView) -> str | None:
    decider = view.decider
    if decider is None:
        return None
    if decider.position == view.main:
        return "main"
    return "other" if view.other is not None and decider.position == view.other.position else "absent"


def _is_decider_met(view: SceneView) -> bool:
    """Whether the seller has spoken to the contact who decides, in this scene or before."""
    decider = view.scene.knowledge.decider
    return any(decider in scene.participants for scene in view.story.scenes[: view.scene.number + 1])


def _days_quiet(view: SceneView) -> int | None:
    return None if view.before is None else (view.scene.at - view.before.at).days


def _due_days(view: SceneView) -> int | None:
    return None if view.promise is None else view.days_until(view.promise.due_at)


def _decision_days(view: SceneView) -> int | None:
    decision = view.scene.knowledge.decision_at
    return None if decision is None else view.days_until(decision)


def _known_topics(view: SceneView) -> frozenset[str]:
    knowledge = view.scene.knowledge
    can_be_said = {
        Topic.DECIDER: knowledge.decider is not None,
        Topic.PRICE: knowledge.amount is not None,
        Topic.SEATS: view.is_sold_by_seat,
    }
    return frozenset(topic for topic in knowledge.topics if can_be_said.get(topic, True))


def _earlier(view: SceneView) -> tuple[Scene, ...]:
    return view.story.scenes[: view.scene.number]


def _is_customer(view: SceneView) -> bool:
    return any(
        deal.final.outcome is DealOutcome.WON and deal.final.at < view.at and deal is not view.deal
        for deal in view.story.deals
    )


_FACTS: Mapping[str, Callable[[SceneView], FactValue | None]] = {
    "source": lambda view: view.account.company.source_kind,
    "kind": lambda view: view.scene.kind,
    "channel": lambda view: view.scene.channel,
    "outcome": lambda view: view.scene.outcome,
    "knows": _known_topics,
    "minutes": lambda view: view.scene.minutes,
    "people": lambda view: len(view.present),
    "employees": lambda view: view.account.company.employees if view.contact.job_title else None,
    "hour": lambda view: view.local.hour,
    "seats": lambda view: view.seats,
    "discount": lambda view: view.discount,
    "scenes": lambda view: view.scene.number,
    "met": lambda view: sum(view.main in scene.participants for scene in _earlier(view)),
    "days_quiet": _days_quiet,
    "due_days": _due_days,
    "decision_days": _decision_days,
    "decider": _decider_place,
    "decider.met": _is_decider_met,
    "main.role": lambda view: view.contact.role.lower(),
    "main.first": lambda view: all(view.main not in scene.participants for scene in _earlier(view)),
    "main.title": lambda view: bool(view.contact.job_title),
    "other.title": lambda view: view.other is not None and bool(view.other.job_title),
    "decider.title": lambda view: view.decider is not None and bool(view.decider.job_title),
    "introduced": lambda view: view.introducer is not None,
    "promise": lambda view: None if view.promise is None else view.promise.kind,
    "deal": lambda view: view.deal_outcome,
    "existing": lambda view: view.deal is not None and view.deal.is_existing_business,
    "renewal": lambda view: view.deal is not None and view.deal.is_renewal,
    "customer": _is_customer,
    "reason": lambda view: None if view.deal is None else view.deal.lost_reason,
    "temperature": lambda view: view.contact.temperature,
    "subscription": lambda view: (price := view.account.subject.offer.price) is not None and price.is_subscription,
    "done": lambda view: view.touch is not None and view.touch.is_done,
    "answers": lambda view: view.touch is not None and view.touch.answers is not None,
    "issue": lambda view: view.request is not None,
    "request": lambda view: None if view.request is None else view.request.category,
}
