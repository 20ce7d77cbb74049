"""A model that answers the schema it is given, or as a script says; no network."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simcrm.llm.errors import LlmCallError
from simcrm.llm.providers.base import LlmRequest, LlmResponse, RateLimitWindows, Usage

Step = Callable[[LlmRequest], LlmResponse] | LlmCallError | float
_RECORD = re.compile(r"^(\d+) ", re.MULTILINE)
_ACTIVITY = re.compile(r"^([dnctk]\d+) ")


def good_response(request: LlmRequest, **changes: Any) -> LlmResponse:
    """A good answer to a request."""
    text = json.dumps({"r": list(rows(request))})
    given: dict[str, Any] = {"text": text, "usage": Usage(100, 50), "rate_limits": RateLimitWindows()} | changes
    return LlmResponse(**given)


def rows(request: LlmRequest) -> Iterator[dict[str, Any]]:
    """A row for each record of the request."""
    fields = request.schema["properties"]["r"]["items"]["properties"]
    for block in re.split(r"\n(?=\d)", request.prompt):
        if (number := _RECORD.match(block)) is None:
            continue
        person = block.split(" ", 1)[1].split(";")[0]
        row: dict[str, Any] = {"k": int(number[1])}
        row |= {name: f"{name} for {person}" for name in fields if name not in {"k", "i", "a"}}
        if "i" in fields:
            row["i"] = ["Ledger sync"]
        if "a" in fields:
            codes = [found[1] for line in block.splitlines() if (found := _ACTIVITY.match(line))]
            row["a"] = [{"x": code, "t": f"title {code}", "b": f"text {code} about {person}."} for code in codes]
        yield row


@dataclass
class ScriptedModel:
    """Takes one step of the script a call, then answers well; a number is seconds of silence."""

    script: list[Step] = field(default_factory=list)
    requests: list[LlmRequest] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    accepted: Callable[[str], bool] = lambda _key: True
    cancelled: int = 0

    def create_provider(self, key: str, _base_url: str) -> "Connection":
        """What the registry calls."""
        self.keys.append(key)
        return Connection(self, key)


@dataclass
class Connection:
    """A provider with one key."""

    model: ScriptedModel
    key: str

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """The next step of the script."""
        from simcrm.llm.errors import error_from_status  # noqa: PLC0415

        self.model.requests.append(request)
        if not self.model.accepted(self.key):
            raise error_from_status(401, None)
        step = self.model.script.pop(0) if self.model.script else good_response
        if isinstance(step, LlmCallError):
            raise step
        if isinstance(step, float):
            try:
                await asyncio.sleep(step)
            except asyncio.CancelledError:
                self.model.cancelled += 1
                raise
            return good_response(request)
        return step(request)

    async def aclose(self) -> None:
        """Nothing to close."""
