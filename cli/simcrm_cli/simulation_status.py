"""Status of a simulation, and polling it to its end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simcrm.models.crm_objects import DISPLAY_ORDER
from simcrm_cli.errors import ApiRequestError, ApiUnreachableError, StillRunningError
from simcrm_embedded.polling import Pause

OBJECT_NAMES = tuple(kind.json_name for kind in DISPLAY_ORDER)
POLL_SECONDS = 1.0
MAX_FAILURES = 10
PARTIAL_EXIT_CODE = 3
"""Not 2, which means invalid options."""

_SERVER_ERRORS = 500
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class SimulationStatus:
    """A simulation at one moment.

    ``percent`` is 0 to 100; ``counts`` are the objects in the portal by type, ``failed`` those refused, and ``missing``
    those never created. ``error`` has a code and a message or is empty; ``document`` is the API's response.
    """

    simulation_id: str
    status: str
    planned: int
    counts: dict[str, int]
    failed: int
    missing: int
    percent: float
    hubspot_calls: int
    error: Mapping[str, str]
    document: Mapping[str, Any]

    @property
    def is_final(self) -> bool:
        """Whether the simulation has ended."""
        return self.status not in {"QUEUED", "RUNNING"}

    @property
    def objects(self) -> int:
        """Number of objects written so far."""
        return sum(self.counts.values())

    @property
    def is_successful(self) -> bool:
        """Whether it did what was asked, apart from the small loss that a run may have."""
        return self.status == "SUCCEEDED"

    @property
    def exit_code(self) -> int:
        """Exit code of a command that waited for the end: 0, ``PARTIAL_EXIT_CODE``, or 1 for any other outcome."""
        return PARTIAL_EXIT_CODE if self.status == "PARTIAL" else int(not self.is_successful)


def parse_status(document: Mapping[str, Any]) -> SimulationStatus:
    """Parse the API's response; fields that a new simulation does not have yet count as 0."""
    counts = document.get("counts") or {}
    return SimulationStatus(
        simulation_id=document["simulationId"],
        status=document["status"],
        planned=document.get("planned") or 0,
        counts={name: counts.get(name) or 0 for name in OBJECT_NAMES},
        failed=document.get("failed") or 0,
        missing=document.get("missing") or 0,
        percent=100 * float(document.get("percentComplete") or 0),
        hubspot_calls=document.get("hubspotCalls") or 0,
        error=document.get("error") or {},
        document=document,
    )


def poll_until_done(
    fetch: Callable[[], Mapping[str, Any]],
    show: Callable[[SimulationStatus], None],
    *,
    simulation_id: str,
    timeout: float,
    pause: Pause,
    clock: Callable[[], float] = time.monotonic,
) -> SimulationStatus:
    """Show each status until the final one, and return it; short outages of the API are tolerated.

    Raises:
        StillRunningError: ``timeout`` seconds have passed.
        CliError: the API refuses, or has failed several times in a row.
    """
    end = clock() + timeout
    failures = 0
    while True:
        try:
            status = parse_status(fetch())
        except (ApiUnreachableError, ApiRequestError) as error:
            failures += 1
            if failures >= MAX_FAILURES or not _is_transient(error):
                raise
        else:
            failures = 0
            show(status)
            if status.is_final:
                return status
        if clock() >= end:
            raise StillRunningError(simulation_id, timeout)
        pause(POLL_SECONDS)


def _is_transient(error: ApiUnreachableError | ApiRequestError) -> bool:
    if isinstance(error, ApiUnreachableError):
        return True
    return error.status >= _SERVER_ERRORS or error.status == _TOO_MANY_REQUESTS
