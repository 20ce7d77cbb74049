"""What a server with OpenAI's API was asked and what it said, as it went over the wire."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from simcrm.llm.providers.openai import OpenAiProvider

MODEL = "smollm2-135m"


@dataclass
class Exchange:
    """A request and, if there was a whole answer, that answer; ``seconds`` from the one to the other."""

    asked: dict[str, Any]
    begun: float
    answered: dict[str, Any] | None = None
    content_type: str = ""
    seconds: float = 0.0

    @property
    def usage(self) -> tuple[int, int]:
        """Input and output tokens as the server reports them."""
        reported = {} if self.answered is None else self.answered.get("usage", {})
        return reported.get("prompt_tokens", 0), reported.get("completion_tokens", 0)


@dataclass
class Journal:
    """All exchanges of the providers that it watches."""

    exchanges: list[Exchange] = field(default_factory=list)

    def watch(self, provider: OpenAiProvider) -> OpenAiProvider:
        """Note what a provider sends and receives."""
        begun: dict[int, Exchange] = {}

        async def note_request(request: httpx2.Request) -> None:
            exchange = begun[id(request)] = Exchange(json.loads(request.content), time.monotonic())
            self.exchanges.append(exchange)

        async def note_response(response: httpx2.Response) -> None:
            exchange = begun[id(response.request)]
            exchange.answered = json.loads(await response.aread())
            exchange.content_type = response.headers["content-type"]
            exchange.seconds = time.monotonic() - exchange.begun

        provider._client.event_hooks = {"request": [note_request], "response": [note_response]}
        return provider

    def watch_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Watch every provider that is made from now on."""
        make = OpenAiProvider.__init__

        def make_watched(provider: OpenAiProvider, *arguments: Any, **options: Any) -> None:
            make(provider, *arguments, **options)
            self.watch(provider)

        monkeypatch.setattr(OpenAiProvider, "__init__", make_watched)

    @property
    def usage(self) -> tuple[int, int]:
        """All input and output tokens that were reported."""
        return sum(each.usage[0] for each in self.exchanges), sum(each.usage[1] for each in self.exchanges)
