"""What may be said in the texts of an account: the claims by which a checker judges them, taken from its history."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.deal_properties import deal_view
from simcrm.synthetic.language_data import slot_forms
from simcrm.synthetic.locales import Person
from simcrm.synthetic.scene_view import SceneView
from simcrm.synthetic.text_checker import DateKind, PersonRole, TextClaims

TEXT_PROPERTIES: Mapping[ObjectType, tuple[str, ...]] = {
    ObjectType.CONTACTS: ("simcrm_lead_reasoning",),
    ObjectType.DEALS: (
        "dealname", "simcrm_sales_notes", "closed_won_reason", "closed_lost_reason", "hs_next_step",
    ),
    ObjectType.NOTES: ("hs_note_body",),
    ObjectType.CALLS: ("hs_call_title", "hs_call_body"),
    ObjectType.MEETINGS: ("hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes"),
    ObjectType.EMAILS: ("hs_email_subject", "hs_email_text"),
    ObjectType.TASKS: ("hs_task_subject", "hs_task_body"),
    ObjectType.TICKETS: ("subject", "content"),
}  # fmt: skip
"""The properties that hold texts about an account."""

HTML_PROPERTIES = frozenset({"hs_meeting_body"})
"""The properties among them that hold HTML."""


_QUOTED = ("pain", "gain", "issue", "objection", "incumbent", "competitor", "trigger")
"""What an account's texts are about, by slot."""


def activity_claims(writer: AccountWriter, event: ActivityEvent) -> TextClaims:
    """Return what the texts of a deal or of an activity may say."""
    if event.object_type is ObjectType.DEALS:
        _, _, view = deal_view(writer, event)
        return scene_claims(view)
    touch, view = writer.touch_view(event)
    claims = scene_claims(replace(view, at=touch.begins_at))
    if touch.answers is None:
        return claims
    answered = writer.story.touches[touch.answers]
    scene = writer.story.scenes[answered.scene]
    quoted = scene_claims(writer.view(scene, answered.position, answered.at, answered))
    return replace(claims, amounts=claims.amounts | quoted.amounts, dates=claims.dates | quoted.dates)


def contact_claims(writer: AccountWriter, position: int) -> TextClaims:
    """Return what the texts of a contact may say."""
    at = writer.until or writer.story.joined_at[position]
    return scene_claims(writer.view(writer.last_scene(position), position, at))


def scene_claims(view: SceneView) -> TextClaims:
    """Return what may be said about a scene: what is known after it, and nothing about what comes later."""
    knowledge, company = view.scene.knowledge, view.account.company
    return TextClaims(
        currency=view.context.currency.code,
        people=dict(_people(view)),
        amounts=frozenset() if knowledge.amount is None else frozenset({knowledge.amount}),
        dates=frozenset(_dates(view)),
        minutes=frozenset({view.scene.minutes}),
        seats=view.seats if view.is_sold_by_seat else None,
        employees=company.employees,
        discount=view.discount,
        products=frozenset({view.account.subject.offer.product}),
        phrases=frozenset(_phrases(view)),
    )


def history_claims(claims: TextClaims, view: SceneView) -> TextClaims:
    """Return claims that also allow what earlier scenes of the account have brought: prices, dates and durations."""
    scenes = view.story.scenes[: view.scene.number + 1]
    told = {scene.at.astimezone(view.zone).date() for scene in scenes}
    agreed = {scene.promise.due_at.astimezone(view.zone).date() for scene in scenes if scene.promise is not None}
    dates = {(day, DateKind.PREVIOUS) for day in told} | {(day, DateKind.DUE) for day in agreed}
    return replace(
        claims,
        amounts=claims.amounts | {scene.knowledge.amount for scene in scenes if scene.knowledge.amount is not None},
        dates=claims.dates | dates,
        minutes=claims.minutes | {scene.minutes for scene in scenes},
    )


def _people(view: SceneView) -> Iterator[tuple[Person, PersonRole]]:
    for contact in view.account.contacts:
        is_known = view.story.joined_at[contact.position] <= view.at or contact is view.decider
        yield contact.person, PersonRole.CONTACT if is_known else PersonRole.ABSENT
    owner = view.owner  # whose sex is not known, and whom no text addresses by it
    yield Person(owner.first_name, owner.last_name, owner.first_name, owner.last_name, "f"), PersonRole.OWNER


def _dates(view: SceneView) -> Iterator[tuple[date, DateKind]]:
    yield view.local.date(), DateKind.TODAY
    if view.promise is not None:
        yield view.promise.due_at.astimezone(view.zone).date(), DateKind.DUE
    if view.scene.knowledge.decision_at is not None:
        yield view.scene.knowledge.decision_at.astimezone(view.zone).date(), DateKind.DECISION
    before = view.before or view.scene
    yield before.at.astimezone(view.zone).date(), DateKind.PREVIOUS


def _forms(view: SceneView, slot: str, phrase: str) -> Iterator[str]:
    """Yield a phrase as it is, and in the forms that the texts of the language ask for."""
    language = view.context.language
    yield phrase
    for asked, form in slot_forms(language.name, language.kind):
        if asked == slot and form in language.grammar.forms:
            yield language.grammar.inflect(form, phrase)


def _phrases(view: SceneView) -> Iterator[str]:
    subject, company = view.account.subject, view.account.company
    for slot in _QUOTED:
        yield from _forms(view, slot, getattr(subject, slot))
    yield from (company.name, company.short_name, company.place.city, *company.origin.values())
    yield from (contact.job_title for contact in view.account.contacts)
    if view.request is not None:
        yield view.request.matter
