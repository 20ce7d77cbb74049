"""An account with too few functions for a run: each call that finds none free is tried again as the machine says.

Monte Carlo without a clock: events in the order of their simulated seconds, everything random from one seed.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

JsonObject = dict[str, Any]
THROTTLED = "Lambda.TooManyRequestsException"
WRITERS = 4
"""Functions that the write queue keeps busy for as long as the run lasts."""

SPREAD = (0.7, 1.3)
WRITE_SECONDS = (2.0, 10.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a state goes on after one error, as the definition says it."""

    interval: float
    backoff: float
    attempts: int
    longest: float = float("inf")

    def pause(self, attempt: int, random: Random) -> float:
        """Seconds before a further attempt, counted from 0, with full jitter."""
        return random.uniform(0, min(self.interval * self.backoff ** min(attempt, 60), self.longest))


NEVER = RetryPolicy(0, 1, 0)


def policy_of(state: Mapping[str, Any], error: str) -> RetryPolicy:
    """The first retrier that takes an error, as Step Functions looks for it."""
    for retrier in state.get("Retry", []):
        if {error, "States.ALL"} & set(retrier["ErrorEquals"]):
            longest = retrier.get("MaxDelaySeconds", float("inf"))
            return RetryPolicy(retrier["IntervalSeconds"], retrier["BackoffRate"], retrier["MaxAttempts"], longest)
    return NEVER


@dataclass(slots=True)
class Account:
    """``functions`` that may run at a time; ``steps`` of a batch by policy and mean seconds, in their order."""

    functions: int
    steps: Sequence[tuple[RetryPolicy, float]]
    random: Random
    failed: int = 0
    _events: list[tuple[float, int, int, int]] = field(default_factory=list)
    _busy: list[float] = field(default_factory=list)

    def run(self, batches: int, side_by_side: int) -> None:
        """Let all batches end, so many at a time, and count those that failed."""
        waiting: Iterator[int] = iter(range(batches))
        for number in (next(waiting) for _ in range(min(side_by_side, batches))):
            heapq.heappush(self._events, (self.random.uniform(0, 0.5), number, 0, 0))
        while self._events:
            now, number, step, attempt = heapq.heappop(self._events)
            after = self._call(now, number, step, attempt)
            if after is not None and (following := next(waiting, None)) is not None:
                heapq.heappush(self._events, (after, following, 0, 0))

    def _call(self, now: float, number: int, step: int, attempt: int) -> float | None:
        """One attempt; answers when the batch has ended, if it has."""
        while self._busy and self._busy[0] <= now:
            heapq.heappop(self._busy)
        policy, mean = self.steps[step]
        if len(self._busy) >= self.functions - WRITERS:
            return self._throttled(now, number, step, attempt, policy)
        end = now + mean * self.random.uniform(*SPREAD)
        heapq.heappush(self._busy, end)
        if step + 1 == len(self.steps):
            return end
        written = end + self.random.uniform(*WRITE_SECONDS)
        heapq.heappush(self._events, (written, number, step + 1, 0))
        return None

    def _throttled(self, now: float, number: int, step: int, attempt: int, policy: RetryPolicy) -> float | None:
        if attempt >= policy.attempts:
            self.failed += 1
            return now
        pause = policy.pause(attempt, self.random)
        heapq.heappush(self._events, (now + pause, number, step, attempt + 1))
        return None
