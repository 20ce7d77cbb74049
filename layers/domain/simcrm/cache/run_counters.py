"""Counters of a simulation in the hash ``sim:<id>:metrics``: live figures; the ledger remains the source of truth."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from simcrm.cache.hash_slots import IDEMPOTENCY_SECONDS, idempotency_key, key_in_same_slot
from simcrm.cache.resilient_cache import CacheWithFallback, OutagePolicy, RedisClient
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.models.throughput_series import ThroughputBucket

OUTAGE = OutagePolicy("the cache does not answer; counters will be rebuilt from the ledger")
TTL_SECONDS = 90 * 24 * 3600
"""Time to live after the last count or the last time that the run was seen active."""

_ADD = """
if not redis.call('SET', KEYS[3], 1, 'NX', 'EX', ARGV[2]) then return 0 end
for place = 5, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[place], ARGV[place + 1]) end
if ARGV[3] ~= '' then redis.call('HINCRBY', KEYS[2], ARGV[3], ARGV[4]) end
for _, place in ipairs({1, 2, 4}) do redis.call('EXPIRE', KEYS[place], ARGV[1]) end
return 1
"""
"""Increments counters once, even if it is sent twice, and renews all keys of the run; missing keys stay missing."""


def created_counter(kind: ObjectType) -> str:
    """Return the counter of written objects of a type, such as ``contacts_created``."""
    return f"{kind}_created"


def stage_counter(stage: LifecycleStage) -> str:
    """Return the counter of contacts that have reached a stage, such as ``contacts_reached_lead``."""
    return f"contacts_reached_{stage}"


def rejected_texts_counter(reason: str) -> str:
    """Return the counter of a model's texts that were not used for a reason, such as ``ai_texts_rejected_amount``."""
    return f"ai_texts_rejected_{reason}"


RECORDS_REFUSED = "records_refused"
PROPERTIES_SKIPPED = "properties_skipped"
HUBSPOT_CALLS = "hubspot_calls"
RECORDS_SETTLED = "records_settled"
ACTIVITIES_PLANNED = "activities_planned"
ACTIVITIES_SETTLED = "activities_settled"
RECORDS_GENERATED = "records_generated"
AI_SUCCESS = "ai_generation_success"
AI_FALLBACK = "ai_generation_fallback"
AI_LATENCY_MS = "ai_generation_total_latency_ms"
AI_TOKENS = "ai_generation_total_tokens"
AI_INPUT_TOKENS = "ai_generation_input_tokens"
AI_OUTPUT_TOKENS = "ai_generation_output_tokens"
AI_COST_MICRO_USD = "ai_generation_cost_micro_usd"
AI_LAST_ERROR = "ai_last_error_category"


class CounterValues(NamedTuple):
    """Counters as text, by name; ``is_complete`` is False if the cache may have lost some counts."""

    values: dict[str, str]
    is_complete: bool


