"""A refused key ends the model calls of a run, in all its functions, until there is another key."""

import hashlib

from simcrm.cache.resilient_cache import CacheWithFallback

TTL_SECONDS = 24 * 3600


class AuthFailureFlag:
    """Flags a run whose key the provider refuses."""

    def __init__(self, cache: CacheWithFallback, simulation_id: str) -> None:
        self._shared = cache
        self._local_fingerprint = ""
        self.key = f"sim:{simulation_id}:ai_refused"

    def set(self, refused: str) -> None:
        """Record that the provider refuses this key."""
        self._local_fingerprint = _fingerprint(refused)
        self._shared.call(lambda found: found.set(self.key, self._local_fingerprint, ex=TTL_SECONDS), lambda: None)

    def is_set(self, key: str) -> bool:
        """Whether any function of this run has recorded that this key is refused."""
        noted = self._local_fingerprint or self._shared.call(lambda found: found.get(self.key), lambda: None)
        return noted == _fingerprint(key)

    @property
    def is_set_locally(self) -> bool:
        """Whether this function has recorded a refused key, without checking the cache."""
        return bool(self._local_fingerprint)


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
