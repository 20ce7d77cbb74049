"""Times and origin of a record as HubSpot's properties hold them."""

import json
from datetime import UTC, datetime


def iso(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fallback_metadata(at: datetime, reason: str = "ai_disabled") -> str:
    """The JSON of ``simcrm_generation_metadata`` for a record that no model wrote."""
    origin = {
        "method": "fallback",
        "reason": reason,
        "model": None,
        "generatedAt": iso(at),
        "latencyMs": 0,
        "attempts": 0,
        "tokens": 0,
    }
    return json.dumps(origin, separators=(",", ":"))
