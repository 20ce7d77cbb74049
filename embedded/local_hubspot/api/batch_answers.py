"""Response envelope of all batch endpoints."""

from collections.abc import Sequence
from typing import Any

from local_hubspot.portal.hubspot_timestamps import to_iso
from local_server.http_calls import ApiResponse


def batch_answer(
    status: int, now: int, results: Sequence[dict[str, Any]], errors: Sequence[dict[str, Any]] = ()
) -> ApiResponse:
    """Return the response of a finished batch: ``status``, or 207 if some inputs failed."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": to_iso(now),
        "completedAt": to_iso(now + 1),
    }
    if not errors:
        return ApiResponse(status, body)
    return ApiResponse(207, body | {"numErrors": len(errors), "errors": errors})
