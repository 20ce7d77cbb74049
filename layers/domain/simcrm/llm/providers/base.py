"""What a provider takes and gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from simcrm.llm.errors import FallbackReason


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """One call: instructions, the facts as data, and the JSON schema of the answer."""

    model: str
    system: str
    prompt: str
    schema: Mapping[str, Any]
    max_tokens: int
    options: Mapping[str, Any] = field(default_factory=dict)
    """What this model wants beside, such as thinking turned off."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider charges them."""

    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class RateLimitWindow:
    """A limit of one minute and what is left of it."""

    limit: int
    remaining: int


@dataclass(frozen=True, slots=True)
class RateLimitWindows:
    """The limits that the headers of an answer tell; None where they do not."""

    requests: RateLimitWindow | None = None
    input_tokens: RateLimitWindow | None = None
    output_tokens: RateLimitWindow | None = None


@dataclass(frozen=True, slots=True)
class LlmResponse:
    """Text of a finished answer; ``was_refused`` and ``was_truncated`` say why it may be of no use."""

    text: str
    usage: Usage
    rate_limits: RateLimitWindows = RateLimitWindows()
    was_refused: bool = False
    was_truncated: bool = False


class LlmProvider(Protocol):
    """A model to ask."""

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Ask once; a cancelled call frees its connection.

        Raises:
            CallFailedError: nothing came.
        """

    async def aclose(self) -> None:
        """Close the connections."""


def parse_rate_limit_headers(
    headers: Mapping[str, str], limits: str, remaining: str, names: tuple[str, str, str]
) -> RateLimitWindows:
    """Limits from headers; the patterns hold ``{}`` for each of the names of requests, input and output tokens."""
    windows = [_parse_window(headers, limits.format(name), remaining.format(name)) for name in names]
    return RateLimitWindows(*windows)


def _parse_window(headers: Mapping[str, str], limit: str, remaining: str) -> RateLimitWindow | None:
    try:
        return RateLimitWindow(int(headers[limit]), int(headers[remaining]))
    except (KeyError, ValueError):
        return None


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, where the provider says so in seconds."""
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How a message batch stands; ``requests`` is how many it has, whatever became of them."""

    id: str
    created_at: datetime
    has_ended: bool
    requests: int


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a request: an answer, or why there is none."""

    custom_id: str
    response: LlmResponse | None
    reason: FallbackReason | None = None


class BatchProvider(Protocol):
    """A service that answers many requests within a day. All its methods raise CallFailedError."""

    def submit(self, requests: Sequence[tuple[str, LlmRequest]]) -> str:
        """Hand in requests by their custom ids; returns the id of the message batch."""

    def status(self, batch_id: str) -> BatchStatus:
        """Look at a message batch."""

    def list_recent(self) -> Iterator[BatchStatus]:
        """All message batches of the account, the newest first."""

    def results(self, batch_id: str) -> Iterator[BatchResult]:
        """The results of one that has ended, in any order, read as they come."""

    def cancel(self, batch_id: str) -> None:
        """End one early; what has been answered by then is paid for."""

    def close(self) -> None:
        """Close the connections."""
