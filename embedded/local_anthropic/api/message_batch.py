"""One message batch: the outcome of each request, and when it ends."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.api.message_requests import message_task
from local_anthropic.errors import ApiError, new_id
from local_anthropic.gateway.anthropic_faults import AnthropicFaultKind, AnthropicFaultRule, FaultSubject
from local_anthropic.model.answer import MessageReply, reply_to
from local_server.faults import FaultRules

RESULT_PATH = "/v1/messages/batches/{}/results"
_STATUSES = ("processing", "succeeded", "errored", "canceled", "expired")


class MessageBatchRequest(BaseModel):
    """One request of a batch; its parameters are validated when it is processed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    custom_id: str = Field(min_length=1, max_length=64, pattern="^[a-zA-Z0-9_-]{1,64}$")
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """Outcome of a request: succeeded, errored, canceled or expired, with the error or fault that caused it."""

    type: str
    error: ApiError | None = None
    fault: AnthropicFaultRule | None = None


@dataclass(slots=True)
class LocalMessageBatch:
    """A batch with its settings, ``created`` in epoch seconds."""

    requests: Sequence[MessageBatchRequest]
    created: float
    settings: AnthropicSettings
    id: str = field(default_factory=lambda: new_id("msgbatch"))
    cancelled: float | None = None
    outcomes: list[RequestOutcome] | None = None

    @property
    def ends_at(self) -> float:
        """When it ends, in epoch seconds."""
        usual = self.created + min(self.settings.batch_seconds, self.settings.batch_expire_seconds)
        return usual if self.cancelled is None else min(usual, self.cancelled + self.settings.batch_cancel_seconds)

    def end_if_due(self, now: float, faults: FaultRules[AnthropicFaultRule]) -> bool:
        """Decide the outcomes once the batch is due; return whether it has ended."""
        if self.outcomes is None and now >= self.ends_at and (self.cancelled is None or now > self.cancelled):
            done = self._processed_count()
            rest = RequestOutcome("expired" if self.cancelled is None else "canceled")
            self.outcomes = [
                self._outcome(request, faults) if number < done else rest
                for number, request in enumerate(self.requests)
            ]
        return self.outcomes is not None

    def cancel(self, now: float) -> None:
        """Start cancelling, unless that has already started."""
        self.cancelled = now if self.cancelled is None else self.cancelled

    def to_json(self, origin: str) -> dict[str, Any]:
        """Return the batch as in the API; ``origin`` is the address with which the client reached it."""
        ended = self.outcomes is not None
        running = "in_progress" if self.cancelled is None else "canceling"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else running,
            "request_counts": self._counts(),
            "created_at": _rfc3339(self.created),
            "expires_at": _rfc3339(self.created + self.settings.batch_expire_seconds),
            "ended_at": _rfc3339(self.ends_at) if ended else None,
            "cancel_initiated_at": None if self.cancelled is None else _rfc3339(self.cancelled),
            "archived_at": None,
            "results_url": origin + RESULT_PATH.format(self.id) if ended else None,
        }

    def result_order(self) -> list[int]:
        """Return the indexes of the requests in the order of the results, which differs from that of the requests."""
        return sorted(range(len(self.requests)), key=lambda place: crc32(self.requests[place].custom_id.encode()))

    def result(self, place: int) -> tuple[dict[str, Any], MessageReply | None]:
        """Return the result of one request of an ended batch, and its reply if it has one."""
        request, outcome = self.requests[place], (self.outcomes or [])[place]
        result: dict[str, Any] = {"type": outcome.type}
        reply = None
        if outcome.type == "succeeded":
            reply = reply_to(message_task(request.params), outcome.fault)
            result["message"] = reply.message("batch")
        elif outcome.error is not None:
            result["error"] = outcome.error.body(new_id("req"))
        return {"custom_id": request.custom_id, "result": result}, reply

    def _processed_count(self) -> int:
        if self.ends_at >= self.created + self.settings.batch_seconds:
            return len(self.requests)
        return int(len(self.requests) * (self.ends_at - self.created) / self.settings.batch_seconds)

    def _outcome(self, request: MessageBatchRequest, faults: FaultRules[AnthropicFaultRule]) -> RequestOutcome:
        try:
            task = message_task(request.params)
        except ApiError as error:
            return RequestOutcome("errored", error)
        path = RESULT_PATH.format(self.id)
        fault = faults.pick(FaultSubject("POST", path, task.model.id, task.prompt, in_batch=True).matches)
        if fault is not None and fault.kind is AnthropicFaultKind.EXPIRED:
            return RequestOutcome("expired")
        if fault is not None and fault.kind is AnthropicFaultKind.STATUS:
            return RequestOutcome("errored", ApiError(fault.status, fault.message))
        return RequestOutcome("succeeded", None, fault)

    def _counts(self) -> dict[str, int]:
        if self.outcomes is None:
            return {**dict.fromkeys(_STATUSES, 0), "processing": len(self.requests)}
        return {**dict.fromkeys(_STATUSES, 0), **Counter(outcome.type for outcome in self.outcomes)}


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
