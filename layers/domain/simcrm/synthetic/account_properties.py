"""Write the properties of everything that an account's history leaves in a portal."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.account_story import (
    AccountStory,
    Channel,
    DealStory,
    PromiseKind,
    Purpose,
    Scene,
    SceneKind,
    SceneOutcome,
    Touch,
)
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, LifecycleTrigger
from simcrm.models.owner import Owner
from simcrm.synthetic.account_contacts import LocaleContext, draw_colleague
from simcrm.synthetic.facts import AccountFacts
from simcrm.synthetic.hubspot_values import fallback_metadata, to_json_array
from simcrm.synthetic.locales import Person
from simcrm.synthetic.scene_view import SceneView, SupportRequest
from simcrm.synthetic.seeded_random import RandomStream, StreamRandom, WeightedChoice
from simcrm.synthetic.time_zones import time_zone_for

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
LEFT_VOICEMAIL = "b2cf5968-551e-4856-9783-52b3da59a7d0"
LEFT_MESSAGE = "a4c4c377-d246-4b32-a13b-75a56a4cd0ff"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
BUSY = "9d9162e7-6cf3-4944-bf63-4dff82258764"
_DISPOSITIONS = {
    SceneOutcome.DONE: CONNECTED,
    SceneOutcome.VOICEMAIL: LEFT_VOICEMAIL,
    SceneOutcome.NO_ANSWER: NO_ANSWER,
    SceneOutcome.BUSY: BUSY,
}
_CALL_STATUSES = {SceneOutcome.NO_ANSWER: "NO_ANSWER", SceneOutcome.BUSY: "BUSY"}
_MEETING_OUTCOMES = {SceneOutcome.NO_SHOW: "NO_SHOW"}
_TASK_TYPES = {
    PromiseKind.CALL: "CALL",
    PromiseKind.CHECK_IN: "CALL",
    PromiseKind.SEND_MATERIAL: "EMAIL",
    PromiseKind.SEND_PROPOSAL: "EMAIL",
    PromiseKind.SEND_CONTRACT: "EMAIL",
}
_TASK_PRIORITIES = {
    "hot": ("HIGH", "MEDIUM", "HIGH"),
    "warm": ("MEDIUM", "LOW", "MEDIUM"),
    "cold": ("LOW", "MEDIUM", "NONE"),
}
_FIRST_EMAILS = {
    (SceneKind.FIRST_TOUCH, False): SceneKind.ATTEMPT,
    (SceneKind.FIRST_TOUCH, True): SceneKind.FOLLOW_UP,
}
"""What the first e-mails to a lead, and the answers to them, are written like."""
_DEAL_PRIORITIES = {"hot": "high", "warm": "medium", "cold": "low"}
_CATEGORIES = WeightedChoice(("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"), (52, 16, 14, 18))
RESOLUTIONS = (
    "ISSUE_FIXED",
    "ISSUE_FIXED",
    "SENT_KNOWLEDGE_DOCUMENT_LINK",
    "FEATURE_REQUEST_TRACKED",
    "REFUND_APPLIED",
)
RESOLUTION_SHARE = 0.75
"""How tickets end, and how often somebody notes it. Assumed."""

_TICKET_PRIORITIES = WeightedChoice(("LOW", "MEDIUM", "HIGH", "URGENT"), (10, 84, 4, 2))
"""Published: 1.7 critical, 3.7 high, 85.1 moderate and 9.6 % low."""
_FORECASTS = ((0.75, "COMMIT"), (0.5, "BEST_CASE"), (0.0, "PIPELINE"))
_CENTS = 100
_REQUEST_PART = 60_000
_ORDINALS = 4_000
"""Room for the activities of one type of a contact, each with its own draws."""
_VOICEMAIL_SECONDS, _RINGING_SECONDS = (15, 45), (4, 30)


@dataclass(frozen=True, slots=True)
class AccountWriter:
    """Writes the properties of one account's objects.

    ``until`` is the time at which the portal is looked at: texts of contacts and deals that are written at once say
    what is so then; None is the end of the history.
    """

    context: LocaleContext
    account: AccountFacts
    story: AccountStory
    owner: Owner
    until: datetime | None = None

    def activity(self, event: ActivityEvent) -> Properties:
        """Return the properties of a deal, a line item or an activity."""
        return _WRITERS[event.object_type](self, event, self._stream(event))

    def _stream(self, event: ActivityEvent) -> StreamRandom:
        first = event.contacts[0] if event.contacts else 0
        part = list(ObjectType).index(event.object_type) * _ORDINALS + event.ordinal
        return self.context.seed.stream(RandomStream.ACTIVITY, self.account.contacts[first].index, part)

    def view(self, scene: Scene, main: int, at: datetime, touch: Touch | None = None) -> SceneView:
        """Return a scene of the account as it is seen at a time."""
        deal = None if scene.deal is None else self.story.deals[scene.deal]
        zone = time_zone_for(self.context.locale.name, self.account.company.place)
        view = SceneView(self.context, self.account, self.story, scene, main, at, zone, self.owner, touch, deal)
        return replace(view, request=self.request(view)) if scene.kind is SceneKind.SUPPORT else view

    def request(self, view: SceneView, *, is_lost: bool = False) -> SupportRequest:
        """Return what a customer, or a company that did not buy, asks support about in a scene."""
        part = _REQUEST_PART + view.scene.number
        rng = self.context.seed.stream(RandomStream.ACTIVITY, view.contact.index, part)
        category = "GENERAL_INQUIRY" if is_lost else _CATEGORIES.pick(rng)
        return SupportRequest(category, _matter(self, view, "lost" if is_lost else category, rng))

    def touch_view(self, event: ActivityEvent) -> tuple[Touch, SceneView]:
        """Return the touch of an activity and its scene as it is seen then."""
        if event.touch is None:
            raise ValueError(f"{event.object_type} is no activity of a scene")
        touch = self.story.touches[event.touch]
        return touch, self.view(self.story.scenes[touch.scene], touch.position, touch.at, touch)

    def text(self, rule: str, view: SceneView, rng: StreamRandom) -> str:
        """Write a text about a scene."""
        return self.context.scenes.text(rule, view.text_context, rng)

    def last_scene(self, position: int) -> Scene:
        """Return the last scene that a contact took part in by ``until``, or the first of the account."""
        seen = [
            scene
            for scene in self.story.scenes
            if position in scene.participants and (self.until is None or scene.at <= self.until)
        ]
        return seen[-1] if seen else self.story.scenes[0]


def _deal(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    state, deal, view = deal_view(writer, event)
    revision = deal.revisions[state.revision]
    kind = "renewal" if deal.is_renewal else "existing" if deal.is_existing_business else "new"
    properties = {
        "dealname": writer.text(f"deal_name_{kind}", view, rng),
        "amount": format_cents(revision.amount),
        "dealstage": state.stage,
        "closedate": to_iso_utc(revision.closes_at),
        "createdate": to_iso_utc(deal.opened_at),
        "dealtype": "existingbusiness" if deal.is_existing_business else "newbusiness",
        "hs_priority": _DEAL_PRIORITIES[view.contact.temperature],
        "simcrm_product_interest": to_json_array(writer.account.company.interests),
        "simcrm_sales_notes": writer.text(f"sales_notes_{state.outcome}", view, rng),
        "simcrm_generation_metadata": fallback_metadata(deal.opened_at),
    }
    if writer.context.currency.available:
        properties["deal_currency_code"] = writer.context.currency.code
    return properties | _deal_ending(writer, state, deal, view, rng)


def _deal_ending(
    writer: AccountWriter, state: DealState, deal: DealStory, view: SceneView, rng: StreamRandom
) -> Properties:
    if state.outcome is DealOutcome.WON:
        return {
            "closed_won_reason": writer.text("closed_won_reason", view, rng),
            "hs_manual_forecast_category": "CLOSED",
        }
    if state.outcome is DealOutcome.LOST:
        return {
            "closed_lost_reason": writer.text(f"closed_lost_reason_{deal.lost_reason}", view, rng),
            "hs_manual_forecast_category": "OMIT",
        }
    progress = deal.revisions[state.revision].progress
    open_properties = {"hs_manual_forecast_category": next(name for least, name in _FORECASTS if progress >= least)}
    if view.promise is not None:
        open_properties["hs_next_step"] = writer.text(f"next_step_{view.promise.kind}", view, rng)
    return open_properties


def deal_view(writer: AccountWriter, event: ActivityEvent) -> tuple[DealState, DealStory, SceneView]:
    """Return the state of a deal, the deal, and its last scene by then."""
    if event.deal is None:
        raise ValueError("the event of a deal needs its state")
    deal = writer.story.deals[event.deal.number]
    at = deal.revisions[event.deal.revision].at
    scenes = [scene for scene in writer.story.scenes if scene.deal == deal.number and scene.at <= at]
    return event.deal, deal, writer.view(scenes[-1], deal.committee[0].position, at)


def _line_item(writer: AccountWriter, event: ActivityEvent, _rng: StreamRandom) -> Properties:
    if event.deal is None or event.line is None:
        raise ValueError("the event of a line item needs its deal and its line")
    item = writer.story.deals[event.deal.number].revisions[event.deal.revision].line_items[event.line]
    price = writer.account.subject.offer.price
    currency = writer.context.currency
    recurring = event.line == 0 and price is not None and price.is_subscription
    properties = {
        "name": item.product,
        "quantity": str(item.quantity),
        "price": format_cents(item.unit_price - item.discount),
        "hs_line_item_currency_code": None if currency.available is False else currency.code,
        "recurringbillingfrequency": "annually" if recurring else None,
    }
    return {name: value for name, value in properties.items() if value is not None}


def _note(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    touch, view = writer.touch_view(event)
    if touch.trigger is LifecycleTrigger.CREATED:
        view, rule = _joining(writer, view), "note_first_touch" if touch.position == 0 else "note_introduction"
    elif touch.purpose is Purpose.ASSESSMENT:
        rule = "note_assessment"
    else:
        rule = f"note_{view.scene.kind}"
    return {"hs_timestamp": to_iso_utc(event.at), "hs_note_body": writer.text(rule, view, rng)}


def _joining(writer: AccountWriter, view: SceneView) -> SceneView:
    """Return the scene in which a contact entered: its own introduction if there is one, else what came before."""
    for scene in writer.story.scenes:
        if scene.kind is SceneKind.INTRODUCTION and scene.participants[0] == view.main:
            return replace(view, scene=scene)
    return view


def _call(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    _, view = writer.touch_view(event)
    scene = view.scene
    answered = scene.outcome is SceneOutcome.DONE
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_call_title": writer.text("call_title", view, rng),
        "hs_call_body": writer.text(f"call_{scene.kind if answered else scene.outcome}", view, rng),
        "hs_call_duration": str(_call_seconds(scene, rng) * 1000),
        "hs_call_direction": "INBOUND" if answered and rng.bernoulli(0.18) else "OUTBOUND",
        "hs_call_status": _CALL_STATUSES.get(scene.outcome, "COMPLETED"),
        "hs_call_disposition": _DISPOSITIONS[scene.outcome],
    }


def _call_seconds(scene: Scene, rng: StreamRandom) -> int:
    """Return how long a call lasted: the minutes that are told, and what a text would not say."""
    if scene.outcome is SceneOutcome.DONE:
        return scene.minutes * 60 + rng.randbelow(25)
    low, high = _VOICEMAIL_SECONDS if scene.outcome is SceneOutcome.VOICEMAIL else _RINGING_SECONDS
    return low + rng.randbelow(high - low)


def _meeting(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    _, view = writer.touch_view(event)
    scene = view.scene
    missed = scene.outcome is SceneOutcome.NO_SHOW
    planned = _missed_kind(writer, scene) if missed else scene.kind
    ends = scene.at + timedelta(minutes=scene.minutes or 30)
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_meeting_title": writer.text(f"meeting_title_{planned}", view, rng),
        "hs_meeting_body": to_html(writer.text(f"meeting_agenda_{planned}", view, rng)),
        "hs_internal_meeting_notes": writer.text(f"meeting_notes_{scene.kind}", view, rng),
        "hs_meeting_start_time": to_iso_utc(scene.at),
        "hs_meeting_end_time": to_iso_utc(ends),
        "hs_meeting_outcome": _MEETING_OUTCOMES.get(scene.outcome, "COMPLETED"),
    }


def _missed_kind(writer: AccountWriter, missed: Scene) -> SceneKind:
    """Return what the meeting that somebody missed was about: the next meeting of the deal."""
    later = writer.story.scenes[missed.number + 1 :]
    return next(
        (scene.kind for scene in later if scene.deal == missed.deal and scene.channel is Channel.MEETING),
        SceneKind.DEMO,
    )


def _email(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    touch, view = writer.touch_view(event)
    incoming = touch.purpose is Purpose.INCOMING
    subject, body = _email_text(writer, event, touch, view, rng)
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_email_direction": "INCOMING_EMAIL" if incoming else "EMAIL",
        "hs_email_status": "SENT",
        "hs_email_subject": subject,
        "hs_email_text": body,
        "hs_email_html": to_html(body),
        "hs_email_headers": _headers(writer, view, incoming=incoming),
    }


def _email_text(
    writer: AccountWriter, event: ActivityEvent, touch: Touch, view: SceneView, rng: StreamRandom
) -> tuple[str, str]:
    """Return the subject and the text of an e-mail; an answer repeats the subject and quotes what it answers."""
    kind = view.scene.kind
    incoming = touch.purpose is Purpose.INCOMING
    written_like = _FIRST_EMAILS.get((kind, incoming), kind)
    prefix, rule = ("email_incoming", "email_in") if incoming else ("email", "email_out")
    parts = [
        writer.text(name, view, rng) for name in (f"{prefix}_greeting", f"{rule}_{written_like}", f"{prefix}_signoff")
    ]
    if touch.answers is None:
        return writer.text(f"email_subject_{written_like}", view, rng), "\n\n".join(parts)
    sent = writer.story.touches[touch.answers]
    earlier = replace(event, touch=touch.answers, ordinal=_email_ordinal(writer, touch.answers), at=sent.at)
    quoted = writer.activity(earlier)
    header = writer.text("email_quote_header", replace(view, at=sent.at), rng)
    lines = "\n".join(f"> {line}".rstrip() for line in quoted["hs_email_text"].split("\n"))
    return f"Re: {quoted['hs_email_subject']}", "\n\n".join([*parts, f"{header}\n{lines}"])


def _email_ordinal(writer: AccountWriter, place: int) -> int:
    """Return the ordinal of an e-mail among those of its contact."""
    touches = writer.story.touches
    return sum(
        touch.object_type is ObjectType.EMAILS and touch.position == touches[place].position
        for touch in touches[:place]
    )


def _headers(writer: AccountWriter, view: SceneView, *, incoming: bool) -> str:
    person = view.contact.person
    contact = {"email": view.contact.email, "firstName": person.first, "lastName": person.last}
    owner = {
        "email": writer.owner.email, "firstName": writer.owner.first_name, "lastName": writer.owner.last_name
    }  # fmt: skip
    sender, receiver = (contact, owner) if incoming else (owner, contact)
    return json.dumps({"from": sender, "to": [receiver], "cc": [], "bcc": []}, ensure_ascii=False)


def _task(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    touch, view = writer.touch_view(event)
    promise = view.scene.promise if touch.purpose is Purpose.PROMISE else None
    scene_view = replace(view, at=touch.begins_at, scene=replace(view.scene, promise=promise))
    kind = "other" if promise is None else promise.kind
    kind = Purpose.INFORM if touch.purpose is Purpose.INFORM else kind
    is_due = writer.until is None or touch.at <= writer.until
    return {
        "hs_timestamp": to_iso_utc(touch.at),
        "hs_task_subject": writer.text(f"task_subject_{kind}", scene_view, rng),
        "hs_task_body": writer.text(f"task_body_{kind}", scene_view, rng),
        "hs_task_status": "COMPLETED" if touch.is_done and is_due else "NOT_STARTED",
        "hs_task_priority": rng.choice(_TASK_PRIORITIES[view.contact.temperature]),
        "hs_task_type": "TODO" if promise is None else _TASK_TYPES.get(promise.kind, "TODO"),
    }


def _ticket(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    touch, view = writer.touch_view(event)
    request = view.request or writer.request(view, is_lost=touch.trigger is LifecycleTrigger.LOST)
    view = replace(view, request=request)
    is_open = writer.until is not None and touch.closed_at is not None and touch.closed_at > writer.until
    closed_at = None if is_open else touch.closed_at
    stage = rng.choice(("1", "2", "3"))
    properties = {
        "subject": writer.text("ticket_subject", view, rng),
        "content": writer.text(f"ticket_{request.category}", view, rng),
        "hs_pipeline": "0",
        "hs_pipeline_stage": "4" if closed_at else stage,
        "hs_ticket_category": request.category,
        "hs_ticket_priority": _TICKET_PRIORITIES.pick(rng),
        "source_type": rng.choice(("EMAIL", "EMAIL", "FORM", "PHONE", "CHAT")),
        "createdate": to_iso_utc(touch.at),
        "simcrm_generation_metadata": fallback_metadata(touch.at),
        "simcrm_simulated_at": to_iso_utc(touch.at),
    }
    if not closed_at:
        return properties
    resolution = {"hs_resolution": rng.choice(RESOLUTIONS)} if rng.bernoulli(RESOLUTION_SHARE) else {}
    return properties | resolution | {"closed_date": to_iso_utc(closed_at)}


def _matter(writer: AccountWriter, view: SceneView, kind: str, rng: StreamRandom) -> str:
    """Return what a request is about, in the words of the company's segment."""
    language, subject = writer.context.language, writer.account.subject
    slots = {
        **language.endings[view.contact.person.sex],
        "issue": subject.issue,
        "code": str(subject.code),
        "product": subject.offer.product,
        "seats": str(view.seats),
        "company": writer.account.company.short_name,
        "city": writer.account.company.place.city,
        "colleague_first": _colleague(writer, view).first,
        "month_now": language.month(view.local),
        "lastday": language.month(view.local - timedelta(days=40)),
    }
    templates = writer.context.companies.segment_sampler(writer.account.company).templates
    matters = templates.rules[f"matter_{kind}"]
    fitting = [matter for matter in matters if view.is_sold_by_seat or "{seats}" not in matter]
    return templates.expand(rng.choice(fitting or matters), slots, rng)


