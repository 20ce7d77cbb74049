"""Times and origin of a record as HubSpot's properties hold them."""

import json
from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=64)
def to_iso_utc(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=64)
def fallback_metadata(at: datetime, reason: str = "ai_disabled") -> str:
    """The JSON of ``simcrm_generation_metadata`` for a record that no model wrote."""
    return (
        f'{{"method":"fallback","reason":"{reason}","model":null,"generatedAt":"{to_iso_utc(at)}",'
        '"latencyMs":0,"attempts":0,"tokens":0}'
    )


@lru_cache(maxsize=2048)
def to_json_array(values: tuple[str, ...]) -> str:
    """A JSON array as text, as ``simcrm_product_interest`` holds it."""
    return json.dumps(values, ensure_ascii=False)
