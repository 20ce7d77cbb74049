"""Write the properties of e-mails, those of both sides."""

import json
from dataclasses import replace
from html import escape

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.account_story import Purpose, SceneKind, Touch
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.scene_view import SceneView
from simcrm.synthetic.seeded_random import StreamRandom

_FIRST_EMAILS = {
    (SceneKind.FIRST_TOUCH, False): SceneKind.ATTEMPT,
    (SceneKind.FIRST_TOUCH, True): SceneKind.FOLLOW_UP,
}
"""What the first e-mails to a lead, and the answers to them, are written like."""


def email_properties(writer: AccountWriter, event: ActivityEvent, rng: StreamRandom) -> Properties:
    """Return the properties of an e-mail."""
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
    """Return the subject and the text of an e-mail; an answer repeats the subject and quotes what it answers.

    Two people greet each other in all their e-mails alike, so that nobody becomes more formal again.
    """
    kind = view.scene.kind
    incoming = touch.purpose is Purpose.INCOMING
    written_like = _FIRST_EMAILS.get((kind, incoming), kind)
    prefix, rule = ("email_incoming", "email_in") if incoming else ("email", "email_out")
    parts = [
        writer.text(f"{prefix}_greeting", view, rng, writer.habit(view, incoming=incoming)),
        writer.text(f"{rule}_{written_like}", view, rng),
        writer.text(f"{prefix}_signoff", view, rng, writer.habit(view, incoming=incoming)),
    ]
    if touch.answers is None:
        return writer.text(f"email_subject_{written_like}", view, rng), "\n\n".join(parts)
    sent = writer.story.touches[touch.answers]
    earlier = replace(event, touch=touch.answers, ordinal=_email_ordinal(writer, touch.answers), at=sent.at)
    quoted = email_properties(writer, earlier, writer.stream(earlier))
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


def split_quote(text: str) -> tuple[str, str]:
    """Return what an e-mail says itself, and what it quotes with the line that introduces it; empty if nothing."""
    body, _, last = text.rpartition("\n\n")
    return (body, last) if "\n> " in last else (text, "")


def to_html(text: str) -> str:
    """Format a text as the HTML of an e-mail or an agenda: its characters escaped, its line breaks kept."""
    return escape(text, quote=False).replace("\n", "<br>")