def _colleague(writer: AccountWriter, view: SceneView) -> Person:
    """Return another contact of the account, or somebody outside the run if no other has joined yet."""
    joined = [contact for contact in writer.account.contacts if writer.story.joined_at[contact.position] <= view.at]
    others = [contact for contact in joined if contact.position != view.main]
    if view.other is not None or others:
        return (view.other or others[-1]).person
    people = [contact.person for contact in writer.account.contacts]
    return draw_colleague(writer.context, view.contact.index, people)


_WRITERS: Mapping[ObjectType, Callable[[AccountWriter, ActivityEvent, StreamRandom], Properties]] = {
    ObjectType.DEALS: _deal,
    ObjectType.LINE_ITEMS: _line_item,
    ObjectType.NOTES: _note,
    ObjectType.CALLS: _call,
    ObjectType.MEETINGS: _meeting,
    ObjectType.EMAILS: _email,
    ObjectType.TASKS: _task,
    ObjectType.TICKETS: _ticket,
}


def format_cents(amount: int) -> str:
    """Format hundredths as an amount, without decimals if it is whole."""
    whole, cents = divmod(amount, _CENTS)
    return f"{whole}.{cents:02d}" if cents else str(whole)


def to_html(text: str) -> str:
    """Format a text as the HTML of an e-mail or an agenda: its characters escaped, its line breaks kept."""
    return escape(text, quote=False).replace("\n", "<br>")
