"""Counters of requests and responses."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Stats:
    """Responses by method, path template and status.

    ``writes`` counts the calls that may change records, ``received`` the bytes of all bodies.
    """

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    writes: int = 0
    received: int = 0

    def count(self, method: str, template: str, status: int, *, writes: bool, received: int) -> None:
        """Count one response; status 0 means a dropped connection."""
        self.answers[method, template, status] += 1
        self.writes += writes
        self.received += received

    def to_json(self) -> dict[str, Any]:
        """Return the counters for the control endpoint."""
        requests: dict[str, dict[str, int]] = {}
        for (method, template, status), number in sorted(self.answers.items()):
            requests.setdefault(f"{method} {template}", {})[str(status)] = number
        totals = {"totalRequests": self.answers.total(), "writeCalls": self.writes, "receivedBytes": self.received}
        return {"requests": requests, **totals}
