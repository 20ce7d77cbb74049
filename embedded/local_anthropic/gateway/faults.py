"""Scripted faults: which calls fail, and how."""

import random
import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from pydantic.alias_generators import to_camel


class FaultKind(StrEnum):
    """What happens to a call.

    ``status`` returns an error, ``drop`` closes the connection without a response, ``slow`` only delays. The others
    spoil the text of an answer: ``truncated`` ends in the middle, ``max_tokens`` does too and reports it, ``not_json``
    is prose, ``empty`` has no text, ``refusal`` refuses; ``missing_records`` and ``extra_records`` change the number of
    records, and ``bad_record`` blanks the texts of one. ``expired`` applies to a request in a batch.
    """

    STATUS = "status"
    DROP = "drop"
    SLOW = "slow"
    TRUNCATED = "truncated"
    MAX_TOKENS = "max_tokens"
    NOT_JSON = "not_json"
    EMPTY = "empty"
    REFUSAL = "refusal"
    MISSING_RECORDS = "missing_records"
    EXTRA_RECORDS = "extra_records"
    BAD_RECORD = "bad_record"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class FaultSubject:
    """What rules match against; ``in_batch`` is set for a request in a message batch."""

    method: str
    path: str
    model: str = ""
    prompt: str = ""
    in_batch: bool = False


class FaultRule(BaseModel):
    """One rule; JSON names are camelCase.

    ``path``, ``model`` and ``prompt`` are regular expressions to search for. The first ``skip`` matching calls pass,
    then the rule applies ``times`` times (null: always), each time with ``probability`` from a generator with ``seed``.
    ``after_work`` performs the call before the fault; ``count`` is the number of missing or extra records, ``record``
    which one is bad, from 1. With ``in_batches``, the rule applies to requests in batches instead of calls.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    kind: FaultKind = FaultKind.STATUS
    method: str | None = None
    path: re.Pattern[str] = re.compile("^/v1/")
    model: re.Pattern[str] = re.compile("")
    prompt: re.Pattern[str] = re.compile("")
    in_batches: bool = False
    status: int = Field(default=500, ge=400, le=599)
    message: str | None = None
    retry_after: float | None = Field(default=None, ge=0)
    delay_seconds: float = Field(default=0, ge=0)
    count: int = Field(default=1, ge=1)
    record: int = Field(default=1, ge=1)
    after_work: bool = False
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    _random: random.Random = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """Seed the rule's own generator, so that equal rules apply to the same calls."""
        self._random = random.Random(self.seed)  # noqa: S311  # chooses calls, not secrets

    def hits(self, subject: FaultSubject) -> bool:
        """Return whether the rule applies to this call, and count it."""
        if not self._matches(subject):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _matches(self, subject: FaultSubject) -> bool:
        return (
            self.in_batches == subject.in_batch
            and self.method in {None, subject.method}
            and self.path.search(subject.path) is not None
            and self.model.search(subject.model) is not None
            and self.prompt.search(subject.prompt) is not None
        )


class Faults:
    """The active rules, of which the first match applies; used-up rules are removed."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []

    def pick(self, subject: FaultSubject) -> FaultRule | None:
        """Return the rule that applies to a call."""
        for rule in self.rules:
            if rule.hits(subject):
                if rule.times == 0:
                    self.rules.remove(rule)
                return rule
        return None
