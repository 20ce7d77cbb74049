"""While the cache or S3 takes its time, the other tasks of the event loop go on."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import pytest
import redis
from builders import batch
from unit.generation.conftest import TextHarness

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.generation.text.prompt_requests import build_request
from simcrm.generation.text.text_session import TextSession
from simcrm.generation.text.text_writer import TextWriter
from simcrm.llm.providers.base import Usage
from simcrm.llm.rate_limit.cost_budget import budget_key
from simcrm.llm.rate_limit.local_limiter import LocalRateLimiter
from simcrm.llm.rate_limit.policy import LlmCallOutcome, LlmPermit
from simcrm.llm.rotating_key import RotatingKey

T = TypeVar("T")
PATIENCE_SECONDS = 2.0


class Pulse:
    """A task of the event loop; ``wait`` blocks a thread until the task has run again."""

    def __init__(self) -> None:
        self._beat = threading.Event()
        self.waits: dict[str, int] = {}

    async def beat(self) -> None:
        """Run as often as the event loop allows."""
        while True:
            self._beat.set()
            await asyncio.sleep(0.001)

    def wait(self, who: str) -> None:
        """Block; fail if the event loop is what is blocked."""
        self._beat.clear()
        assert self._beat.wait(PATIENCE_SECONDS), f"{who} blocks the event loop"
        self.waits[who] = self.waits.get(who, 0) + 1


class SlowCache(CacheWithFallback):
    """A cache that is far away."""

    def __init__(self, cache: redis.Redis | None, pulse: Pulse) -> None:
        super().__init__(cache)
        self._pulse = pulse

    def call(self, command: Callable[[redis.Redis], T], fallback: Callable[[], T]) -> T:
        """Answer after the event loop has gone on."""
        self._pulse.wait("the cache")
        return super().call(command, fallback)


class SlowCounters(RunCounters):
    """Counters in such a cache."""

    def __init__(self, simulation_id: str, pulse: Pulse) -> None:
        super().__init__(None, simulation_id)
        self._pulse = pulse

    def add(self, amounts: Mapping[str, int]) -> None:
        """Wait, and count nothing."""
        del amounts
        self._pulse.wait("a counter")


def slowed(workshop: TextHarness, pulse: Pulse) -> TextSession:
    """The session with a cache and an abort marker that take their time."""

    def is_aborted() -> bool:
        pulse.wait("the abort marker")
        return False

    session, cache = workshop.session(), SlowCache(workshop.cache, pulse)
    counters = SlowCounters(session.simulation_id, pulse)
    return replace(session, cache=cache, counters=counters, is_aborted=is_aborted)


async def write(session: TextSession, workshop: TextHarness, pulse: Pulse) -> int:
    """Write ten records, each in a call of its own; the number of those that the model has written."""
    prompts = AccountPromptBuilder(workshop.generator().histories).build_prompts(batch(count=10))
    beating = asyncio.create_task(pulse.beat())
    rotating_key = RotatingKey(session.create_provider, session.read_key)
    gates = GateFactory(workshop.generator().histories.generator)
    recorder, pace = session.recorder(gates.gate), session._pace()
    writer = TextWriter(session._caller(rotating_key), recorder, lambda *_: pulse.wait("saving"), pace)
    results = await writer.write(prompts)
    beating.cancel()
    return sum(result.text is not None for result in results.values())


@pytest.mark.parametrize(("is_accepted", "written"), [(True, 10), (False, 0)], ids=["written", "key refused"])
def test_a_slow_cache_does_not_stop_the_other_calls(workshop: TextHarness, is_accepted: bool, written: int) -> None:  # noqa: FBT001
    workshop.fields = {"ai": {"recordsPerCall": 1, "maxCostUsd": 100}}
    workshop.model.accepted = lambda _key: is_accepted
    pulse = Pulse()

    assert asyncio.run(write(slowed(workshop, pulse), workshop, pulse)) == written

    assert pulse.waits.keys() >= {"the cache", "the abort marker", "saving"}
    assert ("a counter" in pulse.waits) is is_accepted


class SlowLimiter(LocalRateLimiter):
    """Grants a call when the test says so; ``granted`` are the calls that are not released."""

    def __init__(self) -> None:
        super().__init__((100, 100_000, 100_000))
        self.is_asked, self.may_answer, self.granted = threading.Event(), threading.Event(), 0

    def acquire(self, expected: Usage) -> LlmPermit:
        """Wait for the test."""
        self.is_asked.set()
        assert self.may_answer.wait(PATIENCE_SECONDS)
        self.granted += 1
        return super().acquire(expected)

    def release(self, outcome: LlmCallOutcome) -> bool:
        """Count it."""
        self.granted -= 1
        return super().release(outcome)


def test_a_call_that_is_cancelled_while_it_reserves_gives_back_what_it_gets(
    workshop: TextHarness, cache: redis.Redis
) -> None:
    workshop.fields = {"ai": {"maxCostUsd": 1}}
    limiter = SlowLimiter()

    async def cancel_while_reserving() -> None:
        session = workshop.session()
        caller = replace(session._caller(RotatingKey(session.create_provider, session.read_key)), rate_limiter=limiter)
        prompts = AccountPromptBuilder(workshop.generator().histories).build_prompts(batch(count=1))
        call = asyncio.create_task(caller.call(build_request(session.settings, prompts), Usage(10, 10), 0))
        await asyncio.to_thread(limiter.is_asked.wait, PATIENCE_SECONDS)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
        limiter.may_answer.set()
        await asyncio.wrap_future(caller.worker.submit(lambda: None))  # after all that was begun

    asyncio.run(cancel_while_reserving())

    assert limiter.granted == 0
    assert cache.hgetall(budget_key(workshop.session().simulation_id)) == {"reserved": "0", "spent": "0"}
    assert workshop.model.requests == []
