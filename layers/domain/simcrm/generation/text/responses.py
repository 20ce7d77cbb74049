"""Responses of a model; each record is validated on its own."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from simcrm.generation.text.record_prompts import RecordPrompt
from simcrm.llm.providers.base import LlmResponse

_UNUSABLE_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f<>{}]|https?://")
"""Markup, links, control characters and template remnants do not belong in CRM text."""

MAX_DELAY_MINUTES = 10 * 366 * 24 * 60
"""About ten years: no activity happens later than that after its cause."""


def _reject_unusable(text: str) -> str:
    if _UNUSABLE_TEXT.search(text):
        raise ValueError("contains markup, a link or control characters")
    return text


def _max_length(max_length: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length)


Name = Annotated[str, _max_length(80), AfterValidator(_reject_unusable)]
Line = Annotated[str, _max_length(250), AfterValidator(_reject_unusable)]
Body = Annotated[str, _max_length(2_000), AfterValidator(_reject_unusable)]


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _parse_delay(value: object) -> int | None:
    """Return a valid delay, or None; an invalid delay counts as missing and does not invalidate the activity's text."""
    return value if type(value) is int and 0 < value <= MAX_DELAY_MINUTES else None


class ActivityText(_Response):
    """An activity's code, title and text, and the model's proposed delay after its cause in minutes."""

    x: str
    t: Line | None = None
    b: Body
    m: Annotated[int | None, BeforeValidator(_parse_delay)] = None


class RecordText(_Response):
    """The text of a record by short field names; see the prompts."""

    n: Name | None = None
    j: Name | None = None
    s: Line | None = None
    c: Line | None = None
    r: Line | None = None
    i: list[Name] | None = None
    a: list[ActivityText] = []

    def activity(self, code: str) -> ActivityText | None:
        """Return the text of one activity."""
        return next((activity for activity in self.a if activity.x == code), None)


def parse_response(response: LlmResponse, chunk: Sequence[RecordPrompt]) -> dict[int, RecordText]:
    """Return the usable records of a response by index; missing and invalid ones are left out.

    A single record needs no number, and its single activity needs no code.
    """
    texts: dict[int, RecordText] = {}
    rows = [row for row in _rows(response.text) if isinstance(row, dict)]
    for row in rows:
        number = 0 if len(chunk) == len(rows) == 1 else row.get("k")
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(chunk):
            record_prompt = chunk[number]
            text = _parse_row(row, record_prompt)
            if text is not None:
                texts.setdefault(record_prompt.index, text)
    return texts


def _rows(text: str) -> list[Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return []
    rows = document.get("r") if isinstance(document, dict) else None
    return rows if isinstance(rows, list) else []


def _parse_row(row: dict[str, Any], record_prompt: RecordPrompt) -> RecordText | None:
    fields = {name: row.get(name) for name in record_prompt.fields}
    activities = fields.get("a")
    if (
        isinstance(activities, list)
        and len(activities) == len(record_prompt.activities) == 1
        and isinstance(activities[0], dict)
    ):
        fields["a"] = [activities[0] | {"x": record_prompt.activities[0].code}]
    try:
        text = RecordText.model_validate(fields)
    except ValidationError:
        return None
    missing = [name for name in record_prompt.fields if not getattr(text, name)]
    return None if missing or not _is_complete(text, record_prompt) else text


def _is_complete(text: RecordText, record_prompt: RecordPrompt) -> bool:
    for activity in record_prompt.activities:
        activity_text = text.activity(activity.code)
        if activity_text is None or (activity.is_titled and not activity_text.t):
            return False
    return True
