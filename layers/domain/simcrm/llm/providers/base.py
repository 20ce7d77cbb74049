"""What a provider takes and returns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from simcrm.llm.errors import FallbackReason


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """One call: instructions, the facts as data, and the JSON schema of the response."""

    model: str
    system: str
    prompt: str
    schema: Mapping[str, Any]
    max_tokens: int
    options: Mapping[str, Any] = field(default_factory=dict)
    """Extra options for this model, such as thinking turned off."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider bills them."""

    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class RateLimitWindow:
    """A per-minute limit and what is left of it."""

    limit: int
    remaining: int


@dataclass(frozen=True, slots=True)
class RateLimitWindows:
    """The limits in the headers of a response; None if the headers do not state them."""

    requests: RateLimitWindow | None = None
    input_tokens: RateLimitWindow | None = None
    output_tokens: RateLimitWindow | None = None


@dataclass(frozen=True, slots=True)
class LlmResponse:
    """The text of a finished response; ``was_refused`` and ``was_truncated`` say why it may be unusable."""

    text: str
    usage: Usage
    rate_limits: RateLimitWindows = RateLimitWindows()
    was_refused: bool = False
    was_truncated: bool = False


class LlmProvider(Protocol):
    """A model that can be called."""

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Call once; a cancelled call releases its connection.

        Raises:
            LlmCallError: there is no response.
        """

    async def aclose(self) -> None:
        """Close the connections."""


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """The status of a message batch; ``requests`` is how many it has, whatever their outcome."""

    id: str
    created_at: datetime
    has_ended: bool
    requests: int


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The outcome of a request: a response, or why there is none."""

    custom_id: str
    response: LlmResponse | None
    reason: FallbackReason | None = None


class BatchProvider(Protocol):
    """A service that answers many requests within a day. All its methods raise LlmCallError."""

    def submit(self, requests: Sequence[tuple[str, LlmRequest]]) -> str:
        """Submit requests by their custom IDs; return the ID of the message batch."""

    def status(self, batch_id: str) -> BatchStatus:
        """The status of a message batch."""

    def list_recent(self) -> Iterator[BatchStatus]:
        """All message batches of the account, newest first."""

    def results(self, batch_id: str) -> Iterator[BatchResult]:
        """The results of a message batch that has ended, in any order, read as they arrive."""

    def cancel(self, batch_id: str) -> None:
        """End a message batch early; requests answered by then are billed."""

    def close(self) -> None:
        """Close the connections."""
