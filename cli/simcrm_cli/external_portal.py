"""Direct access to the user's own portal, so that it can be cleaned up after the stack is gone."""

import logging
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.custom_properties import RECORD_KEY
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError, RequestRejectedError, TokenRefusedError
from simcrm.hubspot.rate_limit.budgets import RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm.jobs.clean_up import ARCHIVE_ORDER, SAMPLES, clean_up_portal
from simcrm.jobs.cleanup_state import cleanup_document
from simcrm.jobs.tagged_records import TaggedRecords
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm_cli.errors import CliError, StillRunningError
from simcrm_cli.http_client import http_client
from simcrm_embedded.errors import ProjectNotFoundError
from simcrm_embedded.external_ledgers import LocalSimulationFiles, find_ledger, reset_cleanup_progress
from simcrm_embedded.local_portal import TOKEN_SETTING, URL_SETTING, user_portal
from simcrm_embedded.project import find_project

API_VERSION = "2026-09"
TIMEOUT = 30.0
RATE_LIMITS = RateLimits(standard=400, associations=400, search=20)
"""One process takes a fifth of this, 80 calls per 10 s and 4 searches per second, which leaves room for others."""


@dataclass(frozen=True, slots=True)
class UserPortal:
    """What a portal's token alone allows to be done with the simulations in it."""

    client: HubSpotClient
    number: str

    def list_simulations(self, report: Callable[[int], None]) -> list[JsonObject]:
        """Return each simulation that has records in the portal, with their counts."""
        counts_by_simulation = TaggedRecords(self.client).count(report)
        return [
            _preview_document(simulation_id, dict(counts), {}) for simulation_id, counts in counts_by_simulation.items()
        ]

    def preview(self, simulation_id: str) -> JsonObject:
        """Return what a clean-up would archive, according to the portal."""
        counts: dict[ObjectType, int] = {}
        samples: dict[ObjectType, list[JsonObject]] = {}
        for kind in ARCHIVE_ORDER:
            for rows in TaggedRecords(self.client).pages(kind, simulation_id):
                counts[kind] = counts.get(kind, 0) + len(rows)
                named = [{"key": row["properties"].get(RECORD_KEY) or "", "id": row["id"]} for row in rows[:SAMPLES]]
                samples.setdefault(kind, named)
        return _preview_document(simulation_id, counts, samples)

    def clean_up(self, simulation_id: str, timeout: float) -> JsonObject:
        """Archive a simulation's records, with the help of its saved ledger if there is one.

        Raises:
            StillRunningError: ``timeout`` seconds have passed; calling again continues the clean-up.
        """
        deadline = time.monotonic() + timeout
        with self._ledger(simulation_id) as files:
            state = clean_up_portal(
                self.client, files, sleep=time.sleep, is_out_of_time=lambda: time.monotonic() >= deadline
            )
        if not state.done:
            raise StillRunningError(simulation_id, timeout)
        return cleanup_document(state)

    @contextmanager
    def _ledger(self, simulation_id: str) -> Iterator[LocalSimulationFiles]:
        try:
            folder = find_ledger(find_project(), self.number, simulation_id)
        except ProjectNotFoundError:
            folder = None
        if folder is not None:
            reset_cleanup_progress(folder)
            yield LocalSimulationFiles(folder, simulation_id)
            return
        with tempfile.TemporaryDirectory(prefix="simcrm-") as name:
            yield LocalSimulationFiles(Path(name), simulation_id)


@contextmanager
def open_user_portal(env: Mapping[str, str] = os.environ) -> Iterator[UserPortal | None]:
    """Open the portal of the token in the environment; None if there is no token.

    Raises:
        CliError: the portal refuses the token, the token lacks a scope, or the portal is unavailable.
    """
    portal = user_portal(env)
    if portal is None:
        yield None
        return
    logging.getLogger("stamina").setLevel(logging.CRITICAL)  # retry a busy portal silently
    with http_client(portal.url, portal.token, TIMEOUT) as http:
        client = HubSpotClient(http, ApiPaths(API_VERSION), limiter=HubSpotRateLimiter(None, RATE_LIMITS))
        try:
            yield UserPortal(client, str(client.get(client.paths.account()).get("portalId")))
        except TokenRefusedError as error:
            raise CliError(error.code, f"HubSpot does not accept the token in {TOKEN_SETTING}.") from error
        except PortalAccessError as error:
            message = f"The token in {TOKEN_SETTING} lacks {', '.join(error.scopes)}." if error.scopes else str(error)
            raise CliError(error.code, message) from error
        except (PortalUnavailableError, RequestRejectedError) as error:
            raise CliError(error.code, f"The portal at {portal.url} cannot be used: {error}") from error


def cleanup_command(simulation_id: str | None, env: Mapping[str, str] = os.environ) -> str:
    """Return the command that cleans up a simulation, with dots in place of the user's token."""
    url = [f"{URL_SETTING}={shlex.quote(env[URL_SETTING])}"] if env.get(URL_SETTING) else []
    what = [simulation_id, "--yes"] if simulation_id else ["--all"]
    return " ".join([f"{TOKEN_SETTING}=...", *url, shlex.quote(_program()), "cleanup", *what])


def _program() -> str:
    """Return the path of this program as a user can type it here."""
    program = Path(sys.executable).with_name("simcrm")
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)


def _preview_document(
    simulation_id: str, counts: Mapping[ObjectType, int], samples: Mapping[ObjectType, list[JsonObject]]
) -> JsonObject:
    every = {kind: counts.get(kind, 0) for kind in ARCHIVE_ORDER}
    return {
        "simulationId": simulation_id,
        "counts": by_json_name(every),
        "total": sum(every.values()),
        "samples": by_json_name(samples),
    }
