"""Endpoints of message batches."""

import asyncio
import json
from collections.abc import AsyncIterator

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_anthropic.api.message_batch import LocalMessageBatch, MessageBatchRequest
from local_anthropic.errors import ApiError, invalid_request
from local_anthropic.gateway.anthropic_call import AnthropicCall
from local_server.http_calls import ApiResponse

_PAGE, _MAX_PAGE = 20, 1000


class _Creation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requests: list[MessageBatchRequest] = Field(min_length=1)


class MessageBatches:
    """All batches of one stand-in, the newest last."""

    def __init__(self) -> None:
        self._batches: dict[str, LocalMessageBatch] = {}
        self._counted: set[str] = set()

    def clear(self) -> None:
        """Delete all batches."""
        self._batches.clear()

    async def create(self, call: AnthropicCall) -> ApiResponse:
        """Create a batch."""
        headers = call.server.limiter.acquire_batch_call(call.now)
        batch = LocalMessageBatch(_parse_requests(call), call.now, call.server.settings)
        waiting = sum(
            len(each.requests) for each in self._batches.values() if not each.end_if_due(call.now, call.server.faults)
        )
        if waiting + len(batch.requests) > call.server.settings.batch_queue:
            raise ApiError(
                429, "Too many batch requests are in the processing queue.", {"retry-after": "60", **headers}
            )
        self._batches[batch.id] = batch
        return ApiResponse(200, batch.to_json(call.origin), headers)

    async def read(self, call: AnthropicCall) -> ApiResponse:
        """Return the status of a batch."""
        headers = call.server.limiter.acquire_batch_call(call.now)
        return ApiResponse(200, self._find(call).to_json(call.origin), headers)

    async def list_page(self, call: AnthropicCall) -> ApiResponse:
        """Return a page of batches, the newest first."""
        headers = call.server.limiter.acquire_batch_call(call.now)
        rows = list(reversed(self._batches.values()))
        for batch in rows:
            batch.end_if_due(call.now, call.server.faults)
        rows, has_more = _page(rows, call)
        data = [batch.to_json(call.origin) for batch in rows]
        ends = {"first_id": rows[0].id if rows else None, "last_id": rows[-1].id if rows else None}
        return ApiResponse(200, {"data": data, "has_more": has_more, **ends}, headers)

    async def cancel(self, call: AnthropicCall) -> ApiResponse:
        """Start cancelling a batch that has not ended."""
        headers = call.server.limiter.acquire_batch_call(call.now)
        batch = self._find(call)
        if batch.outcomes is not None:
            raise invalid_request(f"Batch {batch.id} has already ended and cannot be canceled.")
        batch.cancel(call.now)
        return ApiResponse(200, batch.to_json(call.origin), headers)

    async def delete(self, call: AnthropicCall) -> ApiResponse:
        """Delete an ended batch."""
        batch = self._find(call)
        if batch.outcomes is None:
            raise invalid_request(f"Batch {batch.id} cannot be deleted while it is being processed.")
        del self._batches[batch.id]
        return ApiResponse(200, {"id": batch.id, "type": "message_batch_deleted"})

    async def results(self, call: AnthropicCall) -> ApiResponse:
        """Return the results of an ended batch, one per line."""
        headers = call.server.limiter.acquire_batch_call(call.now)
        batch = self._find(call)
        if batch.outcomes is None:
            raise invalid_request(f"Batch {batch.id} has no results available yet.")
        return ApiResponse(200, headers=headers, lines=self._lines(call, batch))

    async def _lines(self, call: AnthropicCall, batch: LocalMessageBatch) -> AsyncIterator[bytes]:
        is_new = batch.id not in self._counted
        self._counted.add(batch.id)
        for place in batch.result_order():
            row, reply = batch.result(place)
            if is_new and reply is not None:
                task = reply.task
                call.server.stats.add_tokens("batch", task.model.id, task.input_tokens, reply.output_tokens)
            yield json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            await asyncio.sleep(0)  # let other calls run between two lines

    def _find(self, call: AnthropicCall) -> LocalMessageBatch:
        batch = self._batches.get(call.request.path["batch_id"])
        if batch is None:
            raise ApiError(404, f"Batch {call.request.path['batch_id']} not found.")
        batch.end_if_due(call.now, call.server.faults)
        return batch


def _parse_requests(call: AnthropicCall) -> list[MessageBatchRequest]:
    try:
        requests = _Creation.model_validate(call.json()).requests
    except ValidationError as problem:
        first = problem.errors()[0]
        raise invalid_request(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from problem
    max_requests = call.server.settings.max_batch_requests
    if len(requests) > max_requests:
        raise invalid_request(
            f"requests: List should have at most {max_requests} items after validation, not {len(requests)}"
        )
    seen: set[str] = set()
    for place, request in enumerate(requests):
        if request.custom_id in seen:
            raise invalid_request(
                f"requests.{place}.custom_id: Value must be unique within the batch: {request.custom_id}"
            )
        seen.add(request.custom_id)
    return requests


def _page(rows: list[LocalMessageBatch], call: AnthropicCall) -> tuple[list[LocalMessageBatch], bool]:
    limit = call.request.parameter("limit") or str(_PAGE)
    if not limit.isdecimal() or not 1 <= int(limit) <= _MAX_PAGE:
        raise invalid_request(f"limit: Input should be between 1 and {_MAX_PAGE}")
    ids = [batch.id for batch in rows]
    after, before = call.request.parameter("after_id"), call.request.parameter("before_id")
    if after in ids:
        rows = rows[ids.index(after) + 1 :]
    elif before in ids:
        rows = rows[: ids.index(before)]
    return rows[: int(limit)], len(rows) > int(limit)
