"""Labels of the associations between deals and contacts: the roles of a deal's committee, where the portal has them."""

from collections.abc import Mapping
from typing import NamedTuple

from simcrm.hubspot.association_types import USER_DEFINED
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import ForbiddenError, RequestRejectedError
from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import ObjectType
from simcrm.models.role_labels import RoleLabels

CONTACTS, DEALS = ObjectType.CONTACTS, ObjectType.DEALS


class PreparedLabels(NamedTuple):
    """The labels of a portal, and why some are missing; ``scopes`` are those that the token lacks for them."""

    labels: RoleLabels
    missing_reason: str | None = None
    scopes: tuple[str, ...] = ()


def prepare_role_labels(client: HubSpotClient) -> PreparedLabels:
    """Read the portal's labels, by their texts, and create the missing ones if the portal allows it.

    Safe to run twice: labels that exist are used, whoever made them.

    Raises:
        PortalUnavailableError, PortalAccessError: the portal cannot be asked now.
    """
    labels = RoleLabels()
    try:
        labels = _read(client)
        if len(labels.from_deals) == len(CommitteeRole):
            return PreparedLabels(labels)
        return _create_missing(client, labels)
    except ForbiddenError as error:
        return PreparedLabels(labels, str(error), error.scopes)
    except RequestRejectedError as error:
        return PreparedLabels(labels, str(error))


def _create_missing(client: HubSpotClient, labels: RoleLabels) -> PreparedLabels:
    """Create labels until one is refused; those that then exist are used."""
    try:
        for role in CommitteeRole:
            if role not in labels.from_deals:
                _create(client, role)
    except ForbiddenError as error:
        return PreparedLabels(_read(client), str(error), error.scopes)
    except RequestRejectedError as error:
        return PreparedLabels(_read(client), str(error))
    return PreparedLabels(_read(client))


def _create(client: HubSpotClient, role: CommitteeRole) -> None:
    body = {"label": role.label, "name": role.value.lower()}
    client.post(client.paths.association_labels(DEALS, CONTACTS), body)


def _read(client: HubSpotClient) -> RoleLabels:
    return RoleLabels(from_deals=_type_ids(client, DEALS, CONTACTS), from_contacts=_type_ids(client, CONTACTS, DEALS))


def _type_ids(client: HubSpotClient, from_type: ObjectType, to_type: ObjectType) -> Mapping[CommitteeRole, int]:
    rows = client.get(client.paths.association_labels(from_type, to_type)).get("results") or []
    by_label = {str(row["label"]).casefold(): row["typeId"] for row in rows if row.get("category") == USER_DEFINED}
    return {role: by_label[role.label.casefold()] for role in CommitteeRole if role.label.casefold() in by_label}
