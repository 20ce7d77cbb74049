"""The portal's currencies as the latest run read them, for previews, which do not call the portal."""

import json
from dataclasses import asdict

from simcrm.cache.resilient_cache import UNLOGGED, CacheWithFallback, RedisClient
from simcrm.models.run_currency import PortalCurrencies

_KEY = "portal:currencies"
_SECONDS = 30 * 86_400


def remember_currencies(cache: RedisClient | None, currencies: PortalCurrencies) -> None:
    """Keep the portal's currencies for 30 days; without a cache they are forgotten."""
    document = json.dumps(asdict(currencies))
    CacheWithFallback(cache, UNLOGGED).call(lambda client: client.set(_KEY, document, ex=_SECONDS), lambda: None)


def recall_currencies(cache: RedisClient | None) -> PortalCurrencies | None:
    """Return the portal's currencies; None if no run has read them lately, or the cache does not answer."""
    kept = CacheWithFallback(cache, UNLOGGED).call(lambda client: client.get(_KEY), lambda: None)
    if kept is None:
        return None
    document = json.loads(str(kept))
    return PortalCurrencies(document["home"], tuple(document["further"]))
