"""A record's text result: the model's text, or the reason for the fallback. Stored in S3, so never paid for twice."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from simcrm.core.json_types import JsonObject
from simcrm.llm.providers.base import Usage
from simcrm.models.generator_version import GENERATOR_VERSION

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


def _parse_delay(value: object) -> int | None:
    """Return a valid delay, or None; an invalid delay counts as missing and does not invalidate the activity's text."""
    return value if type(value) is int and 0 < value <= MAX_DELAY_MINUTES else None


class _ModelText(BaseModel):
    """JSON keys are one letter, because a model is paid by the token."""

    model_config = ConfigDict(frozen=True, extra="ignore", serialize_by_alias=True)


class ActivityText(_ModelText):
    """An activity's code, title and body, and the model's proposed delay after its cause in minutes."""

    code: str = Field(alias="x")
    title: Line | None = Field(default=None, alias="t")
    body: Body = Field(alias="b")
    delay_minutes: Annotated[int | None, BeforeValidator(_parse_delay)] = Field(default=None, alias="m")


class RecordText(_ModelText):
    """The text that a model wrote for a record; it holds the fields that the record's prompt asks for."""

    company_name: Name | None = Field(default=None, alias="n")
    job_title: Name | None = Field(default=None, alias="j")
    original_source: Line | None = Field(default=None, alias="s")
    consent_detail: Line | None = Field(default=None, alias="c")
    lead_reasoning: Line | None = Field(default=None, alias="r")
    product_interests: list[Name] | None = Field(default=None, alias="i")
    activities: list[ActivityText] = Field(default=[], alias="a")

    def activity(self, code: str) -> ActivityText | None:
        """Return the text of one activity."""
        return next((activity for activity in self.activities if activity.code == code), None)


RECORD_KEYS = {name: field.alias or name for name, field in RecordText.model_fields.items()}
"""The JSON keys of a record's fields in responses."""
ACTIVITY_KEYS = {name: field.alias or name for name, field in ActivityText.model_fields.items()}
"""The JSON keys of an activity's fields in responses."""
RECORDS_KEY = "r"
"""The JSON key of the list of records in a response."""
RECORD_NUMBER_KEY = "k"
"""The JSON key of a record's number within its call."""


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
        document["generatorVersion"] = GENERATOR_VERSION
        if timing is not None:
            document["timing"] = dict(timing)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


class RecordTextResult(BaseModel):
    """A record's text, if a model wrote any, and its provenance.

    ``company_name`` and ``domain_stem`` replace the sampler's; they are unique across all simulations.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    index: int
    provenance: TextProvenance = Field(alias="origin")
    text: RecordText | None = Field(default=None, alias="words")
    company_name: str | None = Field(default=None, alias="name")
    domain_stem: str | None = Field(default=None, alias="stem")

    def to_row(self) -> JsonObject:
        """Return its line in ``words/``."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def fallback_result(index: int, reason: str, category: str | None = None) -> RecordTextResult:
    """Return the result of a record that was not requested, or for which no response came."""
    return RecordTextResult(index=index, provenance=TextProvenance(method="fallback", reason=reason, category=category))


def usage_share(usage: Usage, records: int) -> Usage:
    """Return a record's share of its call's tokens, rounded up."""
    return Usage(-(-usage.input_tokens // records), -(-usage.output_tokens // records))
