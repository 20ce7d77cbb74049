"""Find the scopes that a token lacks, before a run, with calls that change nothing."""

from collections.abc import Callable, Iterator
from functools import partial

from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.custom_properties import CRM_OBJECTS
from simcrm.hubspot.errors import PortalAccessError, RequestRejectedError

EMPTY_BATCH: dict[str, list[str]] = {"inputs": []}
"""An empty batch: HubSpot checks the scopes first, then has nothing to do."""


def require_scopes(client: HubSpotClient) -> None:
    """Check that the token has every scope a run needs.

    Raises:
        PortalAccessError: names all missing scopes at once.
    """
    missing: set[str] = set()
    for probe in _probes(client):
        try:
            probe()
        except RequestRejectedError:
            continue
        except PortalAccessError as error:
            if not error.scopes:
                raise
            missing |= set(error.scopes)
    if missing:
        scopes = tuple(sorted(missing))
        raise PortalAccessError(f"The token lacks scopes: grant {', '.join(scopes)} and start again.", scopes)


def _probes(client: HubSpotClient) -> Iterator[Callable[[], object]]:
    """Calls that reveal missing scopes; activities need the scopes of contacts."""
    paths = client.paths
    for kind in CRM_OBJECTS:
        for path in (paths.batch(kind, "read"), paths.batch(kind, "update"), f"{paths.properties(kind)}/batch/create"):
            yield partial(client.post, path, EMPTY_BATCH)
        yield partial(client.get, f"{paths.properties(kind)}/groups")
    yield partial(client.get, paths.owners())
