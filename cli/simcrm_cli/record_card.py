"""Show a record as a card."""

import re
from html import unescape

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from simcrm_cli.offline_generator import Record
from simcrm_cli.portal_samples import Sample
from simcrm_cli.standard_streams import is_unicode

_TAG = re.compile(r"<[^>]+>")
_SPACES = re.compile(r"\s+")
_DAY = 10
_MAX_TEXT_CHARACTERS = 240
_ACTIVITY_TEXTS = {
    "notes": ("Note", ("hs_note_body",)),
    "calls": ("Call", ("hs_call_title", "hs_call_body")),
    "tasks": ("Task", ("hs_task_subject", "hs_task_body")),
    "tickets": ("Ticket", ("subject", "content")),
    "meetings": ("Meeting", ("hs_meeting_title", "hs_meeting_body")),
    "emails": ("E-mail", ("hs_email_subject", "hs_email_text")),
}


def sample_card(sample: Sample) -> Panel:
    """Return the contact with its company, deal and activities, one line each."""
    lines = [_contact(sample.contact), *_company(sample), *_deal(sample), *_activities(sample)]
    name = f"{sample.contact.get('firstname', '')} {sample.contact.get('lastname', '')}".strip()
    return Panel(Group(*lines), title=Text(name, style="bold"), title_align="left", padding=(0, 1))


def record_card(record: Record) -> Panel:
    """Return a generated record with all its activities in order of time."""
    pair = Sample(record["contact"], {"companies": record["company"]})
    deals = [line for deal in record["deals"] for line in _deal(Sample({}, {"deals": deal}))]
    timeline = [(_moment(values), name, values) for name in _ACTIVITY_TEXTS for values in record.get(name, ())]
    activities = [
        line
        for _, name, values in sorted(timeline, key=lambda activity: activity[0])
        for line in _activities(Sample({}, {name: values}))
    ]
    title = Text(f"{record['contact']['firstname']} {record['contact']['lastname']}", style="bold")
    lines = [_contact(pair.contact), *_company(pair), *deals, *activities]
    return Panel(Group(*lines), title=title, title_align="left", padding=(0, 1))


def _moment(values: dict[str, str]) -> str:
    return values.get("hs_timestamp") or values.get("simcrm_simulated_at", "")


def plain_text(text: str) -> str:
    """Return a rich text property as plain text on one line, truncated if it is long."""
    plain = _SPACES.sub(" ", unescape(_TAG.sub(" ", text))).strip()
    return plain if len(plain) <= _MAX_TEXT_CHARACTERS else f"{plain[:_MAX_TEXT_CHARACTERS].rstrip()}..."


def _contact(values: dict[str, str]) -> Text:
    parts = [values.get(name, "") for name in ("jobtitle", "simcrm_buyer_role", "email", "phone")]
    score, warmth = values.get("simcrm_engagement_score"), values.get("simcrm_lead_temperature")
    lead = [f"{warmth} lead, score {score}"] if score and warmth else []
    source = [f"from {values['simcrm_original_source']}"] if "simcrm_original_source" in values else []
    return _line("Contact", [*parts, *lead, *source])


def _company(sample: Sample) -> list[Text]:
    values = sample.associated.get("companies")
    if values is None:
        return []
    place = ", ".join(filter(None, (values.get(name) for name in ("city", "state", "country"))))
    size = [f"{values['numberofemployees']} employees"] if "numberofemployees" in values else []
    return [
        _line("Company", [values.get("name", ""), values.get("domain", ""), values.get("industry", ""), place, *size])
    ]


def _deal(sample: Sample) -> list[Text]:
    values = sample.associated.get("deals")
    if values is None:
        return []
    closes = [f"closes {values['closedate'][:_DAY]}"] if "closedate" in values else []
    return [_line("Deal", [values.get("dealname", ""), values.get("amount", ""), values.get("dealstage", ""), *closes])]


def _activities(sample: Sample) -> list[Text]:
    lines = []
    for object_type, (label, names) in _ACTIVITY_TEXTS.items():
        if (values := sample.associated.get(object_type)) is not None:
            day = _moment(values)[:_DAY]
            lines.append(
                _line(f"{label} {day}".strip(), [plain_text(values[name]) for name in names if name in values])
            )
    return lines


def _line(label: str, parts: list[str]) -> Text:
    return Text.assemble((f"{label}: ", "dim"), (" · " if is_unicode() else " | ").join(part for part in parts if part))
