"""Where users find a record: its page in HubSpot or in a local portal."""

import re
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType

HUBSPOT_API_URL = "https://api.hubapi.com"
UI_DOMAIN = "app.hubspot.com"
_KNOWN_DOMAIN = re.compile(r"app(-[a-z]{2}\d)?\.hubspot\.com")
OBJECT_TYPE_IDS = {
    ObjectType.CONTACTS: "0-1",
    ObjectType.COMPANIES: "0-2",
    ObjectType.DEALS: "0-3",
    ObjectType.TICKETS: "0-5",
    ObjectType.TASKS: "0-27",
    ObjectType.NOTES: "0-46",
    ObjectType.CALLS: "0-48",
    ObjectType.PRODUCTS: "0-7",
    ObjectType.LINE_ITEMS: "0-8",
    ObjectType.MEETINGS: "0-47",
    ObjectType.EMAILS: "0-49",
}
"""HubSpot's IDs of its object types in URLs and responses."""


class PortalAccount(BaseModel):
    """A HubSpot portal: its ID, and the domain of its pages, which depends on where its data is hosted."""

    model_config = ConfigDict(frozen=True)

    id: int
    domain: str = UI_DOMAIN

    @classmethod
    def from_account_info(cls, account: JsonObject) -> Self | None:
        """The portal that account-info describes; a domain that is not HubSpot's is ignored."""
        if not isinstance(account.get("portalId"), int):
            return None
        domain = str(account.get("uiDomain"))
        return cls(id=account["portalId"], domain=domain if _KNOWN_DOMAIN.fullmatch(domain) else UI_DOMAIN)


class RecordUrls(NamedTuple):
    """The pages of one portal's records; ``base_url`` is its API's, ``portal`` is None if its ID is unknown."""

    base_url: str
    portal: PortalAccount | None

    def url_for(self, kind: ObjectType, record_id: str | None) -> str | None:
        """The page of a record; None if the record is not in a portal, or its portal is unknown."""
        if record_id is None:
            return None
        if self.base_url != HUBSPOT_API_URL:
            return f"{self.base_url}/#/{kind}/{record_id}"
        if self.portal is None:
            return None
        return f"https://{self.portal.domain}/contacts/{self.portal.id}/record/{OBJECT_TYPE_IDS[kind]}/{record_id}"
