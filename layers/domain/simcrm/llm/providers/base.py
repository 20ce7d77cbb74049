"""What a provider takes and gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from simcrm.llm.errors import Reason


@dataclass(frozen=True, slots=True)
class ModelRequest:
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
class Window:
    """A limit of one minute and what is left of it."""

    limit: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Windows:
    """The limits that the headers of an answer tell; None where they do not."""

    requests: Window | None = None
    input_tokens: Window | None = None
    output_tokens: Window | None = None


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """Text of a finished answer; ``refused`` and ``cut_off`` say why it may be of no use."""

    text: str
    usage: Usage
    windows: Windows = Windows()
    refused: bool = False
    cut_off: bool = False


class Provider(Protocol):
    """A model to ask."""

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Ask once; a cancelled call frees its connection.

        Raises:
            CallFailedError: nothing came.
        """

    async def aclose(self) -> None:
        """Close the connections."""


def windows_of(headers: Mapping[str, str], limits: str, remaining: str, names: tuple[str, str, str]) -> Windows:
    """Limits from headers; the patterns hold ``{}`` for each of the names of requests, input and output tokens."""
    found = [_window(headers, limits.format(name), remaining.format(name)) for name in names]
    return Windows(*found)


def _window(headers: Mapping[str, str], limit: str, remaining: str) -> Window | None:
    try:
        return Window(int(headers[limit]), int(headers[remaining]))
    except (KeyError, ValueError):
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, where the provider says so in seconds."""
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a message batch stands; ``requests`` is how many it has, whatever became of them."""

    id: str
    created_at: datetime
    ended: bool
    requests: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a request: an answer, or why there is none."""

    custom_id: str
    answer: ModelAnswer | None
    reason: Reason | None = None


class BatchProvider(Protocol):
    """A service that answers many requests within a day. All its methods raise CallFailedError."""

    def submit(self, requests: Sequence[tuple[str, ModelRequest]]) -> str:
        """Hand in requests by their custom ids; returns the id of the message batch."""

    def standing(self, batch_id: str) -> Standing:
        """Look at a message batch."""

    def recent(self) -> Iterator[Standing]:
        """All message batches of the account, the newest first."""

    def results(self, batch_id: str) -> Iterator[Result]:
        """The results of one that has ended, in any order, read as they come."""

    def cancel(self, batch_id: str) -> None:
        """End one early; what has been answered by then is paid for."""

    def close(self) -> None:
        """Close the connections."""
