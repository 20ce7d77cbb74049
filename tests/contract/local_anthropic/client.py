"""Clients of both kinds behind one set of words, and what they ask for."""

import asyncio
import http.client
import inspect
import json
from collections.abc import AsyncIterable, Callable
from functools import reduce
from typing import Any

import anthropic

HAIKU = "claude-haiku-4-5-20251001"
KEY = "sk-ant-test"
RECORD = {
    "type": "object",
    "properties": {
        "k": {"type": "integer", "description": "number of the record"},
        "n": {"type": "string", "description": "company name"},
        "j": {"type": "string", "description": "job title"},
    },
    "required": ["k", "n", "j"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"r": {"type": "array", "items": RECORD}},
    "required": ["r"],
    "additionalProperties": False,
}
FACTS = json.dumps(
    [
        {"k": number, "person": f"Ada Lovelace{number}", "industry": "medical practice", "city": "Reading"}
        for number in range(4)
    ]
)


def request(**changes: Any) -> dict[str, Any]:
    """A request for the words of four records."""
    given = {
        "model": HAIKU,
        "max_tokens": 1000,
        "system": "You write CRM entries.",
        "messages": [{"role": "user", "content": FACTS}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }
    return given | changes


def batch(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [{"custom_id": f"batch-{number}", "params": request(**changes)} for number in range(count)]


class Claude:
    """A client of either kind; ``call("messages.create", ...)`` is the same for both."""

    def __init__(self, url: str, kind: str, key: str = KEY, timeout: float = 20) -> None:
        make: Any = anthropic.Anthropic if kind == "sync" else anthropic.AsyncAnthropic
        self._client = make(api_key=key, base_url=url, max_retries=0, timeout=timeout)
        self._runner = asyncio.Runner()
        self.url = url
        self.kind = kind

    def call(self, method: str, *given: Any, **named: Any) -> Any:
        """Call a method of the client by its path; pages and streams come back as lists."""
        return self._runner.run(self._called(method, *given, **named))

    async def _called(self, method: str, *given: Any, **named: Any) -> Any:
        found = reduce(getattr, method.split("."), self._client)(*given, **named)
        result = await found if inspect.isawaitable(found) else found
        if isinstance(result, AsyncIterable):
            return [each async for each in result]
        return list(result) if method.endswith(("list", "results")) else result

    def records(self, **changes: Any) -> list[dict[str, Any]]:
        """The records of a message."""
        return list(json.loads(message_text(self.call("messages.create", **request(**changes))))["r"])

    def close(self) -> None:
        self._runner.run(self._closed())
        self._runner.close()

    async def _closed(self) -> None:
        closing = self._client.close()
        if inspect.isawaitable(closing):
            await closing


class Control:
    """The control endpoints of the server."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 300, content
        return json.loads(content) if content else None

    def fault(self, **rule: Any) -> None:
        self.ask("POST", "/_local/faults", rule)

    def set(self, **settings: Any) -> None:
        self.ask("PUT", "/_local/settings", settings)

    def stats(self) -> dict[str, Any]:
        return dict(self.ask("GET", "/_local/stats"))

    def calls(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/_local/calls")["calls"])


def message_text(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


Make = Callable[..., Claude]
