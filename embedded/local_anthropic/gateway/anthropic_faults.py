"""What happens to a message to which a scripted fault applies."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from local_anthropic.model.account_lies import LieKind
from local_server.faults import FaultRule


class AnthropicFaultKind(StrEnum):
    """What happens to a call.

    ``status`` returns an error, ``drop`` closes the connection without a response, ``slow`` only delays. The others
    spoil the text of an answer: ``truncated`` ends in the middle, ``max_tokens`` does too and reports it, ``not_json``
    is prose, ``empty`` has no text, ``refusal`` refuses; ``missing_records`` and ``extra_records`` change the number of
    records, and ``bad_record`` blanks the texts of one; ``lie`` makes an answer about accounts say what is not so.
    ``expired`` applies to a request in a batch.
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
    LIE = "lie"
    EXPIRED = "expired"


class AnthropicFaultRule(FaultRule):
    """A rule; ``model`` and ``prompt`` are regular expressions to search for, like ``path``.

    ``after_work`` performs the call before the fault; ``count`` is the number of missing or extra records (None: one),
    or that of texts or accounts that tell the ``lie`` (None: all); ``record`` is which one is bad, from 1. With
    ``in_batches``, the rule applies to requests in batches instead of calls.
    """

    kind: AnthropicFaultKind = AnthropicFaultKind.STATUS
    path: re.Pattern[str] = re.compile("^/v1/")
    model: re.Pattern[str] = re.compile("")
    prompt: re.Pattern[str] = re.compile("")
    in_batches: bool = False
    message: str | None = None
    retry_after: float | None = Field(default=None, ge=0)
    count: int | None = Field(default=None, ge=1)
    record: int = Field(default=1, ge=1)
    lie: LieKind | None = None
    after_work: bool = False

    @model_validator(mode="after")
    def _check_lie(self) -> Self:
        if (self.kind is AnthropicFaultKind.LIE) != (self.lie is not None):
            message = "a fault of the kind lie says which one, and no other does"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class FaultSubject:
    """What rules are matched with; ``in_batch`` is set for a request in a message batch."""

    method: str
    path: str
    model: str = ""
    prompt: str = ""
    in_batch: bool = False

    def matches(self, rule: AnthropicFaultRule) -> bool:
        """Return whether a rule names this call or request."""
        return (
            rule.in_batches == self.in_batch
            and rule.matches_call(self.method, self.path)
            and rule.model.search(self.model) is not None
            and rule.prompt.search(self.prompt) is not None
        )
