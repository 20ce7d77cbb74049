"""Notes of what the code under test has said and asked."""

import logging
from collections.abc import Callable
from typing import Any


class LogLines(logging.Handler):
    """The domain's log lines as (event id, fields)."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def with_event_id(self, event_id: str) -> list[dict[str, Any]]:
        return [vars(record) for record in self.records if getattr(record, "eventId", None) == event_id]


class ApiCalls:
    """What was asked of AWS: the parameters by the operation's name."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, dict[str, Any]]] = []

    def record(self, params: dict[str, Any], event_name: str, **_: Any) -> None:
        self._seen.append((event_name.rpartition(".")[2], params))

    def between(self, ask: Callable[[], object]) -> list[str]:
        """What a call asks for, in order: operations, those of the bucket with the name below the simulation."""
        before = len(self._seen)
        ask()
        return [f"{name} {_name_below(params)}".strip() for name, params in self._seen[before:]]

    def for_operation(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self._seen if name == operation]

    def responses(self) -> dict[str, str]:
        """What each waiting task was told, by its token: its output, or its error and cause."""
        done = {call["taskToken"]: call["output"] for call in self.for_operation("SendTaskSuccess")}
        return done | {
            call["taskToken"]: f"{call['error']}: {call['cause']}" for call in self.for_operation("SendTaskFailure")
        }


def _name_below(params: dict[str, Any]) -> str:
    """The part of a key that follows ``simulations/{id}/``."""
    key: str = params.get("Key") or params.get("Prefix") or ""
    return key.split("/", 2)[2] if key.startswith("simulations/") else key