class RunCounters:
    """The counters of one simulation; without a cache or if it is unavailable, nothing is counted and nothing fails."""

    def __init__(self, cache: RedisClient | None, simulation_id: str) -> None:
        self._cache = CacheWithFallback(cache, OUTAGE, simulation_id=simulation_id)
        self._simulation_id = simulation_id

    @property
    def simulation_id(self) -> str:
        """The id of the simulation that these counters belong to."""
        return self._simulation_id

    @property
    def key(self) -> str:
        """The key of this simulation's hash of counters."""
        return f"sim:{self._simulation_id}:metrics"

    @property
    def throughput_key(self) -> str:
        """The key of the hash of throughput buckets."""
        return key_in_same_slot(self.key, "series")

    @property
    def complete_key(self) -> str:
        """The key that exists as long as the counters are complete."""
        return key_in_same_slot(self.key, "whole")

    def mark_started(self) -> None:
        """Mark the counters as complete, since nothing was counted before; a cache restarted empty loses the mark."""
        self._cache.call(lambda client: client.set(self.complete_key, 1, ex=TTL_SECONDS), lambda: None)

    def add(self, amounts: Mapping[str, int]) -> None:
        """Increment counters in one round trip."""
        self._increment(amounts, None)

    def add_with_throughput(self, amounts: Mapping[str, int], throughput_bucket: ThroughputBucket) -> None:
        """Increment counters and record throughput in one round trip."""
        self._increment(amounts, throughput_bucket)

    def _increment(self, amounts: Mapping[str, int], throughput_bucket: ThroughputBucket | None) -> None:
        if not amounts:
            return
        bucket: list[int | str] = (
            ["", 0] if throughput_bucket is None else [str(throughput_bucket.bucket), throughput_bucket.written]
        )
        keys = [self.key, self.throughput_key, idempotency_key(self.key), self.complete_key]
        arguments = [TTL_SECONDS, IDEMPOTENCY_SECONDS, *bucket, *_flatten(amounts)]
        self._cache.call(lambda client: client.register_script(_ADD)(keys=keys, args=arguments), lambda: None)

    def set(self, values: Mapping[str, int | str]) -> None:
        """Set counters, for example to the ledger's figures."""
        if (
            values
            and self._cache.call(lambda client: client.hset(self.key, items=_flatten(values)), lambda: None) is not None
        ):
            self.renew()

    def renew(self) -> None:
        """Extend the counters' time to live; an active run may count nothing for longer than that."""
        self._cache.call(self._renew, lambda: None)

    def _renew(self, client: RedisClient) -> None:
        pipeline = client.pipeline(transaction=False)
        for key in (self.key, self.throughput_key, self.complete_key):
            pipeline.expire(key, TTL_SECONDS)
        pipeline.execute()

    def read(self) -> dict[str, str]:
        """Return all counters as text; empty if there are none or the cache is unavailable."""
        values = self._cache.call(lambda client: client.hgetall(self.key), lambda: None)
        return {str(name): str(value) for name, value in (values or {}).items()}

    def read_with_completeness(self) -> CounterValues:
        """Return all counters and whether they are complete, which they are not if the cache is unavailable."""
        return self._cache.call(self._read_with_completeness, lambda: CounterValues({}, is_complete=False))

    def _read_with_completeness(self, client: RedisClient) -> CounterValues:
        pipeline = client.pipeline(transaction=False)
        pipeline.hgetall(self.key)
        pipeline.exists(self.complete_key)
        values, marks = pipeline.execute()
        return CounterValues(values, is_complete=bool(marks))

    def restore(self, values: Mapping[str, int], buckets: Mapping[int, int]) -> None:
        """Set counters and throughput to the ledger's figures, so that they are complete again."""
        self._cache.call(lambda client: self._restore(client, values, buckets), lambda: None)

    def _restore(self, client: RedisClient, values: Mapping[str, int], buckets: Mapping[int, int]) -> None:
        pipeline = client.pipeline(transaction=True)
        pipeline.hset(self.key, items=_flatten(values))
        pipeline.expire(self.key, TTL_SECONDS)
        pipeline.delete(self.throughput_key)
        if buckets:
            pipeline.hset(self.throughput_key, items=_flatten(buckets))
            pipeline.expire(self.throughput_key, TTL_SECONDS)
        pipeline.set(self.complete_key, 1, ex=TTL_SECONDS)
        pipeline.execute()

    def read_throughput(self) -> dict[int, int] | None:
        """Return the number of objects written in each bucket, or None if the cache is unavailable."""
        buckets = self._cache.call(lambda client: client.hgetall(self.throughput_key), lambda: None)
        return None if buckets is None else {int(bucket): int(written) for bucket, written in buckets.items()}


def _flatten(values: Mapping[Any, int | str]) -> list[int | str]:
    """Flatten names and values to one list, as Redis expects them."""
    return [part for pair in values.items() for part in pair]
