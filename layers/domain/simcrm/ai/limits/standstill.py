"""A refused key ends the model's part of a run, for all its functions."""

from simcrm.ai.limits.shared import SharedState

KEEP_SECONDS = 24 * 3600


class Standstill:
    """Whether this run's calls are refused for good."""

    def __init__(self, shared: SharedState, simulation_id: str) -> None:
        self._shared = shared
        self._here = False
        self.key = f"sim:{simulation_id}:ai_refused"

    def begin(self) -> None:
        """Note that the provider refuses the key."""
        self._here = True
        self._shared.ask(lambda found: found.set(self.key, "auth", ex=KEEP_SECONDS), lambda: None)

    def lasts(self) -> bool:
        """Whether any function of this run has noted it."""
        return self._here or self._shared.ask(lambda found: bool(found.exists(self.key)), lambda: False)

    @property
    def is_known_here(self) -> bool:
        """Whether this function has noted it, without asking the cache."""
        return self._here
