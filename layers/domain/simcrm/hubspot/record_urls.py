"""Where a person finds a record: its page in HubSpot, or in a local portal."""

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
}
"""What HubSpot calls its object types in addresses and answers."""


class PortalAccount(BaseModel):
    """A portal of HubSpot: its number, and where its pages are, which differs by the place of its data."""

    model_config = ConfigDict(frozen=True)

    id: int
    domain: str = UI_DOMAIN

    @classmethod
    def from_account_info(cls, account: JsonObject) -> Self | None:
        """The portal that account-info tells of; what is no domain of HubSpot's is not believed."""
        if not isinstance(account.get("portalId"), int):
            return None
        domain = str(account.get("uiDomain"))
        return cls(id=account["portalId"], domain=domain if _KNOWN_DOMAIN.fullmatch(domain) else UI_DOMAIN)


class RecordUrls(NamedTuple):
    """The pages of one portal's records; ``base_url`` is its API's, ``portal`` None where its number is not known."""

    base_url: str
    portal: PortalAccount | None

    def url_for(self, kind: ObjectType, record_id: str | None) -> str | None:
        """The page of a record; None where it is not in a portal, or nobody knows in which."""
        if record_id is None:
            return None
        if self.base_url != HUBSPOT_API_URL:
            return f"{self.base_url}/#/{kind}/{record_id}"
        if self.portal is None:
            return None
        return f"https://{self.portal.domain}/contacts/{self.portal.id}/record/{OBJECT_TYPE_IDS[kind]}/{record_id}"
