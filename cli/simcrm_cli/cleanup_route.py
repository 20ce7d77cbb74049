"""Choose who cleans up a simulation: the stack that knows it, so that its ledger is updated, otherwise the portal."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simcrm_cli.api import ApiClient
from simcrm_cli.errors import ApiRequestError, ApiUnreachableError, CliError, StillRunningError
from simcrm_cli.external_portal import UserPortal
from simcrm_embedded.local_portal import TOKEN_SETTING

POLL_SECONDS = 2.0
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CleanupTarget:
    """A stack, a portal, or both; ``is_left_over`` if the stack is recorded on this machine but may be dead."""

    api: ApiClient | None
    portal: UserPortal | None
    is_left_over: bool = False

    def preview(self, simulation_id: str) -> Document:
        """Return what would be archived."""
        portal = self._portal_for(simulation_id)
        if portal is None:
            return self._api.clean_up(simulation_id, dry_run=True)
        return _portal_document(portal.preview(simulation_id), dry_run=True)

    def clean_up(self, simulation_id: str, timeout: float) -> Document:
        """Archive the records and wait for the clean-up to finish.

        Raises:
            StillRunningError: ``timeout`` seconds have passed.
        """
        portal = self._portal_for(simulation_id)
        if portal is not None:
            shown = _portal_document(portal.preview(simulation_id), dry_run=False)
            return shown | portal.clean_up(simulation_id, timeout)
        document = self._api.clean_up(simulation_id, dry_run=False)
        if "job" not in document:  # already cleaned up
            return document
        followed = _poll_until_done(self._api, simulation_id, document["job"], timeout)
        return document | {"takenBack": True, "cleanup": followed}

    @property
    def _api(self) -> ApiClient:
        if self.api is None:
            raise CliError("NO_STACK", f"No stack is running: set {TOKEN_SETTING} to use the portal directly.")
        return self.api

    def _portal_for(self, simulation_id: str) -> UserPortal | None:
        """Return the portal if no stack knows the simulation, otherwise None."""
        if self.portal is None or self.api is None:
            return self.portal
        try:
            self.api.get_simulation(simulation_id)
        except ApiRequestError as error:
            if error.code != "NOT_FOUND":
                raise
        except ApiUnreachableError:
            if not self.is_left_over:
                raise
        else:
            return None
        return self.portal


def _portal_document(cleanup: Mapping[str, Any], *, dry_run: bool) -> Document:
    return {"ok": True, **cleanup, "dryRun": dry_run, "takenBack": False}


def _poll_until_done(api: ApiClient, simulation_id: str, job: str, timeout: float) -> Document:
    """Return the result of this clean-up, ignoring the result of an earlier one."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        progress: Document = api.get_simulation(simulation_id).get("cleanup") or {}
        if progress.get("done") and progress["job"] >= job:
            return progress
    raise StillRunningError(simulation_id, timeout)
