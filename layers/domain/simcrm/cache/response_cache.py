"""Answers that are kept for some seconds, so that several viewers cost as much as one."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import redis

from simcrm.core.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class ResponseCache:
    """Short answers in the cache; while it is away every question is asked anew."""

    cache: redis.Redis | None

    def get_or_compute(self, key: str, ttl_seconds: int, compute: Callable[[], JsonObject]) -> JsonObject:
        """The answer that is kept under a key, else a new one, kept from now on."""
        cached = self._read(key)
        if cached is not None:
            return cached
        response = compute()
        self.set(key, ttl_seconds, response)
        return response

    def set(self, key: str, ttl_seconds: int, response: JsonObject) -> None:
        """Give this answer from now on."""
        if self.cache is not None:
            with suppress(redis.RedisError):
                self.cache.set(f"answer:{key}", json.dumps(response), ex=ttl_seconds)

    def delete(self, key: str) -> None:
        """Ask anew the next time."""
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
