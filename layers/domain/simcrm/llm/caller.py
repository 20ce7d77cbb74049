"""One call with everything around it: limits, money, time-out, schedule, a refreshed key, health, log lines."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.credentials import is_sendable
from simcrm.llm.errors import CallFailedError, Category, Reason
from simcrm.llm.health import HealthBoard
from simcrm.llm.log_events import AiLog
from simcrm.llm.model_prices import Model
from simcrm.llm.providers.base import ModelAnswer, ModelRequest, Provider, Usage, Windows
from simcrm.llm.rate_limit.auth_failure_flag import Standstill
from simcrm.llm.rate_limit.cost_budget import Budget
from simcrm.llm.rate_limit.policy import Admission, Gate, Hindrance, Settlement

CANCELLED = CallFailedError(Category.UNKNOWN)
LONGEST_NAP = 2.0
"""Seconds; others' answers may have raised a limit by then."""
NAP = 0.01


def never() -> bool:
    """No run is aborted: for calls that belong to none."""
    return False


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often and how long: attempts are ``retries`` + 1, before them 0, 1, 2, 4 ... seconds."""

    timeout_seconds: float = 10.0
    retries: int = 2

    def pause_before(self, attempt: int) -> float:
        """Seconds before an attempt, counted from 1."""
        return 0.0 if attempt == 1 else float(2 ** (attempt - 2))


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the calls see it; ``end`` is the moment by which nothing may still wait."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    end: float = float("inf")

    def today(self) -> datetime:
        """The wall's time in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)


@dataclass(frozen=True, slots=True)
class Called:
    """An answer and what it took."""

    answer: ModelAnswer
    attempts: int
    latency_ms: int


class ReadKey(Protocol):
    """Reads the key; ``fresh`` asks for it even if a copy is at hand."""

    def __call__(self, *, fresh: bool) -> str:
        """The key, empty where there is none."""


class Lease:
    """The provider of one attempt, taken when the call goes out; None before."""

    def __init__(self, keyring: "Keyring") -> None:
        self._keyring = keyring
        self.provider: Provider | None = None

    async def __aenter__(self) -> Provider:
        self.provider = self._keyring.take()
        return self.provider

    async def __aexit__(self, *_: object) -> None:
        if self.provider is not None:
            await self._keyring.give_back(self.provider)


class Keyring:
    """The provider with its key; a refused key is read anew, and the provider closed when its last call has ended."""

    def __init__(self, make: Callable[[str], Provider], read_key: ReadKey, *, needs_key: bool = True) -> None:
        self._make, self._read_key, self._needs_key = make, read_key, needs_key
        self._lock = asyncio.Lock()
        self._key = read_key(fresh=False)
        self._users: Counter[int] = Counter()
        self._is_final = False
        self.provider = self._made(self._key)

    @property
    def key(self) -> str:
        """The newest key."""
        return self._key

    def take(self) -> Provider:
        """The provider with the newest key, for a call that begins now."""
        self._users[id(self.provider)] += 1
        return self.provider

    async def give_back(self, used: Provider) -> None:
        """The call has ended; the last one of a provider whose key was exchanged closes it."""
        self._users[id(used)] -= 1
        if not self._users[id(used)] and used is not self.provider:
            del self._users[id(used)]
            await used.aclose()

    async def refresh(self, used: Provider) -> bool:
        """Whether another key is at hand than the one of the provider that was refused."""
        async with self._lock:
            if self.provider is not used:
                return True
            if self._is_final:
                return False
            key = await asyncio.to_thread(self._read_key, fresh=True)
            self._is_final = key == self._key  # the next function looks again
            if self._is_final:
                return False
            self._key, self.provider = key, self._made(key)
        if not self._users[id(used)]:
            await used.aclose()
        return True

    def _made(self, key: str) -> Provider:
        return RefusedKey() if self._needs_key and not is_sendable(key) else self._make(key)


