"""Scripted faults: which calls they apply to, and how often."""

import random
import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter
from pydantic.alias_generators import to_camel


class FaultRule(BaseModel):
    """When a fault occurs; each server adds what happens then. JSON names are camelCase.

    ``path`` is a regular expression searched for in the path. The first ``skip`` matching calls pass, then the rule
    applies ``times`` times (null: always), each time with ``probability`` from a generator with ``seed``.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    method: str | None = None
    path: re.Pattern[str] = re.compile("")
    status: int = Field(default=500, ge=400, le=599)
    delay_seconds: float = Field(default=0, ge=0)
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    _random: random.Random = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """Seed the rule's own generator, so that equal rules apply to the same calls."""
        self._random = random.Random(self.seed)  # noqa: S311  # chooses calls, not secrets

    def matches_call(self, method: str, path: str) -> bool:
        """Return whether the rule names this method and path."""
        return self.method in {None, method} and self.path.search(path) is not None

    def draw(self) -> bool:
        """Count a matching call and return whether the rule applies to it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


RuleT = TypeVar("RuleT", bound=FaultRule)


class FaultRules(Generic[RuleT]):
    """The active rules of a server, of which the first match applies; used-up rules are removed."""

    def __init__(self, rule_type: type[RuleT]) -> None:
        self._adapter: TypeAdapter[list[RuleT]] = TypeAdapter(list[rule_type])  # type: ignore[valid-type]
        self._rules: list[RuleT] = []

    def __len__(self) -> int:
        """Return the number of active rules."""
        return len(self._rules)

    def add(self, document: Any) -> None:
        """Add one rule, or a list of rules, as JSON; raises :class:`pydantic.ValidationError`."""
        self._rules += self._adapter.validate_python(document if isinstance(document, list) else [document])

    def pick(self, matches: Callable[[RuleT], bool]) -> RuleT | None:
        """Return the rule that applies to the call for which ``matches`` decides."""
        for rule in self._rules:
            if matches(rule) and rule.draw():
                if rule.times == 0:
                    self._rules.remove(rule)
                return rule
        return None

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """Return the active rules as JSON."""
        rules: list[dict[str, Any]] = self._adapter.dump_python(self._rules, mode="json", by_alias=True)
        return rules
