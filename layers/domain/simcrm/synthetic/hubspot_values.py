"""Format values for HubSpot properties: times, generation metadata, arrays."""

import json
from datetime import datetime
from functools import lru_cache

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.generator_version import GENERATOR_VERSION


@lru_cache(maxsize=64)
def fallback_metadata(at: datetime, reason: str = "ai_disabled") -> str:
    """Return the JSON of ``simcrm_generation_metadata`` for a record that no model wrote."""
    return (
        f'{{"method":"fallback","reason":"{reason}","model":null,"generatedAt":"{to_iso_utc(at)}",'
        f'"latencyMs":0,"attempts":0,"tokens":0,"generatorVersion":{GENERATOR_VERSION}}}'
    )


@lru_cache(maxsize=2048)
def to_json_array(values: tuple[str, ...]) -> str:
    """Format values as a JSON array, as stored in ``simcrm_product_interest``."""
    return json.dumps(values, ensure_ascii=False)
