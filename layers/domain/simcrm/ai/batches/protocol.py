"""What a provider of message batches takes and gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from simcrm.ai.errors import Reason
from simcrm.ai.providers.protocol import ModelAnswer, ModelRequest


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
