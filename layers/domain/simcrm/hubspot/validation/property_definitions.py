"""The portal's definitions, read once an hour: kept in this process and, for the others, in Redis."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import redis

from simcrm.hubspot.batch_reader import read_pages
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.validation.property_rules import PIPELINES, ObjectRules, PropertyRule
from simcrm.models.crm_objects import ObjectType

KEEP_SECONDS = 3600
FRESH_SECONDS = 60
"""A batch of refusals is one reason to read the definitions again, not a hundred."""

Clock = Callable[[], float]


def identity_of(base_url: str, token: str) -> str:
    """Tells portals apart without showing the token."""
    return hashlib.sha256(f"{base_url} {token}".encode()).hexdigest()[:16]


@dataclass(slots=True)
class Definitions:
    """One portal's definitions; a cache that is away costs a few reads, nothing more."""

    client: HubSpotClient
    cache: redis.Redis | None
    identity: str
    clock: Clock = monotonic
    _kept: dict[ObjectType, tuple[float, ObjectRules]] = field(default_factory=dict)
    _refreshed: dict[ObjectType, float] = field(default_factory=dict)

    def of(self, kind: ObjectType) -> ObjectRules:
        """The rules of an object type, at most an hour old."""
        kept = self._kept.get(kind)
        if kept is not None and self.clock() - kept[0] < KEEP_SECONDS:
            return kept[1]
        rules = self._shared(kind) or self._read(kind)
        self._kept[kind] = (self.clock(), rules)
        return rules

    def refresh(self, kind: ObjectType, oldest: float = FRESH_SECONDS) -> ObjectRules:
        """Read the rules anew, because the portal contradicts them; unless that was done ``oldest`` seconds ago."""
        again = self._refreshed.get(kind)
        if again is None or self.clock() - again >= oldest:
            self._refreshed[kind] = self.clock()
            self._kept[kind] = (self.clock(), self._read(kind))
        return self.of(kind)

    def _read(self, kind: ObjectType) -> ObjectRules:
        client = self.client
        rows = client.get(client.paths.properties(kind))["results"]
        pipelines = client.get(client.paths.pipelines(kind))["results"] if kind in PIPELINES else []
        owners = read_pages(client, client.paths.owners())
        rules = ObjectRules(
            properties={row["name"]: PropertyRule.of(row) for row in rows},
            pipelines={
                item["id"]: tuple(stage["id"] for stage in sorted(item["stages"], key=lambda s: s["displayOrder"]))
                for item in sorted(pipelines, key=lambda found: found["displayOrder"])
            },
            owners=frozenset(str(owner["id"]) for owner in owners),
        )
        self._share(kind, rules)
        return rules

    def _key(self, kind: ObjectType) -> str:
        return f"portal:{self.identity}:definitions:{kind}"

    def _shared(self, kind: ObjectType) -> ObjectRules | None:
        if self.cache is None:
            return None
        try:
            found = self.cache.get(self._key(kind))
        except redis.RedisError:
            return None
        return None if found is None else ObjectRules.model_validate_json(found)

    def _share(self, kind: ObjectType, rules: ObjectRules) -> None:
        if self.cache is None:
            return
        try:
            self.cache.set(self._key(kind), rules.model_dump_json(), ex=KEEP_SECONDS)
        except redis.RedisError:
            return
