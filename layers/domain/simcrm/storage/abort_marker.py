"""The marker of a run that was aborted: nothing is written to the portal once it is there."""

import time
from collections.abc import Callable

from pydantic import AwareDatetime, BaseModel

from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts

MAX_AGE_SECONDS = 2.0
"""How old an answer may be that a run goes on; an abort is for good."""


class Abort(BaseModel):
    """When a run was aborted, or began to be taken back, in real time.

    ``is_void`` where it turned out that the run had ended by itself, so that nothing was aborted.
    """

    at: AwareDatetime
    is_void: bool = False


def read_abort(artifacts: Artifacts) -> Abort | None:
    """The marker, or None where the run may go on."""
    found = artifacts.read(file_names.ABORT, Abort)
    return None if found is None or found.is_void else found


def write_abort(artifacts: Artifacts, abort: Abort) -> None:
    """Abort a run; S3 shows it to every reader that looks from now on."""
    artifacts.write(file_names.ABORT, abort)


class Aborts:
    """Which runs were aborted, as a process knows it that asks before every call; safe for threads."""

    def __init__(self, artifacts_of: Callable[[str], Artifacts], clock: Callable[[], float] = time.monotonic) -> None:
        self._artifacts_of = artifacts_of
        self._clock = clock
        self._aborted: set[str] = set()
        self._asked: dict[str, float] = {}

    def __contains__(self, simulation_id: object) -> bool:
        """Whether the run with this id was aborted, two seconds ago at the latest."""
        return self._is_aborted(str(simulation_id))

    def _is_aborted(self, simulation_id: str) -> bool:
        if simulation_id in self._aborted:
            return True
        now, asked = self._clock(), self._asked.get(simulation_id)
        if asked is not None and now - asked < MAX_AGE_SECONDS:
            return False
        if read_abort(self._artifacts_of(simulation_id)) is None:
            self._asked[simulation_id] = now
            return False
        self._aborted.add(simulation_id)
        return True


def abort_check(artifacts: Artifacts) -> Callable[[], bool]:
    """Asks whether one run was aborted, as often as one likes: S3 is asked every two seconds at most."""
    aborts = Aborts(lambda _: artifacts)
    return lambda: artifacts.simulation_id in aborts
