"""How much is asked of a model at a time: by how fast it has answered so far."""

import math
from dataclasses import dataclass
from typing import NamedTuple

MIN_CALL_TOKENS = 40
"""The least that a call expects to be written: about one text."""
FIRST_SECONDS = 10.0
"""The least time that any call gets, however short its answer is."""
_TIME_MARGIN = 2.0
"""How much longer a call may take than its longest answer takes at the usual speed."""
_WRITING_SHARE = 0.8
"""The share of the longest time that a call may take in which the longest answer is to be written."""
_LEAST_OUTPUT_MARGIN = 1.25
"""The least ratio of the longest answer to the expected one."""
_CALL_SHARE = 0.5
"""The share of the longest time that a call may take for which text is asked."""
_TELLING_SHARE = 0.25
"""How long an answer must be, as a share of what a call asks for, to tell the speed: the rest is waiting."""
_GROWTH = 2
_SMOOTHING = 0.3
_KEPT_SPEED = 0.75
"""If calls get slower than this share of the fastest, the model has no room for further ones side by side."""


class CallLimits(NamedTuple):
    """What one call may take: seconds and output tokens; and the pace at which it was made."""

    timeout_seconds: float
    max_tokens: int
    tokens_per_second: float
    concurrency: int


@dataclass(slots=True)
class CallPace:
    """Size, time-out and number of concurrent calls, which follow the speed of the answers.

    ``tokens_per_second`` is the speed of one call, at first a guess; ``timeout_seconds`` the ceiling of a call's time,
    ``max_tokens`` that of its expected output and ``max_concurrency`` that of the calls side by side. Until a first
    answer has shown the speed (``fastest`` is 0), calls get the whole time. A server of the user's own may be any
    machine: the first call is as small as possible, each may be twice as long as the longest answer so far, and all get
    the whole time, as the machine's other work slows it down.
    """

    tokens_per_second: float
    timeout_seconds: float
    max_tokens: int
    max_concurrency: int
    concurrency: int
    fastest: float = 0.0
    is_own_server: bool = False
    longest_answer: int = 0

    @property
    def call_tokens(self) -> int:
        """How many tokens the next call may be expected to write."""
        affordable = round(self.tokens_per_second * self.timeout_seconds * _CALL_SHARE)
        if self.is_own_server:
            affordable = min(affordable, _GROWTH * self.longest_answer)
        return max(MIN_CALL_TOKENS, min(self.max_tokens, affordable))

    def limits_for(self, output_tokens: int, max_tokens: int, seconds_left: float = math.inf) -> CallLimits:
        """Return the limits of a call that is expected to write this many tokens, and may write ``max_tokens``.

        A model that does not find an end is stopped by its number of tokens, so that what it wrote until then arrives,
        and not by the time.
        """
        ceiling = min(self.timeout_seconds, seconds_left)
        writable = round(self.tokens_per_second * ceiling * _WRITING_SHARE)
        longest = min(max_tokens, max(writable, round(_LEAST_OUTPUT_MARGIN * output_tokens)))
        seconds = max(FIRST_SECONDS, _TIME_MARGIN * longest / self.tokens_per_second)
        gets_all = self.is_own_server or self.fastest == 0
        timeout = ceiling if gets_all else min(ceiling, seconds)
        return CallLimits(timeout, longest, self.tokens_per_second, self.concurrency)

    def record_answer(self, output_tokens: int, seconds: float) -> None:
        """Learn from an answer, and let one more call run side by side while that slows none down."""
        self.longest_answer = max(self.longest_answer, output_tokens)
        if seconds <= 0 or output_tokens < max(1, self.call_tokens * _TELLING_SHARE):
            return
        speed = output_tokens / seconds
        is_first = self.fastest == 0
        self.fastest = max(self.fastest, speed)
        self.tokens_per_second = speed if is_first else (1 - _SMOOTHING) * self.tokens_per_second + _SMOOTHING * speed
        if speed >= _KEPT_SPEED * self.fastest:
            self.concurrency = min(self.max_concurrency, self.concurrency + 1)
        else:
            self.concurrency = max(1, self.concurrency - 1)

    def record_timeout(self, made_at: CallLimits) -> None:
        """Ask for half as much as when the call was made that has taken too long: once for all calls of that pace."""
        asked_seconds = self.timeout_seconds * _CALL_SHARE
        halved = min(made_at.tokens_per_second, self.max_tokens / asked_seconds) / 2
        self.tokens_per_second = min(self.tokens_per_second, max(halved, MIN_CALL_TOKENS / asked_seconds))
        self.concurrency = min(self.concurrency, max(1, made_at.concurrency // 2))
