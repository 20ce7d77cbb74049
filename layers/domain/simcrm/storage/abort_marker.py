"""The marker of a run that was aborted: nothing is written to the portal once it is there."""

import time
from collections.abc import Callable

from pydantic import AwareDatetime, BaseModel

from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

MAX_AGE_SECONDS = 2.0
"""How old an answer may be that a run goes on; an abort is for good."""


class AbortMarker(BaseModel):
    """When a run was aborted, or began to be taken back, in real time.

    ``is_void`` where it turned out that the run had ended by itself, so that nothing was aborted.
    """

    at: AwareDatetime
    is_void: bool = False


def read_abort_marker(files: SimulationFiles) -> AbortMarker | None:
    """The marker, or None where the run may go on."""
    marker = files.read(file_names.ABORT, AbortMarker)
    return None if marker is None or marker.is_void else marker


def write_abort_marker(files: SimulationFiles, abort: AbortMarker) -> None:
    """Abort a run; S3 shows it to every reader that looks from now on."""
    files.write(file_names.ABORT, abort)


class AbortCache:
    """Which runs were aborted, as a process knows it that asks before every call; safe for threads."""

    def __init__(
        self, open_files: Callable[[str], SimulationFiles], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._artifacts_of = open_files
        self._clock = clock
        self._aborted: set[str] = set()
        self._checked_at: dict[str, float] = {}

    def __contains__(self, simulation_id: object) -> bool:
        """Whether the run with this id was aborted, two seconds ago at the latest."""
        return self._is_aborted(str(simulation_id))

    def _is_aborted(self, simulation_id: str) -> bool:
        if simulation_id in self._aborted:
            return True
        now, checked_at = self._clock(), self._checked_at.get(simulation_id)
        if checked_at is not None and now - checked_at < MAX_AGE_SECONDS:
            return False
        if read_abort_marker(self._artifacts_of(simulation_id)) is None:
            self._checked_at[simulation_id] = now
            return False
        self._aborted.add(simulation_id)
        return True


def abort_checker(files: SimulationFiles) -> Callable[[], bool]:
    """Asks whether one run was aborted, as often as one likes: S3 is asked every two seconds at most."""
    aborts = AbortCache(lambda _: files)
    return lambda: files.simulation_id in aborts
