"""The portal as the latest run found it, for previews, which do not call the portal."""

from simcrm.cache.resilient_cache import UNLOGGED, CacheWithFallback, RedisClient
from simcrm.models.portal_snapshot import PortalSnapshot

_KEY = "portal:snapshot"
_SECONDS = 30 * 86_400


def remember_portal(cache: RedisClient | None, snapshot: PortalSnapshot) -> None:
    """Keep a snapshot of the portal for 30 days; without a cache it is forgotten."""
    document = snapshot.model_dump_json()
    CacheWithFallback(cache, UNLOGGED).call(lambda client: client.set(_KEY, document, ex=_SECONDS), lambda: None)


def recall_portal(cache: RedisClient | None) -> PortalSnapshot:
    """Return the latest snapshot; an empty one if no run has read the portal lately, or the cache does not answer."""
    kept = CacheWithFallback(cache, UNLOGGED).call(lambda client: client.get(_KEY), lambda: None)
    return PortalSnapshot() if kept is None else PortalSnapshot.model_validate_json(str(kept))
