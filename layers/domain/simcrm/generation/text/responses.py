"""Answers of a model: each record is judged alone."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from simcrm.generation.text.record_prompts import RecordBrief
from simcrm.llm.providers.base import ModelAnswer

_UNUSABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f<>{}]|https?://")
"""Markup, links and what is left of a template have no place in a CRM text."""

MOST_MINUTES = 10 * 366 * 24 * 60
"""No activity comes ten years after its cause."""


def _readable(text: str) -> str:
    if _UNUSABLE.search(text):
        raise ValueError("holds markup, a link or control characters")
    return text


def _up_to(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


Name = Annotated[str, _up_to(80), AfterValidator(_readable)]
Line = Annotated[str, _up_to(250), AfterValidator(_readable)]
Body = Annotated[str, _up_to(2_000), AfterValidator(_readable)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _minutes(value: object) -> int | None:
    """Nonsense is no proposal, and costs the activity its words no more than a missing one does."""
    return value if type(value) is int and 0 < value <= MOST_MINUTES else None


class ActivityWords(_Answer):
    """Title and text of the activity with a code, and how many minutes after its cause the model would put it."""

    x: str
    t: Line | None = None
    b: Body
    m: Annotated[int | None, BeforeValidator(_minutes)] = None


class RecordWords(_Answer):
    """The words of a record by the short names of their fields; see the prompts."""

    n: Name | None = None
    j: Name | None = None
    s: Line | None = None
    c: Line | None = None
    r: Line | None = None
    i: list[Name] | None = None
    a: list[ActivityWords] = []

    def activity(self, code: str) -> ActivityWords | None:
        """The words of one activity."""
        return next((activity for activity in self.a if activity.x == code), None)


def read_answer(answer: ModelAnswer, chunk: Sequence[RecordBrief]) -> dict[int, RecordWords]:
    """The usable records of an answer by their index; missing and bad ones are left out.

    What is alone needs no number: neither the only record nor its only activity.
    """
    found: dict[int, RecordWords] = {}
    rows = [row for row in _rows(answer.text) if isinstance(row, dict)]
    for row in rows:
        number = 0 if len(chunk) == len(rows) == 1 else row.get("k")
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(chunk):
            brief = chunk[number]
            words = _usable(row, brief)
            if words is not None:
                found.setdefault(brief.index, words)
    return found


def _rows(text: str) -> list[Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return []
    rows = document.get("r") if isinstance(document, dict) else None
    return rows if isinstance(rows, list) else []


def _usable(row: dict[str, Any], brief: RecordBrief) -> RecordWords | None:
    asked = {name: row.get(name) for name in brief.fields}
    told = asked.get("a")
    if isinstance(told, list) and len(told) == len(brief.activities) == 1 and isinstance(told[0], dict):
        asked["a"] = [told[0] | {"x": brief.activities[0].code}]
    try:
        words = RecordWords.model_validate(asked)
    except ValidationError:
        return None
    missing = [name for name in brief.fields if not getattr(words, name)]
    return None if missing or not _tells_all(words, brief) else words


def _tells_all(words: RecordWords, brief: RecordBrief) -> bool:
    for wanted in brief.activities:
        told = words.activity(wanted.code)
        if told is None or (wanted.is_titled and not told.t):
            return False
    return True
