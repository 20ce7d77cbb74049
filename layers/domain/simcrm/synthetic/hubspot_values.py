"""Format values for HubSpot properties: times, generation metadata, arrays."""

import json
from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=64)
def to_iso_utc(at: datetime) -> str:
    """Format a time as ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=64)
def fallback_metadata(at: datetime, reason: str = "ai_disabled") -> str:
    """Return the JSON of ``simcrm_generation_metadata`` for a record that no model wrote."""
    return (
        f'{{"method":"fallback","reason":"{reason}","model":null,"generatedAt":"{to_iso_utc(at)}",'
        '"latencyMs":0,"attempts":0,"tokens":0}'
    )


@lru_cache(maxsize=2048)
def to_json_array(values: tuple[str, ...]) -> str:
    """Format values as a JSON array, as stored in ``simcrm_product_interest``."""
    return json.dumps(values, ensure_ascii=False)
