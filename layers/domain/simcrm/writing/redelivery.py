"""How long a message waits before it is tried again, and how often a writer may die of one."""

import logging
from collections.abc import Sequence

import redis

from simcrm.core.log import log_event

BUSY_SECONDS = 15
"""How long a message waits when the portal is busy and does not say for how long."""

RECEIVES_PER_DOUBLING = 5
MAX_SECONDS = 900
"""After each five receives a wait doubles, up to a quarter of an hour: so the queue's receives outlast a day."""

MAX_CRASHES = 8
"""Attempts that may end in an error, or in the end of the process, before a message is given up."""

TTL_SECONDS = 4 * 24 * 3600


def visibility_seconds(retry_after: float | None, receives: int) -> int:
    """The seconds a message stays hidden; ``retry_after`` is the portal's or the limiter's wish."""
    base = BUSY_SECONDS if retry_after is None else max(1, round(retry_after))
    doublings = min(max(receives - 1, 0) // RECEIVES_PER_DOUBLING, 20)
    return base if doublings == 0 else min(max(base, BUSY_SECONDS) << doublings, max(MAX_SECONDS, base))


def visibility_after_failures(failures: int) -> int:
    """The seconds a message stays hidden after it has failed so often: doubling, up to a quarter of an hour."""
    return min(BUSY_SECONDS << min(max(failures - 1, 0), 20), MAX_SECONDS)


class CrashCounter:
    """Counts how often a writer took up a message and never came to an end with it: it raised, or the process died.

    Waiting for a limit is an end, so the queue's own count of receives says nothing about a message. Without a
    cache nothing is counted, and the queue's count alone decides.
    """

    def __init__(self, cache: redis.Redis | None) -> None:
        self._cache = cache

    def read(self, message_ids: Sequence[str]) -> dict[str, int]:
        """The deaths of each message, 0 where nobody knows."""
        if self._cache is None or not message_ids:
            return dict.fromkeys(message_ids, 0)
        try:
            pipeline = self._cache.pipeline(transaction=False)
            for name in message_ids:
                pipeline.get(f"writing:{name}")
            counts = pipeline.execute()
        except redis.RedisError as error:
            _log_unavailable(error)
            return dict.fromkeys(message_ids, 0)
        return {name: max(int(count or 0), 0) for name, count in zip(message_ids, counts, strict=True)}

    def record_start(self, message_ids: Sequence[str]) -> dict[str, int]:
        """The deaths of each message so far, this attempt counted as one until it ends."""
        counts = self._add(message_ids, 1)
        return {name: count - 1 for name, count in zip(message_ids, counts, strict=False)}

    def record_end(self, message_ids: Sequence[str]) -> None:
        """These messages have come to an orderly end, for now or for good."""
        self._add(message_ids, -1)

    def _add(self, message_ids: Sequence[str], amount: int) -> list[int]:
        if self._cache is None or not message_ids:
            return []
        try:
            pipeline = self._cache.pipeline(transaction=False)
            for name in message_ids:
                pipeline.incrby(f"writing:{name}", amount)
                pipeline.expire(f"writing:{name}", TTL_SECONDS)
            return pipeline.execute()[::2]
        except redis.RedisError as error:
            _log_unavailable(error)
            return []


def _log_unavailable(error: redis.RedisError) -> None:
    reason = type(error).__name__
    log_event("CACHE_UNAVAILABLE", "deaths are not counted", level=logging.WARNING, reason=reason)
