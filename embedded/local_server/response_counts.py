"""Counters of responses."""

from collections import Counter
from typing import Any


class ResponseCounts:
    """Number of responses by method, path template and status."""

    def __init__(self) -> None:
        self._numbers: Counter[tuple[str, str, int]] = Counter()

    def add(self, method: str, template: str, status: int) -> None:
        """Count one response."""
        self._numbers[method, template, status] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the numbers for the control route."""
        requests: dict[str, dict[str, int]] = {}
        for (method, template, status), number in sorted(self._numbers.items()):
            requests.setdefault(f"{method} {template}", {})[str(status)] = number
        return {"requests": requests, "totalRequests": self._numbers.total()}
