"""A refused key ends the model's part of a run, for all its functions, until there is another key."""

import hashlib

from simcrm.cache.resilient_cache import SharedState

KEEP_SECONDS = 24 * 3600


class Standstill:
    """Whether this run's calls are refused for good."""

    def __init__(self, shared: SharedState, simulation_id: str) -> None:
        self._shared = shared
        self._here = ""
        self.key = f"sim:{simulation_id}:ai_refused"

    def begin(self, refused: str) -> None:
        """Note that the provider refuses this key."""
        self._here = _fingerprint(refused)
        self._shared.ask(lambda found: found.set(self.key, self._here, ex=KEEP_SECONDS), lambda: None)

    def lasts(self, key: str) -> bool:
        """Whether any function of this run has noted this key."""
        noted = self._here or self._shared.ask(lambda found: found.get(self.key), lambda: None)
        return noted == _fingerprint(key)

    @property
    def is_known_here(self) -> bool:
        """Whether this function has noted one, without asking the cache."""
        return bool(self._here)


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
