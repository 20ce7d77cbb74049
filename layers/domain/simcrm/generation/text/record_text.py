"""A record's text result: the model's text, or the reason for the fallback. Stored in S3, so never paid for twice."""

import json
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.responses import RecordText
from simcrm.llm.providers.base import Usage


class TextProvenance(BaseModel):
    """How text was written; ``simcrm_generation_metadata`` in JSON.

    Tokens are the record's share of its call; ``latency_ms`` is the whole call's. ``generated_at`` is None if no model
    was called, so that equal inputs give equal bytes.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    method: str
    model: str | None = None
    generated_at: datetime | None = None
    latency_ms: int = 0
    attempts: int = 0
    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reason: str | None = None
    category: str | None = None
    prompt_version: str | None = None

    def metadata(self, at: str, timing: Mapping[str, int] | None = None) -> str:
        """Return the property's value; ``at`` replaces a missing time, ``timing`` counts who timed how many."""
        document = self.model_dump(mode="json", by_alias=True, exclude={"category"})
        document["generatedAt"] = document["generatedAt"] or at
        if timing is not None:
            document["timing"] = dict(timing)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


class RecordTextResult(BaseModel):
    """A record's text and its origin; ``name`` and ``stem`` are the company's, unique across all simulations."""

    model_config = ConfigDict(frozen=True)

    index: int
    origin: TextProvenance
    words: RecordText | None = None
    name: str | None = None
    stem: str | None = None

    def to_row(self) -> JsonObject:
        """Return its line in ``words/``."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def fallback_result(index: int, reason: str, category: str | None = None) -> RecordTextResult:
    """Return the result of a record that was not requested, or for which no response came."""
    return RecordTextResult(index=index, origin=TextProvenance(method="fallback", reason=reason, category=category))


def usage_share(usage: Usage, records: int) -> Usage:
    """Return a record's share of its call's tokens, rounded up."""
    return Usage(-(-usage.input_tokens // records), -(-usage.output_tokens // records))
