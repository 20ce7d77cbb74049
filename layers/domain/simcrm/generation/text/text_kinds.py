"""The kinds of texts that a model writes about an account: where each is kept, and how long it is asked to be."""

from collections.abc import Iterator
from typing import NamedTuple

from simcrm.models.crm_objects import ObjectType, Properties


class TextKind(NamedTuple):
    """A kind of text; ``letter`` begins the codes of its texts, and ``words`` is the range of its usual length."""

    letter: str
    noun: str
    object_type: ObjectType
    body_property: str
    words: tuple[int, int]
    title_property: str | None = None
    is_html: bool = False
    """Whether HubSpot shows the body as rich text."""


_KINDS = (
    TextKind("d", "deal", ObjectType.DEALS, "simcrm_sales_notes", (12, 28), "dealname"),
    TextKind("w", "reason", ObjectType.DEALS, "closed_won_reason", (7, 16)),
    TextKind("w", "reason", ObjectType.DEALS, "closed_lost_reason", (7, 16)),
    TextKind("n", "note", ObjectType.NOTES, "hs_note_body", (12, 34), is_html=True),
    TextKind("c", "call", ObjectType.CALLS, "hs_call_body", (14, 32), "hs_call_title", is_html=True),
    TextKind(
        "m", "meeting", ObjectType.MEETINGS, "hs_internal_meeting_notes", (18, 42), "hs_meeting_title", is_html=True
    ),
    TextKind("g", "agenda", ObjectType.MEETINGS, "hs_meeting_body", (8, 16), is_html=True),
    TextKind("e", "mail", ObjectType.EMAILS, "hs_email_text", (26, 62), "hs_email_subject"),
    TextKind("t", "task", ObjectType.TASKS, "hs_task_body", (6, 14), "hs_task_subject", is_html=True),
    TextKind("k", "ticket", ObjectType.TICKETS, "content", (14, 32), "subject"),
)
WRITTEN_TYPES = frozenset(kind.object_type for kind in _KINDS)
"""The types of objects that have texts of a model."""
NOUNS = {kind.letter: kind.noun for kind in _KINDS}
AGENDA_LETTER = "g"
EMAIL_LETTER, NOTE_LETTER = "e", "n"
TEXT_PROPERTIES = frozenset(
    name for kind in _KINDS for name in (kind.body_property, kind.title_property) if name is not None
)
"""The properties that hold these texts."""


def find_text_kinds(properties: Properties, object_type: ObjectType) -> Iterator[TextKind]:
    """Yield the texts that an object has, by its composed properties."""
    return (kind for kind in _KINDS if kind.object_type is object_type and kind.body_property in properties)


def text_key(kind: TextKind, ordinal: int) -> str:
    """Return the name of a text within its record, such as ``n0``."""
    return f"{kind.letter}{ordinal}"
