"""The portal's property definitions, cached for an hour in this process and, for the others, in Redis."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from simcrm.cache.resilient_cache import UNLOGGED, CacheWithFallback, RedisClient
from simcrm.hubspot.batch_reader import read_pages
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.validation.property_rules import PIPELINES, ObjectRules, PropertyRule
from simcrm.models.crm_objects import ObjectType

MAX_AGE_SECONDS = 3600
MIN_REFRESH_SECONDS = 60
"""A batch of refusals triggers one refresh of the definitions, not a hundred."""

Clock = Callable[[], float]


def portal_identity(base_url: str, token: str) -> str:
    """A hash that identifies a portal without revealing the token."""
    return hashlib.sha256(f"{base_url} {token}".encode()).hexdigest()[:16]


@dataclass(slots=True)
class PropertyDefinitionCache:
    """One portal's definitions; an unavailable cache costs a few reads, nothing more."""

    client: HubSpotClient
    cache: RedisClient | None
    identity: str
    clock: Clock = monotonic
    _cached: dict[ObjectType, tuple[float, ObjectRules]] = field(default_factory=dict)
    _refreshed: dict[ObjectType, float] = field(default_factory=dict)

    def rules_for(self, kind: ObjectType) -> ObjectRules:
        """The rules of an object type, at most an hour old."""
        cached = self._cached.get(kind)
        if cached is not None and self.clock() - cached[0] < MAX_AGE_SECONDS:
            return cached[1]
        rules = self._read_shared(kind) or self._read(kind)
        self._cached[kind] = (self.clock(), rules)
        return rules

    def refresh(self, kind: ObjectType, max_age: float = MIN_REFRESH_SECONDS) -> ObjectRules:
        """Read the rules again, as the portal contradicts them, unless done within the last ``max_age`` seconds."""
        again = self._refreshed.get(kind)
        if again is None or self.clock() - again >= max_age:
            self._refreshed[kind] = self.clock()
            self._cached[kind] = (self.clock(), self._read(kind))
        return self.rules_for(kind)

    def _read(self, kind: ObjectType) -> ObjectRules:
        client = self.client
        rows = client.get(client.paths.properties(kind))["results"]
        pipelines = client.get(client.paths.pipelines(kind))["results"] if kind in PIPELINES else []
        owners = read_pages(client, client.paths.owners())
        rules = ObjectRules(
            properties={row["name"]: PropertyRule.from_definition(row) for row in rows},
            pipelines={
                item["id"]: tuple(stage["id"] for stage in sorted(item["stages"], key=lambda s: s["displayOrder"]))
                for item in sorted(pipelines, key=lambda found: found["displayOrder"])
            },
            owners=frozenset(str(owner["id"]) for owner in owners),
        )
        self._write_shared(kind, rules)
        return rules

    @property
    def _shared_cache(self) -> CacheWithFallback:
        return CacheWithFallback(self.cache, UNLOGGED)

    def _key(self, kind: ObjectType) -> str:
        return f"portal:{self.identity}:definitions:{kind}"

    def _read_shared(self, kind: ObjectType) -> ObjectRules | None:
        cached = self._shared_cache.call(lambda client: client.get(self._key(kind)), lambda: None)
        return None if cached is None else ObjectRules.model_validate_json(cached)

    def _write_shared(self, kind: ObjectType, rules: ObjectRules) -> None:
        self._shared_cache.call(
            lambda client: client.set(self._key(kind), rules.model_dump_json(), ex=MAX_AGE_SECONDS), lambda: None
        )
