"""The marker of an aborted run: once it exists, nothing more is written to the portal."""

import time
from collections.abc import Callable
from typing import TypeAlias

from pydantic import AwareDatetime, BaseModel

from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

IsAborted: TypeAlias = Callable[[], bool]
"""Tells whether a run was aborted."""

MAX_AGE_SECONDS = 2.0
"""How long the answer "not aborted" is cached; an abort is final."""


class AbortMarker(BaseModel):
    """The real time at which a run was aborted or its clean-up started.

    ``is_void`` means that the run had already ended by itself, so nothing was aborted.
    """

    at: AwareDatetime
    is_void: bool = False


def read_abort_marker(files: SimulationFiles) -> AbortMarker | None:
    """Return the marker, or None if the run may continue."""
    marker = files.read(file_names.ABORT, AbortMarker)
    return None if marker is None or marker.is_void else marker


def write_abort_marker(files: SimulationFiles, abort: AbortMarker) -> None:
    """Abort a run; S3 returns the marker to every read from now on."""
    files.write(file_names.ABORT, abort)


class AbortCache:
    """Cache of aborted runs for a process that checks before every call; thread-safe."""

    def __init__(
        self, open_files: Callable[[str], SimulationFiles], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_files = open_files
        self._clock = clock
        self._aborted: set[str] = set()
        self._checked_at: dict[str, float] = {}

    def __contains__(self, simulation_id: object) -> bool:
        """Whether the run with this id was aborted; an abort is noticed within two seconds."""
        return self._is_aborted(str(simulation_id))

    def _is_aborted(self, simulation_id: str) -> bool:
        if simulation_id in self._aborted:
            return True
        now, checked_at = self._clock(), self._checked_at.get(simulation_id)
        if checked_at is not None and now - checked_at < MAX_AGE_SECONDS:
            return False
        if read_abort_marker(self._open_files(simulation_id)) is None:
            self._checked_at[simulation_id] = now
            return False
        self._aborted.add(simulation_id)
        return True


def abort_checker(files: SimulationFiles) -> IsAborted:
    """Return a function that tells whether a run was aborted; it reads S3 at most once every two seconds."""
    aborts = AbortCache(lambda _: files)
    return lambda: files.simulation_id in aborts
