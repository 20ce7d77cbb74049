"""The lines of a question about an account: the company, its people, its scenes, and the texts to write."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from simcrm.models.account_story import Knowledge, PromiseKind, Purpose, SceneOutcome, Topic, Touch
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.facts import CompanyFacts, ContactFacts
from simcrm.synthetic.scenario import PriceModel
from simcrm.synthetic.scene_slots import SLOT_GUARDS
from simcrm.synthetic.scene_view import SceneView

_CENTS = 100
_PRICE_MODELS = {PriceModel.SEAT: "per user", PriceModel.SITE: "per site", PriceModel.ONE_OFF: "one-off"}
_OUTCOMES = {
    SceneOutcome.NO_ANSWER: "no answer",
    SceneOutcome.VOICEMAIL: "voicemail",
    SceneOutcome.BUSY: "busy",
    SceneOutcome.NO_SHOW: "nobody came",
    SceneOutcome.NO_REPLY: "no reply",
}
_DUTIES = {
    PromiseKind.CALL: "call",
    PromiseKind.CHECK_IN: "call",
    PromiseKind.SEND_MATERIAL: "send material to",
    PromiseKind.SEND_PROPOSAL: "send the proposal to",
    PromiseKind.SEND_CONTRACT: "send the contract to",
    PromiseKind.REVIEW_PROPOSAL: "go through the proposal with",
    PromiseKind.INTERNAL_DECISION: "ask for the decision of",
}
"""What a seller does about a promise; the others are meetings to prepare."""


def company_line(writer: AccountWriter) -> str:
    """Describe an account's company, where it came from, and what it is sold."""
    account, company = writer.account, writer.account.company
    offer = account.subject.offer
    price = "" if offer.price is None else f", {_PRICE_MODELS[offer.price.model]}"
    origin = ", ".join(_origin(company))
    staff = f", {company.employees} staff" if account.contacts[0].job_title else ""
    return (
        f"{_plain(company.industry)}{staff}, {company.place.city}; via {_plain(company.source_kind)}"
        f"{f' ({origin})' if origin else ''}; buys {offer.product}{price}, {writer.context.currency.code}"
    )


def _origin(company: CompanyFacts) -> Iterator[str]:
    """Yield the details of a company's source that belong to its kind."""
    for slot, guard in SLOT_GUARDS.items():
        kinds = guard.removeprefix("source=").split("|")
        if company.source_kind in kinds and (value := company.origin.get(slot)):
            yield value


def seller_line(writer: AccountWriter, style: str) -> str:
    """Name an account's seller and say how the seller writes."""
    return f"seller {writer.owner.first_name} {writer.owner.last_name}: {style}"


def person_line(writer: AccountWriter, contact: ContactFacts) -> str:
    """Describe a contact."""
    name = writer.context.language.full_name(contact.person)
    position = f"{_plain(contact.seniority)} {_plain(contact.function)}" if contact.job_title else ""
    parts = (name, position, _plain(contact.role), f"{contact.temperature} {contact.engagement_score}")
    return "; ".join(part for part in parts if part)


def scene_line(view: SceneView, before: Knowledge) -> str:
    """Describe a scene: when, what, who, what was found out in it, and what was agreed."""
    scene = view.scene
    length = f" {scene.minutes} min" if scene.minutes else ""
    how = _OUTCOMES.get(scene.outcome, "")
    parts = [
        f"{_day(view, scene.at)} {_plain(scene.kind)}, {scene.channel}{length}: {_codes(view)}",
        how,
        _list("known", _news(view, before)),
    ]
    if scene.promise is not None:
        parts.append(f"next: {_plain(scene.promise.kind)} {_day(view, scene.promise.due_at)}")
    return "; ".join(part for part in parts if part)


def text_line(view: SceneView, event: ActivityEvent, touch: Touch | None, letter: str, answered: str) -> str:
    """Say what a text is; ``answered`` is the code of the mail that it answers, if any."""
    if answered:
        return f"mail from r{view.contact.index}, answers {answered}"
    return _TEXTS[event.object_type](view, event, touch, letter)


def _codes(view: SceneView) -> str:
    joined = view.story.joined_at
    present = [place for place in view.scene.participants if joined[place] <= view.at]
    return " ".join(f"r{view.account.contacts[place].index}" for place in present or view.scene.participants[:1])


def _day(view: SceneView, at: datetime) -> str:
    return f"{at.astimezone(view.zone):%Y-%m-%d %a}"


def _plain(name: str) -> str:
    return name.replace("_", " ").lower()


def _list(label: str, items: Iterator[str]) -> str:
    listed = " / ".join(items)
    return f"{label}: {listed}" if listed else ""


def _news(view: SceneView, before: Knowledge) -> Iterator[str]:
    """Yield what a scene has brought to light, and what has changed since."""
    known = view.scene.knowledge
    changed = {Topic.PRICE: known.amount != before.amount, Topic.DECISION_DATE: known.decision_at != before.decision_at}
    for topic in Topic:
        is_news = topic not in before.topics or changed.get(topic, False)
        if topic in known.topics and is_news and (text := _TOPICS[topic](view)):
            yield text


