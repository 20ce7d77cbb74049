"""Counters of requests and responses."""

from dataclasses import dataclass, field
from typing import Any

from local_server.response_counts import ResponseCounts


@dataclass(slots=True)
class PortalStats:
    """Responses, calls that may change records (``writes``), and bytes of all bodies (``received``)."""

    responses: ResponseCounts = field(default_factory=ResponseCounts)
    writes: int = 0
    received: int = 0

    def count(self, method: str, template: str, status: int, *, writes: bool, received: int) -> None:
        """Count one response; status 0 means a dropped connection."""
        self.responses.add(method, template, status)
        self.writes += writes
        self.received += received

    def to_json(self) -> dict[str, Any]:
        """Return the counters for the control route."""
        return {**self.responses.to_json(), "writeCalls": self.writes, "receivedBytes": self.received}
