"""How much is asked of a model at a time: by how fast it has answered so far."""

from dataclasses import dataclass

MIN_CALL_TOKENS = 40
"""The least that a call expects to be written: about one text."""
FIRST_SECONDS = 10.0
"""The least time that any call gets, however short its answer is."""
_TIME_MARGIN = 3.0
"""How much longer than expected a call may take."""
_CALL_SHARE = 0.5
"""The share of the longest time that a call may take for which text is asked."""
_TELLING_SHARE = 0.25
"""How long an answer must be, as a share of what a call asks for, to tell the speed: the rest is waiting."""
_SMOOTHING = 0.3
_KEPT_SPEED = 0.75
"""If calls get slower than this share of the fastest, the model has no room for further ones side by side."""


@dataclass(slots=True)
class CallPace:
    """Size, time-out and number of concurrent calls, which follow the speed of the answers.

    ``tokens_per_second`` is the speed of one call, at first a guess; ``timeout_seconds`` the ceiling of a call's time,
    ``max_tokens`` that of its expected output and ``max_concurrency`` that of the calls side by side.
    """

    tokens_per_second: float
    timeout_seconds: float
    max_tokens: int
    max_concurrency: int
    concurrency: int
    fastest: float = 0.0

    @property
    def call_tokens(self) -> int:
        """How many tokens the next call may be expected to write."""
        affordable = round(self.tokens_per_second * self.timeout_seconds * _CALL_SHARE)
        return max(MIN_CALL_TOKENS, min(self.max_tokens, affordable))

    def timeout_for(self, output_tokens: int) -> float:
        """Return the seconds after which a call is cancelled that is expected to write this many tokens."""
        expected = output_tokens / self.tokens_per_second
        return min(self.timeout_seconds, max(FIRST_SECONDS, _TIME_MARGIN * expected))

    def record_answer(self, output_tokens: int, seconds: float) -> None:
        """Learn from an answer, and let one more call run side by side while that slows none down."""
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

    def record_timeout(self) -> None:
        """Ask for half as much after a call has taken too long."""
        self.tokens_per_second = max(self.tokens_per_second / 2, MIN_CALL_TOKENS / (self.timeout_seconds * _CALL_SHARE))
        self.concurrency = max(1, self.concurrency // 2)
