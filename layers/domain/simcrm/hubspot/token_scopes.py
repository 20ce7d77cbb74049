"""Find the scopes that a token lacks, before a run, with calls that change nothing."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.custom_properties import CRM_OBJECTS
from simcrm.hubspot.errors import ForbiddenError, PortalAccessError, RequestRejectedError
from simcrm.models.crm_objects import OPTIONAL_TYPES, ObjectType

EMPTY_BATCH: dict[str, list[str]] = {"inputs": []}
"""An empty batch: HubSpot checks the scopes first, then has nothing to do."""

Probe = Callable[[], object]


def require_scopes(client: HubSpotClient) -> None:
    """Check that the token has every scope that each run needs.

    Raises:
        PortalAccessError: names all missing scopes at once.
    """
    probes = [probe for kind in CRM_OBJECTS for probe in _probes(client, kind)]
    scopes = _missing_scopes([*probes, partial(client.get, client.paths.owners())])
    if scopes:
        raise PortalAccessError(f"The token lacks scopes: grant {', '.join(scopes)} and start again.", scopes)


def find_omitted_types(client: HubSpotClient) -> dict[ObjectType, tuple[str, ...]]:
    """The optional types that the token may not read, write or extend, with the scopes that it lacks for them.

    The scopes are empty if the portal forbids a call and names none.
    """
    omitted: dict[ObjectType, tuple[str, ...]] = {}
    for kind in OPTIONAL_TYPES:
        try:
            scopes = _missing_scopes(_probes(client, kind))
        except ForbiddenError as error:
            omitted[kind] = error.scopes
            continue
        if scopes:
            omitted[kind] = scopes
    return omitted


def _missing_scopes(probes: Iterable[Probe]) -> tuple[str, ...]:
    missing: set[str] = set()
    for probe in probes:
        try:
            probe()
        except RequestRejectedError:
            continue
        except PortalAccessError as error:
            if not error.scopes:
                raise
            missing |= set(error.scopes)
    return tuple(sorted(missing))


def _probes(client: HubSpotClient, kind: ObjectType) -> Iterator[Probe]:
    """Calls that reveal missing scopes; notes, calls, tasks and meetings need those of contacts."""
    paths = client.paths
    for path in (paths.batch(kind, "read"), paths.batch(kind, "update"), f"{paths.properties(kind)}/batch/create"):
        yield partial(client.post, path, EMPTY_BATCH)
    yield partial(client.get, f"{paths.properties(kind)}/groups")
