"""Counters of requests and responses, and a journal of the last calls."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic.alias_generators import to_camel

from local_server.response_counts import ResponseCounts

MAX_CALLS = 20_000


@dataclass(slots=True)
class CallRecord:
    """One call, ``at`` its arrival in epoch seconds; status 0 means a dropped connection, 499 that the client left."""

    at: float
    method: str
    path: str
    model: str = ""
    status: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    received_bytes: int = 0
    fault: str = ""
    prompt: str = ""


@dataclass(slots=True)
class CallStats:
    """What happened since the start or the last reset."""

    responses: ResponseCounts = field(default_factory=ResponseCounts)
    calls: deque[CallRecord] = field(default_factory=lambda: deque(maxlen=MAX_CALLS))
    tokens: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    in_flight: int = 0
    peak: int = 0

    @contextmanager
    def in_flight_call(self) -> Iterator[None]:
        """Count a call as in flight."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def count(self, template: str, call: CallRecord) -> None:
        """Count one finished call under its path template."""
        self.responses.add(call.method, template, call.status)
        self.calls.append(call)

    def add_tokens(self, tier: str, model: str, inputs: int, outputs: int) -> None:
        """Count the tokens of one answer; ``tier`` is standard or batch."""
        used = self.tokens.setdefault((tier, model), [0, 0])
        used[0] += inputs
        used[1] += outputs

    def to_json(self) -> dict[str, Any]:
        """Return the counters for the control endpoint."""
        return {
            **self.responses.to_json(),
            "tokens": self._tokens("standard"),
            "batchTokens": self._tokens("batch"),
            "inFlight": self.in_flight,
            "peakInFlight": self.peak,
        }

    def journal(self) -> list[dict[str, Any]]:
        """Return the last calls in the order in which they ended."""
        return [{to_camel(name): value for name, value in asdict(call).items()} for call in self.calls]

    def _tokens(self, tier: str) -> dict[str, Any]:
        used = {model: counts for (call_tier, model), counts in sorted(self.tokens.items()) if call_tier == tier}
        return {model: {"inputTokens": counts[0], "outputTokens": counts[1]} for model, counts in used.items()}
