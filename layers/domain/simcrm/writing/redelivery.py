"""How long a message stays hidden before redelivery, and how often it may crash a writer."""

from collections.abc import Sequence

from simcrm.cache.resilient_cache import CacheWithFallback, OutagePolicy, RedisClient

BUSY_SECONDS = 15
"""How long a message stays hidden if the portal is busy and does not say for how long."""

RECEIVES_PER_DOUBLING = 5
MAX_SECONDS = 900
"""The wait doubles every five receives, up to 15 minutes, so that the maximum receive count spans more than a day."""

MAX_CRASHES = 8
"""Attempts that may end in an error or a crash before a message is given up."""

TTL_SECONDS = 4 * 24 * 3600
OUTAGE = OutagePolicy("writer deaths are not counted")


def visibility_seconds(retry_after: float | None, receives: int) -> int:
    """Seconds to hide a message; ``retry_after`` comes from the portal or the rate limiter."""
    base = BUSY_SECONDS if retry_after is None else max(1, round(retry_after))
    doublings = min(max(receives - 1, 0) // RECEIVES_PER_DOUBLING, 20)
    return base if doublings == 0 else min(max(base, BUSY_SECONDS) << doublings, max(MAX_SECONDS, base))


def visibility_after_failures(failures: int) -> int:
    """Seconds to hide a message after this many failures: doubling, up to 15 minutes."""
    return min(BUSY_SECONDS << min(max(failures - 1, 0), 20), MAX_SECONDS)


class CrashCounter:
    """Counts attempts that never ended cleanly: the writer raised an error, or its process crashed.

    Waiting for a rate limit is a clean end, so the queue's own receive count does not show this. Without a cache
    nothing is counted, and only the queue's receive count applies.
    """

    def __init__(self, cache: RedisClient | None) -> None:
        self._cache = CacheWithFallback(cache, OUTAGE)

    def read(self, message_ids: Sequence[str]) -> dict[str, int]:
        """Crash counts by message ID, 0 if unknown."""
        if not message_ids:
            return {}
        return self._cache.call(lambda client: _read(client, message_ids), lambda: dict.fromkeys(message_ids, 0))

    def record_start(self, message_ids: Sequence[str]) -> dict[str, int]:
        """Count this attempt as a crash until it ends; return the earlier crashes of each message."""
        counts = self._add(message_ids, 1)
        return {name: count - 1 for name, count in zip(message_ids, counts, strict=False)}

    def record_end(self, message_ids: Sequence[str]) -> None:
        """Record that these messages ended cleanly, whether they are settled or will be retried."""
        self._add(message_ids, -1)

    def _add(self, message_ids: Sequence[str], amount: int) -> list[int]:
        return self._cache.call(lambda client: _add(client, message_ids, amount), list) if message_ids else []


def _read(client: RedisClient, message_ids: Sequence[str]) -> dict[str, int]:
    pipeline = client.pipeline(transaction=False)
    for name in message_ids:
        pipeline.get(f"writing:{name}")
    counts = pipeline.execute()
    return {name: max(int(count or 0), 0) for name, count in zip(message_ids, counts, strict=True)}


def _add(client: RedisClient, message_ids: Sequence[str], amount: int) -> list[int]:
    pipeline = client.pipeline(transaction=False)
    for name in message_ids:
        pipeline.incrby(f"writing:{name}", amount)
        pipeline.expire(f"writing:{name}", TTL_SECONDS)
    counts: list[int] = pipeline.execute()[::2]
    return counts
