"""Counters of what was asked and answered."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Stats:
    """Answers by (method, path template, status); ``writes`` counts the calls that may change records."""

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    writes: int = 0

    def count(self, method: str, template: str, status: int, *, writes: bool) -> None:
        """Count one answer; status 0 stands for a connection that was dropped."""
        self.answers[method, template, status] += 1
        self.writes += writes

    def json(self) -> dict[str, Any]:
        """Render for the control endpoint."""
        requests: dict[str, dict[str, int]] = {}
        for (method, template, status), number in sorted(self.answers.items()):
            requests.setdefault(f"{method} {template}", {})[str(status)] = number
        return {"requests": requests, "totalRequests": self.answers.total(), "writeCalls": self.writes}
