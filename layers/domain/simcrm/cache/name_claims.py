"""Claims on a portal's company names, domains and email addresses, each owned by one simulation."""

from collections.abc import Iterable, Mapping, Sequence

import redis
from redis.client import Pipeline

TTL_SECONDS = 365 * 24 * 3600
"""A name is released a year after it was claimed or its run was last seen active, or when the run is cleaned up."""

RENEW_SECONDS = 30 * 24 * 3600
"""Claims are renewed no more often than this, because a run may have claimed half a million names."""

NAME_PREFIX, DOMAIN_PREFIX, EMAIL_PREFIX = "claim:name:", "claim:domain:", "claim:email:"
SCAN_COUNT = 500

_RELEASE = """
for place, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner and (owner == ARGV[1] or string.sub(owner, 1, #ARGV[1] + 1) == ARGV[1] .. ':') then
    redis.call('DEL', key)
  end
end
"""

_RENEW = """
local owner = redis.call('GET', KEYS[1])
if owner and (owner == ARGV[1] or string.sub(owner, 1, #ARGV[1] + 1) == ARGV[1] .. ':') then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
"""


def claim(cache: redis.Redis, owner_by_key: Mapping[str, str]) -> dict[str, str]:
    """Claim the keys that are free, then return the owner of each key.

    An owner is a simulation id, optionally followed by ``:`` and a record's index.

    Raises:
        redis.RedisError: the cache is unavailable.
    """
    if not owner_by_key:
        return {}
    pipeline = cache.pipeline(transaction=False)
    for key, owner in owner_by_key.items():
        pipeline.set(key, owner, nx=True, ex=TTL_SECONDS)
    for simulation in sorted({simulation_id_from_owner(owner) for owner in owner_by_key.values()}):
        pipeline.sadd(
            _claims_key(simulation),
            *(key for key, owner in owner_by_key.items() if simulation_id_from_owner(owner) == simulation),
        )
        pipeline.expire(_claims_key(simulation), TTL_SECONDS)
    pipeline.execute()
    return owners(cache, owner_by_key)


def owners(cache: redis.Redis, keys: Iterable[str]) -> dict[str, str]:
    """Return the owners of those keys that have one.

    Raises:
        redis.RedisError: the cache is unavailable.
    """
    sorted_keys = sorted(keys)
    pipeline = cache.pipeline(transaction=False)
    for key in sorted_keys:
        pipeline.get(key)
    owner_by_key = zip(sorted_keys, pipeline.execute() if sorted_keys else [], strict=True)
    return {key: owner for key, owner in owner_by_key if owner is not None}


def release(cache: redis.Redis, simulation_id: str) -> None:
    """Release everything that a simulation has claimed.

    Raises:
        redis.RedisError: the cache is unavailable.
    """
    pipeline = _each_owned(cache, simulation_id, _RELEASE, [simulation_id])
    pipeline.delete(_claims_key(simulation_id))
    pipeline.delete(_renewal_key(simulation_id))
    pipeline.execute()


def renew(cache: redis.Redis, simulation_id: str) -> None:
    """Renew all claims of a simulation whose run is active, at most once per ``RENEW_SECONDS``.

    Raises:
        redis.RedisError: the cache is unavailable.
    """
    if not cache.set(_renewal_key(simulation_id), 1, nx=True, ex=RENEW_SECONDS):
        return
    pipeline = _each_owned(cache, simulation_id, _RENEW, [simulation_id, str(TTL_SECONDS)])
    pipeline.expire(_claims_key(simulation_id), TTL_SECONDS)
    pipeline.execute()


def _each_owned(cache: redis.Redis, simulation_id: str, code: str, arguments: Sequence[str]) -> Pipeline:
    """Run a script for each key that a simulation may have claimed; return the pipeline with any unsent commands."""
    pipeline = cache.pipeline(transaction=False)
    script = cache.register_script(code)
    for key in cache.sscan_iter(_claims_key(simulation_id), count=SCAN_COUNT):
        script(keys=[key], args=arguments, client=pipeline)
        if len(pipeline) >= SCAN_COUNT:
            pipeline.execute()
    return pipeline


def simulation_id_from_owner(owner: str) -> str:
    """Return the simulation id of an owner."""
    return owner.partition(":")[0]


def _claims_key(simulation_id: str) -> str:
    return f"claims:{simulation_id}"


def _renewal_key(simulation_id: str) -> str:
    return f"{_claims_key(simulation_id)}:renewed"
