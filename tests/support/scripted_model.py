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
_ACCOUNT = re.compile(r"^a\d+(?= )")
_PERSON = re.compile(r"^(r\d+) (.*)")
_TEXT = re.compile(r"^([dwncmgetk]\d{2,}) (.*)")


def good_response(request: LlmRequest, **changes: Any) -> LlmResponse:
    """A good answer to a request."""
    text = json.dumps({"r": list(rows(request))})
    given: dict[str, Any] = {"text": text, "usage": Usage(100, 50), "rate_limits": RateLimitWindows()} | changes
    return LlmResponse(**given)


def rows(request: LlmRequest) -> Iterator[dict[str, Any]]:
    """A row for each account of the request."""
    fields = request.schema["properties"]["r"]["items"]["properties"]
    for block in account_blocks(request.prompt):
        yield account_row(block.splitlines(), fields)


def account_blocks(prompt: str) -> list[str]:
    """The lines of each account of a question."""
    return [block for block in re.split(r"(?:^|\n)(?=a\d+ )", prompt) if _ACCOUNT.match(block)]


def account_row(lines: list[str], fields: dict[str, Any]) -> dict[str, Any]:
    """The answer about an account, without anything that could be false."""
    code = lines[0].split()[0]
    row: dict[str, Any] = {"k": code}
    if "n" in fields and "; name: " in lines[0]:
        row["n"] = [f"Ledger Works {code[1:]}", f"Other Works {code[1:]}"]
    if lines[0].endswith("; texts only"):
        fields = {name: schema for name, schema in fields.items() if name == "a"}
    if "s" in fields:
        row["s"] = f"source of {code[1:]}"
    if "i" in fields:
        row["i"] = ["Ledger sync"]
    if "p" in fields:
        row["p"] = [_person(found[1], found[2], fields["p"]) for line in lines if (found := _PERSON.match(line))]
    if "a" in fields:
        row["a"] = [_text(found[1], found[2], fields["a"]) for line in lines if (found := _TEXT.match(line))]
    return row


def _person(code: str, line: str, schema: dict[str, Any]) -> dict[str, Any]:
    name = line.split(";", maxsplit=1)[0]
    asked = schema["items"]["properties"].keys() - {"k", "f"}
    return {"k": code, "f": name.split()[0]} | {key: f"{key} for {name}" for key in sorted(asked)}


def _text(code: str, line: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A body that says nothing but which text it is: by its letter, as codes must not be echoed."""
    found = re.search(r"\+(\d+)m", line)
    row: dict[str, Any] = {"x": code, "t": f"title {code[0]} {code[1:]}", "b": f"text {code[0]} {code[1:]}"}
    return row | ({"m": int(found[1])} if found and "m" in schema["items"]["properties"] else {})


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
