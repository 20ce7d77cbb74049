"""What a provider takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


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
