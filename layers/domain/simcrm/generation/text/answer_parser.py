"""Read a model's answers: each text is found by its own key and judged on its own."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from simcrm.generation.text.account_prompts import AccountPrompt, ActivityPrompt, Facts, RecordPrompt, TextId
from simcrm.generation.text.record_text import (
    ACTIVITY_KEYS,
    FIRST_NAME_KEY,
    KEY,
    PEOPLE_KEY,
    RECORD_KEYS,
    RECORDS_KEY,
    ActivityText,
    RecordText,
)
from simcrm.generation.text.text_gate import Rejection, TextGate, TextLimits

MISSING, INVALID, IDENTITY = "missing", "invalid", "identity"
"""Why a text could not even be judged: there was none, it was no text, or it may belong to somebody else."""
MAX_INTERESTS = 4
_FIELD_WORDS = {
    "company_name": 4,
    "original_source": 8,
    "product_interests": 3,
    "job_title": 5,
    "consent_detail": 7,
    "lead_reasoning": 12,
}
"""The length that the prompts ask for, in words."""
_CHARACTERS_PER_WORD = 2.4
_WORD = re.compile(r"[^\W\d_]{2}")
"""What every field has: a model that found nothing to say repeats codes and numbers."""
_UNJUDGED_NAMES = frozenset({"person", "product", "language"})
"""What a name of a company may look like."""


class Reason(NamedTuple):
    """Why a text was not used, and the words that were wrong."""

    reason: str
    excerpt: str = ""

    def __str__(self) -> str:
        return f'{self.reason} "{self.excerpt}"' if self.excerpt else self.reason


@dataclass(slots=True)
class Answer:
    """What a response holds: texts by contact and key, and why the others that were asked for cannot be used."""

    texts: dict[TextId, Any] = field(default_factory=dict)
    rejected: dict[TextId, Reason] = field(default_factory=dict)

    def record_text(self, index: int) -> RecordText | None:
        """Return the texts of a contact."""
        own = {key: value for (owner, key), value in self.texts.items() if owner == index}
        if not own:
            return None
        fields = {RECORD_KEYS[name]: own.pop(name) for name in list(own) if name in RECORD_KEYS}
        names = fields.pop(RECORD_KEYS["company_name"], [])
        fields |= dict(zip((RECORD_KEYS["company_name"], "o"), names, strict=False))
        return RecordText.model_validate({**fields, RECORD_KEYS["activities"]: list(own.values())})


def parse_answer(text: str, chunk: Sequence[AccountPrompt], gate: Callable[[str], TextGate]) -> Answer:
    """Read the answer to a call about some accounts; ``gate`` returns what judges the texts of a locale.

    A single account and its single text need no key.
    """
    rows, answer = _rows(text), Answer()
    for account in chunk:
        named = [row for row in rows if row.get(KEY) == account.code]
        row = rows[0] if len(chunk) == len(rows) == 1 else named[0] if len(named) == 1 else {}
        _AccountReader(account, gate(account.locale), answer).read(row)
    return answer


def _rows(text: str) -> list[dict[str, Any]]:
    """Return the accounts of an answer, even if it was cut off or has something around its JSON."""
    try:
        document = from_json(text[max(0, text.find("{")) :], allow_partial=True)
    except ValueError:
        return []
    return _objects(document.get(RECORDS_KEY)) if isinstance(document, dict) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


class _AccountReader(NamedTuple):
    account: AccountPrompt
    gate: TextGate
    answer: Answer

    def read(self, row: Mapping[str, Any]) -> None:
        for name in self.account.company_fields:
            self._take(self.account.lead, name, row.get(RECORD_KEYS[name]))
        self._read_people(_objects(row.get(PEOPLE_KEY)))
        self._read_activities(_objects(row.get(RECORD_KEYS["activities"])))

    def _read_people(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Read the fields of people; if somebody is confused with somebody else, those of nobody."""
        asked = [record for record in self.account.records if record.person_fields]
        by_code = {str(row.get(KEY)): row for row in rows}
        if len(asked) == len(rows) == 1:
            by_code = {asked[0].code: rows[0]}
        known = {record.code: record for record in self.account.records}
        is_confused = len(by_code) < len(rows) or any(
            code not in known or not _is_called(row, known[code]) for code, row in by_code.items()
        )
        for record in asked:
            row = by_code.get(record.code)
            for name in record.person_fields:
                if is_confused:
                    self._reject((record.index, name), Reason(IDENTITY))
                else:
                    self._take(record, name, None if row is None else row.get(RECORD_KEYS[name]))

    def _read_activities(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Read the texts of activities; if a code was not asked for, texts may have moved to neighbors."""
        asked, key = self.account.activities, ACTIVITY_KEYS["code"]
        if len(asked) == len(rows) == 1:
            rows = [{**rows[0], key: asked[0][1].code}]
        codes = Counter(str(row.get(key)) for row in rows)
        is_shifted = any(code not in {activity.code for _, activity in asked} for code in codes)
        by_code = {str(row.get(key)): row for row in rows}
        for index, activity in asked:
            if is_shifted or codes[activity.code] > 1:
                self._reject((index, activity.key), Reason(IDENTITY))
            else:
                self._take_activity(index, activity, by_code.get(activity.code))

    def _take(self, record: RecordPrompt, name: str, value: Any) -> None:
        text_id, facts = (record.index, name), record.facts()
        texts = value if isinstance(value, list) else [value]
        if value in (None, "", []):
            return self._reject(text_id, Reason(MISSING))
        if not all(isinstance(text, str) and text.strip() for text in texts):
            return self._reject(text_id, Reason(INVALID))
        if len(texts) > MAX_INTERESTS:
            return self._reject(text_id, Reason("length", f"{len(texts)} items"))
        limits = TextLimits(self._field_length(name), is_title=True)
        reasons = (self._judge(text, facts, limits) for text in texts)
        reason = next(filter(None, (_allow_name(name, reason) for reason in reasons)), None)
        if not all(map(_WORD.search, texts)):
            reason = Reason(INVALID, "no word")
        try:
            RecordText.model_validate({RECORD_KEYS[name]: texts[0] if name == "company_name" else value})
        except ValidationError:
            reason = Reason(INVALID)
        if reason is not None:
            return self._reject(text_id, reason)
        self.answer.texts[text_id] = texts if name == "company_name" else value
        return None

    def _field_length(self, name: str) -> int:
        words = _FIELD_WORDS[name]
        return round(words * _CHARACTERS_PER_WORD) if self.account.locale.startswith("ja") else words

    def _take_activity(self, index: int, activity: ActivityPrompt, row: Mapping[str, Any] | None) -> None:
        text_id = (index, activity.key)
        if row is None:
            return self._reject(text_id, Reason(MISSING))
        try:
            text = ActivityText.model_validate({**row, ACTIVITY_KEYS["code"]: activity.key})
        except ValidationError:
            return self._reject(text_id, Reason(INVALID))
        if activity.is_titled and not text.title:
            return self._reject(text_id, Reason(MISSING, "title"))
        facts, parts = activity.facts(), [(text.body, activity.limits)]
        if activity.is_titled and text.title:
            parts.append((text.title, TextLimits(activity.limits.words, is_title=True)))
        reason = next(filter(None, (self._judge(part, facts, limits) for part, limits in parts)), None)
        if reason is not None:
            return self._reject(text_id, reason)
        self.answer.texts[text_id] = text.model_dump(exclude_none=True)
        return None

    def _judge(self, text: str, facts: Facts, limits: TextLimits) -> Reason | None:
        found: Rejection | None = self.gate.judge(text, facts.claims, limits, facts.outcomes, facts.domains)
        return None if found is None else Reason(str(found.reason), found.excerpt)

    def _reject(self, text_id: TextId, reason: Reason) -> None:
        self.answer.rejected[text_id] = reason


def _allow_name(name: str, reason: Reason | None) -> Reason | None:
    """Return why a field is wrong; a company may be named like a person or a product."""
    is_name = name == "company_name" and reason is not None and reason.reason in _UNJUDGED_NAMES
    return None if is_name else reason


def _is_called(row: Mapping[str, Any], record: RecordPrompt) -> bool:
    """Whether a row echoes the first name of the person whose key it has, or a part of the name as it was given."""
    echoed = row.get(FIRST_NAME_KEY)
    if not isinstance(echoed, str) or not echoed.strip():
        return False
    full_name = record.line.partition(";")[0].casefold()
    return record.first_name.casefold() in echoed.casefold() or echoed.strip().casefold() in full_name
