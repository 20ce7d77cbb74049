"""Responses cached for a few seconds, so that several viewers cost no more than one."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import redis

from simcrm.core.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class ResponseCache:
    """Short responses in the cache; if it is unavailable, every response is computed again."""

    cache: redis.Redis | None

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
        if self.cache is not None:
            with suppress(redis.RedisError):
                self.cache.set(f"answer:{key}", json.dumps(response), ex=ttl_seconds)

    def delete(self, key: str) -> None:
        """Delete a cached response, so that the next one is computed again."""
        if self.cache is not None:
            with suppress(redis.RedisError):
                self.cache.delete(f"answer:{key}")

    def _read(self, key: str) -> JsonObject | None:
        if self.cache is None:
            return None
        with suppress(redis.RedisError):
            cached = self.cache.get(f"answer:{key}")
            if cached is not None:
                response: JsonObject = json.loads(str(cached))
                return response
        return None