def _decider(view: SceneView) -> str:
    decider = view.decider
    if decider is None:
        return ""
    has_joined = view.story.joined_at[decider.position] <= view.at
    name = f"r{decider.index}" if has_joined else view.context.language.full_name(decider.person)
    return f"{name} decides"


def _price(view: SceneView) -> str:
    amount = view.scene.knowledge.amount
    return "" if amount is None else f"price {money(view, amount)}"


def money(view: SceneView, cents: int) -> str:
    """Write an amount as the language does."""
    return view.context.language.money(round(cents / _CENTS), view.context.currency.code)


def _lost(view: SceneView) -> str:
    reason = None if view.deal is None else view.deal.lost_reason
    return "" if reason is None else f"lost: {_plain(reason)}"


def _decision(view: SceneView) -> str:
    at = view.scene.knowledge.decision_at
    return "" if at is None else f"decision by {_day(view, at)}"


_TOPICS: Mapping[Topic, Callable[[SceneView], str]] = {
    Topic.PAIN: lambda view: f"problem {view.account.subject.pain}",
    Topic.GOAL: lambda view: f"wants {view.account.subject.gain}",
    Topic.INCUMBENT: lambda view: f"uses {view.account.subject.incumbent}",
    Topic.TRIGGER: lambda view: f"why now {view.account.subject.trigger}",
    Topic.SEATS: lambda view: f"{view.seats} users" if view.is_sold_by_seat else "",
    Topic.BUDGET: lambda _: "budget is there",
    Topic.DECIDER: _decider,
    Topic.DECISION_DATE: _decision,
    Topic.OBJECTION: lambda view: f"objection {view.account.subject.objection}",
    Topic.PRICE: _price,
    Topic.DISCOUNT: lambda view: f"discount {view.discount} % on the product" if view.discount else "",
    Topic.COMPETITOR: lambda view: f"also looks at {view.account.subject.competitor}",
    Topic.LEGAL_TERMS: lambda _: "contract terms under review",
    Topic.LOST_REASON: _lost,
    Topic.CONTRACT: lambda _: "contract signed",
}


def _deal(view: SceneView, event: ActivityEvent, _touch: Touch | None, letter: str) -> str:
    if event.deal is None or view.deal is None:
        return "deal"
    if letter == "w":
        reason = f": {_plain(view.deal.lost_reason)}" if view.deal.lost_reason else ""
        return f"why {event.deal.outcome}{reason}"
    kind = (
        "renewal" if view.deal.is_renewal else "existing business" if view.deal.is_existing_business else "new business"
    )
    amount = view.deal.revisions[event.deal.revision].amount
    return f"deal, {kind}, {money(view, amount)}, {event.deal.outcome}"


def _note(view: SceneView, event: ActivityEvent, touch: Touch | None, _letter: str) -> str:
    if event.trigger is LifecycleTrigger.CREATED:
        return f"note, how r{view.contact.index} came in"
    return "note, assessment" if touch is not None and touch.purpose is Purpose.ASSESSMENT else "note"


def _call(view: SceneView, _event: ActivityEvent, _touch: Touch | None, _letter: str) -> str:
    return f"call, {_OUTCOMES.get(view.scene.outcome, 'reached')}"


def _meeting(_view: SceneView, _event: ActivityEvent, _touch: Touch | None, letter: str) -> str:
    return "agenda" if letter == "g" else "meeting notes"


def _mail(view: SceneView, _event: ActivityEvent, touch: Touch | None, _letter: str) -> str:
    is_incoming = touch is not None and touch.purpose is Purpose.INCOMING
    return f"mail {'from' if is_incoming else 'to'} r{view.contact.index}"


def _task(view: SceneView, _event: ActivityEvent, touch: Touch | None, _letter: str) -> str:
    if touch is None:
        return "task"
    promise = view.scene.promise if touch.purpose is Purpose.PROMISE else None
    what = "follow up with" if promise is None else _DUTIES.get(promise.kind, f"prepare {_plain(promise.kind)} for")
    what = "tell colleagues about" if touch.purpose is Purpose.INFORM else what
    return f"task, {what} r{view.contact.index}, due {_day(view, touch.at)}"


def _ticket(view: SceneView, _event: ActivityEvent, _touch: Touch | None, _letter: str) -> str:
    request = view.request
    return "ticket" if request is None else f"ticket, {_plain(request.category)}: {request.matter}"


_TEXTS: Mapping[ObjectType, Callable[[SceneView, ActivityEvent, Touch | None, str], str]] = {
    ObjectType.DEALS: _deal,
    ObjectType.NOTES: _note,
    ObjectType.CALLS: _call,
    ObjectType.MEETINGS: _meeting,
    ObjectType.EMAILS: _mail,
    ObjectType.TASKS: _task,
    ObjectType.TICKETS: _ticket,
}
