"""A stand-in in this process, called over HTTP, with a clock that moves only when told."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.app import create_app

START = 1_790_000_000.0
HAIKU = "claude-haiku-4-5-20251001"
HEADERS = {"x-api-key": "sk-any", "anthropic-version": "2023-06-01"}


class Clock:
    """Epoch seconds."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class StandIn:
    """Calls of a client with a good key."""

    def __init__(self, clock: Clock) -> None:
        self.http = TestClient(create_app(AnthropicSettings(), clock=clock), headers=HEADERS)

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Call, check the status and return the body."""
        answer = self.http.request(method, path, json=body) if body is not None else self.http.request(method, path)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def message(self, prompt: str = "0 Ada Lovelace", **changes: Any) -> Any:
        """Ask for a message and return the whole response."""
        given = {"model": HAIKU, "max_tokens": 500, "messages": [{"role": "user", "content": prompt}]}
        return self.http.post("/v1/messages", json=given | changes)

    def statuses(self, count: int) -> list[int]:
        return [self.message().status_code for _ in range(count)]

    def fault(self, **rule: Any) -> None:
        self.ask("POST", "/_local/faults", rule, 201)

    def set(self, **settings: Any) -> None:
        self.ask("PUT", "/_local/settings", settings)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stand_in(clock: Clock) -> Iterator[StandIn]:
    stand_in = StandIn(clock)
    with stand_in.http:
        yield stand_in
