"""What a text field is for, based on its name, its description and the prompt's explanation of short names."""

import re
from dataclasses import dataclass, replace

_KINDS: tuple[tuple[str, str], ...] = (
    ("language", r"\blang(uage)?\b|\blocale\b"),
    ("email", r"e-?mail"),
    ("phone", r"\bphone|\btelephone|\bmobile\b"),
    ("domain", r"domain|\bstem\b|web ?site|host ?name|\burl\b"),
    ("consent", r"consent|gdpr|opt.?in|permission"),
    ("reasoning", r"reason|rationale|\bwhy\b|explain|temperature"),
    ("interest", r"interest|\btopics?\b|products?\b(?! ?name)"),
    ("source", r"source|channel|campaign|heard|trade ?show|\bevent\b|acqui"),
    ("job_title", r"job ?title|\bjob\b|\bposition\b|occupation"),
    ("sales_notes", r"sales ?notes?|internal note|private note"),
    ("deal_name", r"deal ?name|deal ?title|name of the deal|opportunity name"),
    ("ticket_subject", r"ticket.*(subject|title|headline)|(subject|title|headline).*ticket|issue ?title"),
    ("ticket_body", r"ticket|problem|complaint"),
    ("task_subject", r"task.*(subject|title|headline)|(subject|title|headline).*task|\bto-?do\b"),
    ("task_body", r"\btask"),
    ("call_subject", r"call.*(subject|title|headline)|(subject|title|headline).*call"),
    ("call_body", r"\bcalls?\b|phone call|voicemail|transcript"),
    ("first_name", r"first ?name|given ?name"),
    ("last_name", r"last ?name|surname|family ?name"),
    ("company", r"compan|business|organi[sz]ation|employer|\bfirm\b|account ?name"),
    ("industry", r"industry|sector|branche"),
    ("city", r"\bcity\b|\btown\b"),
    ("state", r"\bstate\b|\bregion\b|province"),
    ("country", r"country"),
    ("subject", r"subject|headline|title|\bsummary line\b"),
    ("note", r"\bnotes?\b|\bbody\b|\btext\b|story|paragraph|description|summary|content|comment"),
    ("company", r"\bname\b"),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
_WORD_LIMIT = re.compile(r"(\d+)\s*(?:-\s*(\d+)\s*)?words?")
_CHARACTER_LIMIT = re.compile(r"(\d+)\s*(?:-\s*(\d+)\s*)?(?:char|letters)")
_SENTENCE_LIMIT = re.compile(
    r"(\d+|one|two|three|four)\s*(?:(?:-|to|or)\s*(\d+|two|three|four)\s*)?(?:short )?sentences?"
)
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
NOUNS = ("deal", "note", "call", "task", "ticket")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
MIN_LONG_NAME = 4
UNKNOWN = "text"


@dataclass(frozen=True, slots=True)
class FieldPurpose:
    """What a text is for and how long it may be; 0 means no limit."""

    kind: str
    words: int = 0
    characters: int = 0
    sentences: int = 0


def find_purpose(path: tuple[str, ...], description: str, glossary: str) -> FieldPurpose:
    """Return the purpose of the field at ``path`` (names from the outside in) of a schema.

    ``glossary`` is text that may explain short names, as in ``n: company name``.
    """
    own = path[-1] if path else ""
    explained = f"{description} {find_explanation(own, glossary)}".lower()
    kind = _find_kind(_split_words(own)) if len(own) >= MIN_LONG_NAME else None
    kind = _with_parents(kind or _find_kind(explained), path, glossary)
    return FieldPurpose(
        kind or _find_kind(_split_words(own)) or UNKNOWN,
        _find_limit(_WORD_LIMIT, explained),
        _find_limit(_CHARACTER_LIMIT, explained),
        _find_limit(_SENTENCE_LIMIT, explained),
    )


def find_explanation(name: str, glossary: str) -> str:
    """Return what ``glossary`` says about a field name, or an empty string."""
    if not name or not glossary:
        return ""
    quoted = rf"""["'`]?{re.escape(name)}["'`]?"""
    match = re.search(rf"(?<![\w.]){quoted}\s*(?:[:=]|\bis\b|\bmeans\b|-\s|\()\s*([^\n;|]{{3,120}})", glossary)
    match = match or re.search(rf"(?:^|[.;]\s+){quoted}\s+([^\n;|]{{3,120}})", glossary, re.MULTILINE)
    return match[1] if match else ""


def narrow_purpose(purpose: FieldPurpose, noun: str) -> FieldPurpose:
    """Narrow the title or text of any activity to that of a deal, note, call, task or ticket."""
    if purpose.kind == "subject" or purpose.kind.endswith(("_subject", "_name")):
        kind = {"deal": "deal_name", "note": "subject"}.get(noun, f"{noun}_subject")
    elif purpose.kind in {"note", UNKNOWN, "sales_notes"} or purpose.kind.endswith("_body"):
        kind = {"deal": "sales_notes", "note": "note"}.get(noun, f"{noun}_body")
    else:
        return purpose
    return replace(purpose, kind=kind)


def _with_parents(kind: str | None, path: tuple[str, ...], glossary: str) -> str | None:
    """Narrow a subject or body to what it belongs to."""
    if kind not in {None, "subject", "note"}:
        return kind
    part = "subject" if kind == "subject" else "body"
    for parent in reversed(path[:-1]):
        description = f"{_split_words(parent)} {find_explanation(parent, glossary).lower()}"
        for noun in ("ticket", "task", "call"):
            if re.search(rf"\b{noun}", description):
                return f"{noun}_{part}"
    return kind


def _find_kind(description: str) -> str | None:
    return next((kind for kind, pattern in _PATTERNS if pattern.search(description)), None)


def _split_words(name: str) -> str:
    return _CAMEL.sub(" ", name).replace("_", " ").replace("-", " ").lower()


def _find_limit(pattern: re.Pattern[str], description: str) -> int:
    match = pattern.search(description)
    if not match:
        return 0
    last = match[2] or match[1]
    return _NUMBERS.get(last) or int(last)
