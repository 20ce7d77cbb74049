"""Responses cached for a few seconds, so that several viewers cost no more than one."""

import json
from collections.abc import Callable

from simcrm.cache.resilient_cache import UNLOGGED, CacheWithFallback, RedisClient
from simcrm.core.json_types import JsonObject


class ResponseCache:
    """Short responses in the cache; if it is unavailable, every response is computed again."""

    def __init__(self, cache: RedisClient | None) -> None:
        self._cache = CacheWithFallback(cache, UNLOGGED)

    def get_or_compute(self, key: str, ttl_seconds: int, compute: Callable[[], JsonObject]) -> JsonObject:
        """Return the cached response for a key, or compute and cache a new one."""
        cached = self._read(key)
        if cached is not None:
            return cached
        response = compute()
        self.set(key, ttl_seconds, response)
        return response

    def set(self, key: str, ttl_seconds: int, response: JsonObject) -> None:
        """Cache a response, replacing any earlier one."""
        self._cache.call(lambda client: client.set(f"answer:{key}", json.dumps(response), ex=ttl_seconds), lambda: None)

    def delete(self, key: str) -> None:
        """Delete a cached response, so that the next one is computed again."""
        self._cache.call(lambda client: client.delete(f"answer:{key}"), lambda: None)

    def _read(self, key: str) -> JsonObject | None:
        cached = self._cache.call(lambda client: client.get(f"answer:{key}"), lambda: None)
        if cached is None:
            return None
        response: JsonObject = json.loads(str(cached))
        return response
