"""The values of slots in a scene's texts, taken from what the seller sees of it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from simcrm.synthetic.facts import ContactFacts
from simcrm.synthetic.grammar import Noun

if TYPE_CHECKING:
    from simcrm.synthetic.scene_view import SceneView

_CENTS = 100


class SceneSlotValues(dict[str, str]):
    """The values of slots in one scene, each computed on first use; a slot whose guard does not hold has none."""

    __slots__ = ("view",)

    def __init__(self, view: "SceneView") -> None:
        super().__init__(view.context.language.endings[view.contact.person.sex])
        self.view = view

    def __missing__(self, slot: str) -> str:
        value = self[slot] = _SLOTS[slot](self.view)
        return value


Slot: TypeAlias = Callable[["SceneView"], str]


def _name(contact: ContactFacts | None, view: "SceneView") -> Noun:
    return Noun("") if contact is None else Noun(view.context.language.full_name(contact.person), contact.person.sex)


def _first(contact: ContactFacts | None) -> Noun:
    return Noun("") if contact is None else Noun(contact.person.first, contact.person.sex)


def _address(form: str) -> Slot:
    def write(view: "SceneView") -> str:
        person = view.contact.person
        return Noun(view.context.language.address(person, form), person.sex)

    return write


def _due(form: str) -> Slot:
    def write(view: "SceneView") -> str:
        promise = view.promise
        if promise is None:
            raise KeyError(form)
        local = promise.due_at.astimezone(view.zone)
        text: str = getattr(view.context.language, form)(local)
        return text

    return write


def _decision(form: str) -> Slot:
    def write(view: "SceneView") -> str:
        decision = view.scene.knowledge.decision_at
        if decision is None:
            raise KeyError(form)
        text: str = getattr(view.context.language, form)(decision.astimezone(view.zone))
        return text

    return write


def _money(view: "SceneView") -> str:
    amount = view.scene.knowledge.amount
    if amount is None:
        raise KeyError("amount")
    return view.context.language.money(round(amount / _CENTS), view.context.currency.code)


def _quoted_name(view: "SceneView") -> str:
    written: str = view.context.language.labels["name"]
    return written.format(first=view.owner.first_name, last=view.owner.last_name).strip()


_SLOTS: Mapping[str, Slot] = {
    "first": lambda view: _first(view.contact),
    "last": lambda view: view.contact.person.last,
    "name": lambda view: _name(view.contact, view),
    "title": lambda view: view.contact.job_title,
    "person": _address("person"),
    "person_acc": _address("person_acc"),
    "other": lambda view: _name(view.other, view),
    "other_first": lambda view: _first(view.other),
    "other_title": lambda view: "" if view.other is None else view.other.job_title,
    "decider": lambda view: _name(view.decider, view),
    "decider_first": lambda view: _first(view.decider),
    "decider_title": lambda view: "" if view.decider is None else view.decider.job_title,
    "introducer": lambda view: _name(view.introducer, view),
    "introducer_first": lambda view: _first(view.introducer),
    "owner": _quoted_name,
    "owner_first": lambda view: view.owner.first_name,
    "quoted_name": _quoted_name,
    "referrer": lambda view: view.account.company.origin["referrer"],
    "referrer_company": lambda view: view.account.company.origin["referrer_company"],
    "company": lambda view: view.account.company.short_name,
    "city": lambda view: view.account.company.place.city,
    "employees": lambda view: view.context.language.number(view.account.company.employees),
    "product": lambda view: view.account.subject.offer.product,
    "pain": lambda view: view.account.subject.pain,
    "gain": lambda view: view.account.subject.gain,
    "objection": lambda view: view.account.subject.objection,
    "incumbent": lambda view: view.account.subject.incumbent,
    "competitor": lambda view: view.account.subject.competitor,
    "trigger": lambda view: view.account.subject.trigger,
    "seats": lambda view: view.context.language.number(view.seats),
    "users": lambda view: view.context.language.count(view.seats, view.account.subject.offer.unit),
    "amount": _money,
    "discount": lambda view: str(view.discount),
    "topic": lambda view: view.account.company.origin["topic"],
    "event": lambda view: view.account.company.origin["event"],
    "event_city": lambda view: view.account.company.origin["event_city"],
    "issue": lambda view: "" if view.request is None else view.request.matter,
    "matter": lambda view: "" if view.request is None else view.request.matter,
    "minutes": lambda view: str(view.scene.minutes),
    "due": _due("day"),
    "due_weekday": _due("weekday"),
    "due_date": _due("short_date"),
    "due_time": _due("time"),
    "decision_month": _decision("month"),
    "decision_date": _decision("short_date"),
    "quarter": _decision("quarter"),
    "date": lambda view: view.context.language.date(view.local),
    "weekday": lambda view: view.context.language.weekday(view.local),
    "month_now": lambda view: view.context.language.month(view.local),
    "last_date": lambda view: view.context.language.short_date((view.before or view.scene).at.astimezone(view.zone)),
}
