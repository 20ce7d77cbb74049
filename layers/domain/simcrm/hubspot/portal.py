"""What must be true of a portal before the first record: its kind, and SimCRM's own properties."""

from http import HTTPStatus

from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.errors import CallRefusedError, PortalRefusedError
from simcrm.hubspot.properties import GROUP, definitions
from simcrm.models.objects import ObjectType

PRODUCTION = "STANDARD"
EXISTS = "OBJECT_ALREADY_EXISTS"


def prepare_portal(client: HubSpotClient, *, allow_production: bool) -> None:
    """Refuse a production portal unless allowed, then create what is missing of SimCRM's properties.

    Safe to run twice and by two simulations at once: what exists already is left as it is.

    Raises:
        PortalRefusedError: a production portal, a bad token, or a missing scope.
    """
    account = client.get(client.paths.account())
    if account.get("accountType") == PRODUCTION and not allow_production:
        raise PortalRefusedError(
            f"Portal {account.get('portalId')} is a production portal: use a test portal, or set "
            "hubspot.allowProductionPortal to write to it all the same."
        )
    for object_type in ObjectType:
        _create_missing(client, object_type)


def _create_missing(client: HubSpotClient, object_type: ObjectType) -> None:
    path = client.paths.properties(object_type)
    present = {definition["name"] for definition in client.get(path)["results"]}
    missing = [definition for definition in definitions(object_type) if definition["name"] not in present]
    if missing:
        _create_group(client, path)
        _check(client.post(f"{path}/batch/create", {"inputs": missing}))


def _create_group(client: HubSpotClient, path: str) -> None:
    groups = client.get(f"{path}/groups")["results"]
    if any(group["name"] == GROUP["name"] for group in groups):
        return
    try:
        client.post(f"{path}/groups", GROUP)
    except CallRefusedError as error:
        # Another simulation made it between the two calls.
        if error.status != HTTPStatus.CONFLICT and error.category != EXISTS:
            raise


def _check(answer: JsonObject) -> None:
    problems = [error for error in answer.get("errors") or [] if error.get("category") != EXISTS]
    if problems:
        raise PortalRefusedError(f"The portal refuses SimCRM's properties: {problems[0].get('message')}")
