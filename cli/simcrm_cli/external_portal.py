"""The user's own portal, asked directly: what a stack has written there can be taken back when the stack is gone."""

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
from simcrm.hubspot.api_paths import Paths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.custom_properties import RECORD_KEY
from simcrm.hubspot.errors import CallRefusedError, PortalBusyError, PortalRefusedError, TokenRefusedError
from simcrm.hubspot.rate_limit.limiter import Limiter
from simcrm.hubspot.rate_limit.policy import Budgets
from simcrm.jobs.clean_up import ORDER, SAMPLES, take_back
from simcrm.jobs.cleanup_state import document_of
from simcrm.jobs.tagged_records import Tagged
from simcrm.models.crm_objects import ObjectType
from simcrm_cli.errors import CliError, StillRunningError
from simcrm_cli.http_client import connect
from simcrm_embedded.errors import ProjectNotFoundError
from simcrm_embedded.external_ledgers import KeptArtifacts, forget_progress, kept_ledger
from simcrm_embedded.local_portal import TOKEN_SETTING, URL_SETTING, given_portal
from simcrm_embedded.project import find_project

API_VERSION = "2026-09"
TIMEOUT = 30.0
BUDGETS = Budgets(standard=400, associations=400, search=20)
"""Of which one process takes a fifth: 80 calls in 10 s and 4 searches a second, so that others have room, too."""


@dataclass(frozen=True, slots=True)
class OwnPortal:
    """What can be done with the simulations in a portal by its token alone."""

    client: HubSpotClient
    number: str

    def simulations(self, note: Callable[[int], None]) -> list[JsonObject]:
        """Each simulation of which the portal holds records, with their counts."""
        found = Tagged(self.client).count(note)
        return [_shown(simulation_id, dict(counts), {}) for simulation_id, counts in found.items()]

    def preview(self, simulation_id: str) -> JsonObject:
        """What a clean-up would archive, as the portal says."""
        counts: dict[ObjectType, int] = {}
        samples: dict[ObjectType, list[JsonObject]] = {}
        for kind in ORDER:
            for rows in Tagged(self.client).pages(kind, simulation_id):
                counts[kind] = counts.get(kind, 0) + len(rows)
                named = [{"key": row["properties"].get(RECORD_KEY) or "", "id": row["id"]} for row in rows[:SAMPLES]]
                samples.setdefault(kind, named)
        return _shown(simulation_id, counts, samples)

    def take_back(self, simulation_id: str, timeout: float) -> JsonObject:
        """Archive a simulation's records; its kept ledger helps where there is one.

        Raises:
            StillRunningError: ``timeout`` seconds have passed; doing it again goes on.
        """
        deadline = time.monotonic() + timeout
        with self._ledger(simulation_id) as artifacts:
            state = take_back(self.client, artifacts, pause=time.sleep, is_over=lambda: time.monotonic() >= deadline)
        if not state.done:
            raise StillRunningError(simulation_id, timeout)
        return document_of(state)

    @contextmanager
    def _ledger(self, simulation_id: str) -> Iterator[KeptArtifacts]:
        try:
            folder = kept_ledger(find_project(), self.number, simulation_id)
        except ProjectNotFoundError:
            folder = None
        if folder is not None:
            forget_progress(folder)
            yield KeptArtifacts(folder, simulation_id)
            return
        with tempfile.TemporaryDirectory(prefix="simcrm-") as name:
            yield KeptArtifacts(Path(name), simulation_id)


@contextmanager
def own_portal(env: Mapping[str, str] = os.environ) -> Iterator[OwnPortal | None]:
    """The portal of the token in the environment, None without one.

    Raises:
        CliError: the portal refuses the token, lacks a scope or is away.
    """
    given = given_portal(env)
    if given is None:
        yield None
        return
    logging.getLogger("stamina").setLevel(logging.CRITICAL)  # a busy portal is waited for without a word
    with connect(given.url, given.token, TIMEOUT) as http:
        client = HubSpotClient(http, Paths(API_VERSION), limiter=Limiter(None, BUDGETS))
        try:
            yield OwnPortal(client, str(client.get(client.paths.account()).get("portalId")))
        except TokenRefusedError as error:
            raise CliError(error.code, f"HubSpot does not accept the token in {TOKEN_SETTING}.") from error
        except PortalRefusedError as error:
            said = f"The token in {TOKEN_SETTING} lacks {', '.join(error.scopes)}." if error.scopes else str(error)
            raise CliError(error.code, said) from error
        except (PortalBusyError, CallRefusedError) as error:
            raise CliError(error.code, f"The portal at {given.url} cannot be used: {error}") from error


def take_back_command(simulation_id: str | None, env: Mapping[str, str] = os.environ) -> str:
    """What to type to take a simulation back, with the user's own token in the place of the dots."""
    url = [f"{URL_SETTING}={shlex.quote(env[URL_SETTING])}"] if env.get(URL_SETTING) else []
    what = [simulation_id, "--yes"] if simulation_id else ["--all"]
    return " ".join([f"{TOKEN_SETTING}=...", *url, shlex.quote(_program()), "cleanup", *what])


def _program() -> str:
    """This command as it can be typed here."""
    program = Path(sys.executable).with_name("simcrm")
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)


def _shown(
    simulation_id: str, counts: Mapping[ObjectType, int], samples: Mapping[ObjectType, list[JsonObject]]
) -> JsonObject:
    every = {kind: counts.get(kind, 0) for kind in ORDER}
    return {
        "simulationId": simulation_id,
        "counts": every,
        "total": sum(every.values()),
        "samples": dict(samples),
    }
