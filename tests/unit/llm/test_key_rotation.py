"""A key that is exchanged, refused or unusable while calls are under way."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from scripted_model import ScriptedModel, good_response
from unit.generation.conftest import TextHarness

from simcrm.llm.caller import LlmCaller
from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage
from simcrm.llm.rate_limit.local_limiter import LocalRateLimiter
from simcrm.llm.rate_limit.policy import LlmCallOutcome, LlmDenyReason, LlmPermit
from simcrm.llm.rotating_key import RotatingKey

SCHEMA: dict[str, Any] = {"properties": {"r": {"items": {"properties": {"k": {}}}}}}
REQUEST = LlmRequest("model", "system", "0 Ada Okafor; 1", SCHEMA, 10)
CALLS = 10


@dataclass
class Server:
    """Takes one key; calls with another one are answered when the test says so."""

    accepted: str = "new"
    slow: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    open: dict[str, int] = field(default_factory=dict)

    def make(self, key: str) -> "Client":
        """A client with a key."""
        self.open[key] = self.open.get(key, 0) + 1
        return Client(self, key)


@dataclass
class Client:
    """A connection; once it is closed, calls under way break."""

    server: Server
    key: str
    is_closed: bool = False

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Answer at once to the right key, and to the first call with a wrong one."""
        server = self.server
        server.asked[self.key] += 1
        if self.key != server.accepted and server.asked[self.key] > 1:
            server.under_way += 1
            await server.slow.wait()
        if self.is_closed:
            raise LlmCallError(FailureCategory.NETWORK, can_retry=True, counts_for_breaker=True)
        if self.key != server.accepted:
            raise error_from_status(401, None)
        return good_response(request)

    async def aclose(self) -> None:
        """Close it."""
        self.is_closed = True
        self.server.open[self.key] -= 1


class GatedLimiter(LocalRateLimiter):
    """Notes how calls ended, and may keep them waiting."""

    is_closed: Callable[[], bool]

    def __init__(self) -> None:
        super().__init__((0, 0, 0))
        self.marks: Counter[str] = Counter()
        self.is_closed = lambda: False

    def acquire(self, expected: Usage) -> LlmPermit:
        """Let a call go out, unless the test keeps it."""
        return LlmPermit(LlmDenyReason.LIMIT, 10) if self.is_closed() else super().acquire(expected)

    def release(self, outcome: LlmCallOutcome) -> bool:
        """Note the end of a call."""
        self.marks[outcome.breaker_signal] += 1
        return super().release(outcome)


def caller(workshop: TextHarness, rotating_key: RotatingKey, gate: GatedLimiter) -> LlmCaller:
    """Makes calls with a keyring and a gate of the test."""
    made = workshop.session()._caller(rotating_key)
    fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
    return LlmCaller(**fields | {"rate_limiter": gate})


def keys(*, fresh: bool) -> str:
    return "new" if fresh else "old"


def test_calls_under_way_with_the_old_key_are_not_broken_by_its_exchange(workshop: TextHarness) -> None:
    gate = GatedLimiter()

    async def run() -> Server:
        server = Server()
        making = caller(workshop, RotatingKey(server.make, keys), gate)
        calls = [asyncio.create_task(making.call(REQUEST, Usage(1, 1), number)) for number in range(CALLS)]
        while server.under_way < CALLS - 1 or not server.asked["new"]:  # noqa: ASYNC110 - until all are under way
            await asyncio.sleep(0)
        assert server.open == {"old": 1, "new": 1}
        server.slow.set()
        await asyncio.gather(*calls)
        return server

    server = asyncio.run(run())

    assert gate.marks == {"none": CALLS, "ok": CALLS}
    assert server.open == {"old": 0, "new": 1}


def test_calls_that_wait_for_the_limit_go_out_with_the_new_key(workshop: TextHarness) -> None:
    gate, admitted = GatedLimiter(), [0]

    async def run() -> Server:
        server = Server()
        server.slow.set()

        def is_closed() -> bool:
            admitted[0] += 1
            return admitted[0] > 1 and not server.asked["new"]

        gate.is_closed = is_closed
        making = caller(workshop, RotatingKey(server.make, keys), gate)
        first = asyncio.create_task(making.call(REQUEST, Usage(1, 1), 0))
        while not server.asked["old"]:  # noqa: ASYNC110 - until it is refused
            await asyncio.sleep(0)
        gate.is_closed = lambda: making.rotating_key.key == "old"
        others = [asyncio.create_task(making.call(REQUEST, Usage(1, 1), number)) for number in range(1, CALLS)]
        await asyncio.gather(first, *others)
        return server

    server = asyncio.run(run())

    assert server.asked == {"old": 1, "new": CALLS}


def test_a_key_that_stays_refused_is_read_anew_once_by_each_function(workshop: TextHarness) -> None:
    reads: list[bool] = []

    def read(*, fresh: bool) -> str:
        reads.append(fresh)
        return "old"

    async def run() -> None:
        server = Server()
        server.slow.set()
        making = caller(workshop, RotatingKey(server.make, read), GatedLimiter())
        ends = await asyncio.gather(
            *(making.call(REQUEST, Usage(1, 1), number) for number in range(CALLS)), return_exceptions=True
        )
        assert {getattr(end, "category", None) for end in ends} == {FailureCategory.AUTH}

    asyncio.run(run())

    assert reads == [False, True]


@pytest.mark.parametrize("key", ["sk-ant\u200b-1", "sk\r\nant", "schl\u00fcssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_a_call(
    workshop: TextHarness, model: ScriptedModel, key: str
) -> None:
    workshop.key = key

    told = workshop.write_texts(3)

    assert {record.provenance.reason for record in told.values()} == {"auth"}
    assert model.requests == []


@pytest.mark.parametrize("before", ["", "sk\u200bant"])
def test_a_key_that_is_in_the_secret_by_now_is_used_at_the_next_try(
    workshop: TextHarness, model: ScriptedModel, before: str
) -> None:
    workshop.key, workshop.fresh_key = before, "key-2"

    told = workshop.write_texts(3)

    assert {record.provenance.method for record in told.values()} == {"ai"}
    assert set(model.keys) == {"key-2"}


def test_a_run_whose_key_was_refused_goes_on_with_the_model_once_there_is_another(
    workshop: TextHarness, model: ScriptedModel
) -> None:
    model.accepted = lambda key: key == "key-2"
    workshop.write_texts(3, number=0)
    asked = len(model.requests)
    assert workshop.session().unavailable_reason() is FailureCategory.AUTH

    workshop.fresh_key = "key-2"
    told = workshop.write_texts(3, number=1)

    assert {record.provenance.method for record in told.values()} == {"ai"}
    assert len(model.requests) == asked + 1


def test_what_the_cache_knows_of_a_refused_key_is_not_the_key(workshop: TextHarness, model: ScriptedModel) -> None:
    model.accepted = lambda _key: False
    workshop.write_texts(3)

    assert workshop.cache is not None
    noted = workshop.cache.get(workshop.session().auth_failure_flag.key)
    assert noted
    assert "key-1" not in str(noted)
