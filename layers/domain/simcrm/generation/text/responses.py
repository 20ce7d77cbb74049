"""Parse a model's responses; each record is validated on its own."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from simcrm.generation.text.record_prompts import RecordPrompt
from simcrm.generation.text.record_text import ACTIVITY_KEYS, RECORD_KEYS, RECORD_NUMBER_KEY, RECORDS_KEY, RecordText
from simcrm.llm.providers.base import LlmResponse


def parse_response(response: LlmResponse, chunk: Sequence[RecordPrompt]) -> dict[int, RecordText]:
    """Return the usable records of a response by index; missing and invalid ones are left out.

    A single record needs no number, and its single activity needs no code.
    """
    texts: dict[int, RecordText] = {}
    rows = [row for row in _rows(response.text) if isinstance(row, dict)]
    for row in rows:
        number = 0 if len(chunk) == len(rows) == 1 else row.get(RECORD_NUMBER_KEY)
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
    rows = document.get(RECORDS_KEY) if isinstance(document, dict) else None
    return rows if isinstance(rows, list) else []


def _parse_row(row: dict[str, Any], record_prompt: RecordPrompt) -> RecordText | None:
    document = {key: row.get(key) for key in record_prompt.response_keys}
    activities = document.get(RECORD_KEYS["activities"])
    if (
        isinstance(activities, list)
        and len(activities) == len(record_prompt.activities) == 1
        and isinstance(activities[0], dict)
    ):
        document[RECORD_KEYS["activities"]] = [
            activities[0] | {ACTIVITY_KEYS["code"]: record_prompt.activities[0].code}
        ]
    try:
        text = RecordText.model_validate(document)
    except ValidationError:
        return None
    missing = [name for name in record_prompt.fields if not getattr(text, name)]
    return None if missing or not _is_complete(text, record_prompt) else text


def _is_complete(text: RecordText, record_prompt: RecordPrompt) -> bool:
    for activity in record_prompt.activities:
        activity_text = text.activity(activity.code)
        if activity_text is None or (activity.is_titled and not activity_text.title):
            return False
    return True
