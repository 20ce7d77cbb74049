"""Scripted faults: which calls fail, and how."""

import random
import re
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from pydantic.alias_generators import to_camel


class FaultKind(StrEnum):
    """What happens to a call.

    ``status`` returns an error, ``rate_limit`` a 429, ``drop`` closes the connection without a response, ``slow``
    delays the normal response, and ``invalid_input`` makes one input of a batch fail validation.
    """

    STATUS = "status"
    RATE_LIMIT = "rate_limit"
    DROP = "drop"
    SLOW = "slow"
    INVALID_INPUT = "invalid_input"


class FaultRule(BaseModel):
    """One rule; JSON names are camelCase.

    ``path`` is a regular expression searched for in the path. The first ``skip`` matching calls pass, then the rule
    applies ``times`` times (null: always), each time with ``probability`` from a generator with ``seed``.
    ``after_write`` performs the call before the fault; ``record`` counts inputs from 1.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    kind: FaultKind = FaultKind.STATUS
    method: str | None = None
    path: re.Pattern[str] = re.compile("")
    status: int = Field(default=500, ge=400, le=599)
    policy: Literal["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"] = "TEN_SECONDLY_ROLLING"
    retry_after: int | None = Field(default=None, ge=0)
    delay_seconds: float = Field(default=0, ge=0)
    record: int = Field(default=1, ge=1)
    after_write: bool = False
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    _random: random.Random = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """Seed the rule's own generator, so that equal rules apply to the same calls."""
        self._random = random.Random(self.seed)  # noqa: S311  # chooses calls, not secrets

    def hits(self, method: str, path: str) -> bool:
        """Return whether the rule applies to this call, and count it."""
        if self.method not in {None, method} or self.path.search(path) is None:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The active rules, of which the first match applies; used-up rules are removed."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []

    def pick(self, method: str, path: str) -> FaultRule | None:
        """Return the rule that applies to a call."""
        for rule in self.rules:
            if rule.hits(method, path):
                if rule.times == 0:
                    self.rules.remove(rule)
                return rule
        return None
