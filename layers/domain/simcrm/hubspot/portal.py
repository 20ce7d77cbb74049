"""What must be true of a portal before the first record: its kind, the token's scopes, SimCRM's own properties."""

import logging
from http import HTTPStatus

from simcrm import log
from simcrm.hubspot.addresses import Portal
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.errors import CallRefusedError, PortalRefusedError
from simcrm.hubspot.properties import CRM_OBJECTS, GROUP, RECORD_KEY, definitions
from simcrm.hubspot.scopes import require_scopes
from simcrm.models.objects import ObjectType

PRODUCTION = "STANDARD"
EXISTS = "OBJECT_ALREADY_EXISTS"


def prepare_portal(client: HubSpotClient, *, allow_production: bool) -> Portal | None:
    """Refuse a production portal unless allowed, then create what is missing of SimCRM's properties.

    Safe to run twice and by two simulations at once: what exists already is left as it is. Answers which portal it is.

    Raises:
        PortalRefusedError: a production portal, a bad token, or a missing scope.
    """
    account = client.get(client.paths.account())
    if account.get("accountType") == PRODUCTION and not allow_production:
        raise PortalRefusedError(
            f"Portal {account.get('portalId')} is a production portal: use a test portal, or set "
            "hubspot.allowProductionPortal to write to it all the same."
        )
    require_scopes(client)
    for object_type in ObjectType:
        _create_missing(client, object_type)
    return Portal.of(account)


def _create_missing(client: HubSpotClient, object_type: ObjectType) -> None:
    path = client.paths.properties(object_type)
    missing = _missing(client, object_type)
    if not missing:
        return
    _create_group(client, path)
    key = next((row for row in missing if row["name"] == RECORD_KEY), None)
    if key is not None and object_type not in CRM_OBJECTS:
        _create_key(client, path, key)
        missing = [row for row in missing if row is not key]
    if missing:
        _check(client.post(f"{path}/batch/create", {"inputs": missing}))
    if lost := _missing(client, object_type):
        raise PortalRefusedError(f"The portal has not made {lost[0]['name']} on {object_type}: start again.")


def _missing(client: HubSpotClient, object_type: ObjectType) -> list[JsonObject]:
    present = {definition["name"] for definition in client.get(client.paths.properties(object_type))["results"]}
    return [definition for definition in definitions(object_type) if definition["name"] not in present]


def _create_key(client: HubSpotClient, path: str, key: JsonObject) -> None:
    """Unique where activities take a unique property, else plain; the definition itself remembers which."""
    try:
        _check(client.post(f"{path}/batch/create", {"inputs": [key]}))
    except (CallRefusedError, PortalRefusedError) as error:
        if isinstance(error, PortalRefusedError) and error.scopes:
            raise
        log.event("ACTIVITY_KEY_PLAIN", "no unique key on this activity", level=logging.WARNING, reason=str(error))
        _check(client.post(f"{path}/batch/create", {"inputs": [key | {"hasUniqueValue": False}]}))


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
