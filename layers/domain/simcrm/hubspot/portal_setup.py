"""Check a portal before the first record: its type, the token's scopes and SimCRM's own properties."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from simcrm.core.log import log_event
from simcrm.core.redaction import redact_and_truncate
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.custom_properties import (
    CRM_OBJECTS,
    GROUP,
    KEY_PROPERTIES,
    RECORD_KEY,
    definition_mismatch,
    definitions,
)
from simcrm.hubspot.errors import MissingPropertiesError, PortalAccessError, RequestRejectedError
from simcrm.hubspot.portal_currencies import read_currencies
from simcrm.hubspot.record_limits import require_property_capacity
from simcrm.hubspot.record_urls import PortalAccount
from simcrm.hubspot.token_scopes import find_omitted_types, require_scopes
from simcrm.models.crm_objects import ObjectType
from simcrm.models.run_currency import PortalCurrencies

PRODUCTION = "STANDARD"
ALREADY_EXISTS = "OBJECT_ALREADY_EXISTS"


@dataclass(frozen=True, slots=True)
class PreparedPortal:
    """A portal that is ready for a run; ``account`` is None if the portal did not identify itself.

    ``omitted_types`` cannot be written; their values are the scopes that the token lacks for them. ``currencies`` is
    None if the portal did not name its home currency.
    """

    account: PortalAccount | None
    omitted_types: Mapping[ObjectType, tuple[str, ...]] = field(default_factory=dict)
    currencies: PortalCurrencies | None = None


def prepare_portal(client: HubSpotClient, *, allow_production: bool) -> PreparedPortal:
    """Refuse a portal that cannot be used, then create SimCRM's missing properties.

    Safe to run twice and for two simulations at once: what already exists is left as it is.

    Raises:
        PortalAccessError: a production portal that is not allowed, an invalid token, a missing scope, an incompatible
            property with one of SimCRM's names, no room for properties, or anything else that HubSpot refuses.
    """
    with during_preparation("reads the type of portal"):
        account = client.get(client.paths.account())
    if account.get("accountType") == PRODUCTION and not allow_production:
        raise PortalAccessError(
            f"Portal {account.get('portalId')} is a production portal: use a test portal, or set "
            "hubspot.allowProductionPortal to write to it anyway."
        )
    require_scopes(client)
    omitted = find_omitted_types(client)
    missing = {kind: missing_properties(client, kind) for kind in ObjectType if kind not in omitted}
    require_property_capacity(client, {kind: len(rows) for kind, rows in missing.items()})
    for kind, rows in missing.items():
        if rows:
            _create(client, kind, rows)
    return PreparedPortal(PortalAccount.from_account_info(account), omitted, read_currencies(client, account))


@contextmanager
def during_preparation(what: str) -> Iterator[None]:
    """Turn HubSpot's refusal of a call before a run into an error of the portal; ``what`` describes the call.

    Raises:
        PortalAccessError: says what was refused, in HubSpot's words.
    """
    try:
        yield
    except RequestRejectedError as error:
        raise PortalAccessError(
            f"HubSpot refuses the call that {what} ({error}): fix it in the portal's settings."
        ) from error


def require_custom_properties(client: HubSpotClient, kind: ObjectType) -> None:
    """Check whether records are refused because SimCRM's properties have changed.

    Raises:
        MissingPropertiesError: the properties that identify records no longer exist.
        PortalAccessError: other properties have their names.
    """
    lost = [row["name"] for row in missing_properties(client, kind)]
    if not KEY_PROPERTIES.isdisjoint(lost):
        raise missing_properties_error(kind, lost)


def missing_properties_error(kind: ObjectType, lost: list[str]) -> MissingPropertiesError:
    """The error for SimCRM properties that no longer exist."""
    return MissingPropertiesError(
        f"The portal has lost SimCRM's properties of {kind.label} ({', '.join(lost)}): they are recreated when the "
        "simulation is resumed."
    )


def missing_properties(client: HubSpotClient, kind: ObjectType) -> list[JsonObject]:
    """SimCRM's properties that the portal does not have.

    Raises:
        PortalAccessError: a property with one of SimCRM's names cannot be used; the message says what to do about it.
    """
    with during_preparation(f"lists the properties of {kind.label}"):
        rows = client.get(client.paths.properties(kind))["results"]
    present, expected = {row["name"]: row for row in rows}, definitions(kind)
    wrong = {
        own["name"]: problem
        for own in expected
        if own["name"] in present and (problem := definition_mismatch(kind, own, present[own["name"]])) is not None
    }
    if wrong:
        description = "; ".join(f"{name} {problem}" for name, problem in wrong.items())
        raise PortalAccessError(
            f"SimCRM cannot use the portal's properties of {kind.label}: {description}. HubSpot does not allow this to "
            f"be changed: delete {' and '.join(wrong)} of {kind.label} in the portal's settings, and SimCRM will "
            "create its own."
        )
    return [own for own in expected if own["name"] not in present]


def _create(client: HubSpotClient, kind: ObjectType, missing: list[JsonObject]) -> None:
    path = client.paths.properties(kind)
    with during_preparation(f"creates the group SimCRM for {kind.label}"):
        _create_group(client, path)
    with during_preparation(f"creates SimCRM's properties for {kind.label}"):
        key = next((row for row in missing if row["name"] == RECORD_KEY), None)
        if key is not None and kind not in CRM_OBJECTS:
            _create_key(client, path, key)
            missing = [row for row in missing if row is not key]
        if missing:
            _create_properties(client, path, missing)
    if lost := missing_properties(client, kind):
        raise PortalAccessError(
            f"The portal has not created {lost[0]['name']} of {kind.label} yet: try again in a minute."
        )


def _create_key(client: HubSpotClient, path: str, key: JsonObject) -> None:
    """Create the key as unique if the type supports it, otherwise as plain; the definition records which."""
    try:
        _create_properties(client, path, [key])
    except RequestRejectedError as error:
        log_event("ACTIVITY_KEY_PLAIN", "no unique key on this activity", level=logging.WARNING, reason=str(error))
        _create_properties(client, path, [key | {"hasUniqueValue": False}])


def _create_group(client: HubSpotClient, path: str) -> None:
    groups = client.get(f"{path}/groups")["results"]
    if any(group["name"] == GROUP["name"] for group in groups):
        return
    try:
        client.post(f"{path}/groups", GROUP)
    except RequestRejectedError as error:
        # Another simulation created it between the two calls.
        if error.status != HTTPStatus.CONFLICT and error.category != ALREADY_EXISTS:
            raise


def _create_properties(client: HubSpotClient, path: str, rows: list[JsonObject]) -> None:
    """Create properties; ignore those that another simulation has just created."""
    answer = client.post(f"{path}/batch/create", {"inputs": rows})
    for error in answer.get("errors") or []:
        if error.get("category") != ALREADY_EXISTS:
            message = redact_and_truncate(str(error.get("message")))
            raise RequestRejectedError(HTTPStatus.MULTI_STATUS, str(error.get("category")), message)
