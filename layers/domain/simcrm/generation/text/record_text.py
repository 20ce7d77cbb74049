"""A record's text result: the model's text, or the reason for the fallback. Stored in S3, so never paid for twice."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from simcrm.core.json_types import JsonObject
from simcrm.llm.providers.base import Usage
from simcrm.models.generator_version import GENERATOR_VERSION

_UNUSABLE_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Control characters do not belong in CRM text; what else does not is found by the gate."""

MAX_DELAY_MINUTES = 10 * 366 * 24 * 60
"""About ten years: no activity happens later than that after its cause."""


def _reject_unusable(text: str) -> str:
    if _UNUSABLE_TEXT.search(text):
        raise ValueError("contains control characters")
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
    """The text that a model wrote for a record: what its prompt asks for, as far as it could be used.

    ``other_name`` is a second name for the company, in case somebody else has the first.
    """

    company_name: Name | None = Field(default=None, alias="n")
    other_name: Name | None = Field(default=None, alias="o")
    job_title: Name | None = Field(default=None, alias="j")
    original_source: Line | None = Field(default=None, alias="s")
    consent_detail: Line | None = Field(default=None, alias="c")
    lead_reasoning: Line | None = Field(default=None, alias="r")
    product_interests: list[Name] | None = Field(default=None, alias="i")
    activities: list[ActivityText] = Field(default=[], alias="a")

    def activity(self, code: str) -> ActivityText | None:
        """Return the text of one activity."""
        return next((activity for activity in self.activities if activity.code == code), None)

    def rename(self, rename: Callable[[str], str]) -> "RecordText":
        """Return the same texts of activities, each passed through ``rename``."""
        activities = [
            activity.model_copy(
                update={"title": activity.title and rename(activity.title), "body": rename(activity.body)}
            )
            for activity in self.activities
        ]
        return self.model_copy(update={"activities": activities})

    @property
    def keys(self) -> frozenset[str]:
        """The fields and activities that there is a text of."""
        fields = {name for name in RECORD_KEYS if name != "activities" and getattr(self, name) is not None}
        return frozenset(fields | {activity.code for activity in self.activities})


RECORD_KEYS = {name: field.alias or name for name, field in RecordText.model_fields.items() if name != "other_name"}
"""The JSON keys of the fields in responses."""
ACTIVITY_KEYS = {name: field.alias or name for name, field in ActivityText.model_fields.items()}
"""The JSON keys of an activity's fields in responses."""
RECORDS_KEY, KEY, PEOPLE_KEY, FIRST_NAME_KEY = "r", "k", "p", "f"
"""The JSON keys of the accounts in a response, of an account's or a person's own key, of people and their names."""


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

    def merge(self, other: "TextProvenance") -> "TextProvenance":
        """Return the provenance of what two calls wrote; a record is the model's if any of its text is."""
        by_model = "ai" in {self.method, other.method}
        return TextProvenance(
            method="ai" if by_model else "fallback",
            model=self.model or other.model,
            generated_at=max(filter(None, (self.generated_at, other.generated_at)), default=None),
            latency_ms=self.latency_ms + other.latency_ms,
            attempts=self.attempts + other.attempts,
            tokens=self.tokens + other.tokens,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reason=None if by_model else other.reason or self.reason,
            category=other.category or self.category,
            prompt_version=self.prompt_version or other.prompt_version,
        )

    def metadata(
        self, at: str, timing: Mapping[str, int] | None = None, rejected: Mapping[str, int] | None = None
    ) -> str:
        """Return the property's value.

        Args:
            at: replaces a missing time.
            timing: how many notes were timed by the model and by the rules.
            rejected: how many of the model's texts were not used, by reason.
        """
        document = self.model_dump(mode="json", by_alias=True, exclude={"category"})
        document["generatedAt"] = document["generatedAt"] or at
        document["generatorVersion"] = GENERATOR_VERSION
        if rejected:
            document["rejected"] = dict(rejected)
        if timing is not None:
            document["timing"] = dict(timing)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


class RecordTextResult(BaseModel):
    """A record's text, if a model wrote any, and its provenance.

    ``company_name`` and ``domain_stem`` replace the sampler's; they are unique across all simulations. ``rejected``
    says why the model's text was not used, for each field or activity whose text is composed instead.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    index: int
    provenance: TextProvenance = Field(alias="origin")
    text: RecordText | None = Field(default=None, alias="words")
    company_name: str | None = Field(default=None, alias="name")
    domain_stem: str | None = Field(default=None, alias="stem")
    rejected: Mapping[str, str] = {}

    def is_settled(self, key: str) -> bool:
        """Whether the model need not be asked again for a field or an activity."""
        if self.text is None and not self.rejected:
            return self.provenance.reason is not None
        return key in self.rejected or (self.text is not None and key in self.text.keys)

    def merge(self, other: "RecordTextResult") -> "RecordTextResult":
        """Return this result with that of another call about the record."""
        texts = [result.text for result in (self, other) if result.text is not None]
        return RecordTextResult(
            index=self.index,
            provenance=self.provenance.merge(other.provenance),
            text=merge_texts(texts) if texts else None,
            rejected={**self.rejected, **other.rejected},
        )

    def metadata(self, at: str, timing: Mapping[str, int] | None = None) -> str:
        """Return the value of ``simcrm_generation_metadata``; see ``TextProvenance.metadata``."""
        return self.provenance.metadata(at, timing, Counter(self.rejected.values()))

    def to_row(self) -> JsonObject:
        """Return its line in ``words/``."""
        left_out = None if self.rejected else {"rejected"}
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=left_out)


def merge_texts(texts: Sequence[RecordText]) -> RecordText:
    """Return the texts of several calls about a record as one."""
    fields = {name: value for text in texts for name, value in text if name != "activities" and value is not None}
    activities = {activity.code: activity for text in texts for activity in text.activities}
    return RecordText.model_construct(**fields, activities=list(activities.values()))


def merge_by_index(results: Iterable[RecordTextResult]) -> dict[int, RecordTextResult]:
    """Return the results of several calls by record, those of the same record as one."""
    merged: dict[int, RecordTextResult] = {}
    for result in results:
        earlier = merged.get(result.index)
        merged[result.index] = result if earlier is None else earlier.merge(result)
    return merged


def fallback_result(index: int, reason: str, category: str | None = None) -> RecordTextResult:
    """Return the result of a record that was not requested, or for which no response came."""
    return RecordTextResult(index=index, provenance=TextProvenance(method="fallback", reason=reason, category=category))


def usage_share(usage: Usage, part: int, whole: int) -> Usage:
    """Return the share of a call's tokens that ``part`` of ``whole`` has, rounded up."""
    return Usage(-(-usage.input_tokens * part // whole), -(-usage.output_tokens * part // whole))