class RefusedKey:
    """In place of a provider whose key no header can carry: nobody accepts it, so nobody is asked."""

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Fail as a refused key does."""
        del request
        raise CallFailedError(Category.AUTH)

    async def aclose(self) -> None:
        """There is nothing to close."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes the calls of one simulation in one function."""

    provider: str
    """Whose model it is, by the provider's name."""
    keyring: Keyring
    model: Model
    gate: Gate
    budget: Budget
    standstill: Standstill
    health: HealthBoard
    log: AiLog
    count: Callable[[Usage, int], None]
    """Takes the tokens of an answer and their price in millionths of a dollar."""
    schedule: Schedule = field(default_factory=Schedule)
    clock: Clock = field(default_factory=Clock)
    is_aborted: Callable[[], bool] = never
    """Asked before each attempt, also while one waits."""

    async def call(self, request: ModelRequest, expected: Usage, index: int) -> Called:
        """Ask until there is an answer or no attempt is left; ``index`` names the call in log lines.

        Raises:
            CallFailedError: why there is none.
        """
        begun, attempt = self.clock.now(), 1
        while True:
            lease = Lease(self.keyring)
            try:
                answer = await self._attempt(lease, request, expected)
                latency_ms = self._since(begun)
                cloudwatch_metrics.add(Measure.AI_LATENCY, latency_ms)
                return Called(answer, attempt, latency_ms)
            except CallFailedError as failure:
                if failure.category is Category.AUTH and await self._has_new_key(lease.provider):
                    continue
                self.log.failed(index, failure.category, failure.reason, self._since(begun))
                if not failure.can_retry or attempt > self.schedule.retries:
                    raise
                attempt += 1
                pause = self.schedule.pause_before(attempt)
                self.log.retry(index, failure.category, attempt - 1, round(pause * 1000))
                await self.clock.sleep(pause)

    async def _has_new_key(self, used: Provider | None) -> bool:
        """Whether the call can be made with another key; where none was used, another call has been refused."""
        if used is None:
            return False
        if await self.keyring.refresh(used):
            return True
        self.standstill.begin(self.keyring.key)
        return False

    async def _attempt(self, lease: Lease, request: ModelRequest, expected: Usage) -> ModelAnswer:
        """One attempt; its reservations are settled however it ends."""
        await self._admission(expected)
        most = self.model.micro_usd(Usage(expected.input_tokens, request.max_tokens))
        self._reserve(most, expected)
        failure: CallFailedError | None = CANCELLED
        used, answer = Usage(), None
        try:
            answer = await self._answer(lease, request)
            used, failure = answer.usage, None
        except CallFailedError as error:
            failure = error
            raise
        finally:
            settlement = Settlement(expected, used, answer.windows if answer else Windows(), failure)
            cloudwatch_metrics.add(Measure.BREAKER_OPENED, self.gate.settle(settlement), self.provider)
            cloudwatch_metrics.add(Measure.COOLDOWNS, settlement.cooldown_ms > 0, self.provider)
            self.budget.settle(most, self.model.micro_usd(used) if failure is None else _price_of(failure, most))
            self._note(failure, used)
        return answer

    async def _answer(self, lease: Lease, request: ModelRequest) -> ModelAnswer:
        try:
            async with lease as provider:
                return await asyncio.wait_for(provider.complete(request), self.schedule.timeout_seconds)
        except TimeoutError:
            raise CallFailedError(Category.TIMEOUT, can_retry=True, is_sick=True) from None
        except CallFailedError:
            raise
        except Exception as error:
            raise CallFailedError(Category.UNKNOWN, type(error).__name__) from error

    async def _admission(self, expected: Usage) -> None:
        """Wait for the limits and for a cooldown, as long as there is time.

        Raises:
            CallFailedError: there is not, or the breaker is open.
        """
        begun = self.clock.now()
        try:
            while not (admission := self._admit(expected)).is_granted:
                if self.standstill.is_known_here:
                    raise CallFailedError(Category.AUTH)
                self._refuse_to_wait(admission)
                await self.clock.sleep(min(admission.wait_ms / 1000, LONGEST_NAP) + NAP)
        finally:
            if waited := self._since(begun):
                cloudwatch_metrics.add(Measure.LIMIT_WAIT, waited, self.provider)

    def _admit(self, expected: Usage) -> Admission:
        if self.is_aborted():
            raise CallFailedError(Category.UNKNOWN, Reason.ABORTED)
        return self.gate.admit(expected)

    def _refuse_to_wait(self, admission: Admission) -> None:
        if admission.hindrance is Hindrance.OPEN:
            raise CallFailedError(Category.MODEL_ERROR, Reason.BREAKER_OPEN)
        if self.clock.now() + admission.wait_ms / 1000 > self.clock.end:
            raise CallFailedError(Category.RATE_LIMIT)

    def _reserve(self, most: int, expected: Usage) -> None:
        granted = self.budget.reserve(most)
        if granted:
            return
        self.gate.settle(Settlement(expected, Usage(), failure=CANCELLED))
        reason = Reason.BUDGET_UNKNOWN if granted is None else Reason.BUDGET_SPENT
        raise CallFailedError(Category.UNKNOWN, reason)

    def _note(self, failure: CallFailedError | None, used: Usage) -> None:
        if failure is None:
            self.health.succeeded(round(self.clock.wall() * 1000))
            self.count(used, self.model.micro_usd(used))
        elif failure is not CANCELLED:
            self.health.failed()
            cloudwatch_metrics.add(Measure.AI_CALLS_FAILED)

    def _since(self, begun: float) -> int:
        return round((self.clock.now() - begun) * 1000)


def _price_of(failure: CallFailedError, most: int) -> int:
    """What a failed call is booked at: all of it where the provider may have gone on writing, else nothing."""
    return most if failure is CANCELLED or failure.category is Category.TIMEOUT else 0
