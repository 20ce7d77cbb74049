"""Answers that are kept for some seconds, so that several viewers cost as much as one."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import redis

from simcrm.core.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Remembered:
    """Short answers in the cache; while it is away every question is asked anew."""

    cache: redis.Redis | None

    def ask(self, key: str, seconds: int, ask: Callable[[], JsonObject]) -> JsonObject:
        """The answer that is kept under a key, else a new one, kept from now on."""
        kept = self._read(key)
        if kept is not None:
            return kept
        found = ask()
        self.keep(key, seconds, found)
        return found

    def keep(self, key: str, seconds: int, found: JsonObject) -> None:
        """Give this answer from now on."""
        if self.cache is not None:
            with suppress(redis.RedisError):
                self.cache.set(f"answer:{key}", json.dumps(found), ex=seconds)

    def forget(self, key: str) -> None:
        """Ask anew the next time."""
        if self.cache is not None:
            with suppress(redis.RedisError):
                self.cache.delete(f"answer:{key}")

    def _read(self, key: str) -> JsonObject | None:
        if self.cache is None:
            return None
        with suppress(redis.RedisError):
            kept = self.cache.get(f"answer:{key}")
            if kept is not None:
                found: JsonObject = json.loads(str(kept))
                return found
        return None
