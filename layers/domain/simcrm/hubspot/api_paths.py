"""HubSpot API paths: the only place that knows how each API version spells them.

A date-based version follows the name of the API (``/crm/objects/2026-09/contacts``); older versions precede it
(``/crm/v3/objects/contacts``, associations ``v4``). Request and response bodies are the same.
https://developers.hubspot.com/docs/developer-tooling/platform/versioning
"""

import re
from dataclasses import dataclass

from simcrm.core.errors import ConfigError
from simcrm.models.crm_objects import ObjectType

_DATED = re.compile(r"\d{4}-(03|09)")


@dataclass(frozen=True, slots=True)
class ApiPaths:
    """Paths of one API version: a date such as ``2026-09``, or ``v3``."""

    version: str

    def __post_init__(self) -> None:
        if self.version != "v3" and not _DATED.fullmatch(self.version):
            raise ConfigError(f"HUBSPOT_API_VERSION is {self.version!r}; use v3 or a date such as 2026-09.")

    def objects(self, object_type: ObjectType) -> str:
        """All objects of a type, page by page."""
        return f"{self._crm('objects')}/{object_type}"

    def batch(self, object_type: ObjectType, action: str) -> str:
        """``create``, ``upsert``, ``read``, ``update`` or ``archive`` up to 100 objects."""
        return f"{self._crm('objects')}/{object_type}/batch/{action}"

    def create_associations(self, from_type: ObjectType, to_type: ObjectType) -> str:
        """Create up to 2,000 associations between two object types."""
        return f"{self._crm('associations', 'v4')}/{from_type}/{to_type}/batch/create"

    def association_labels(self, from_type: ObjectType, to_type: ObjectType) -> str:
        """The association types between two object types, custom labels among them."""
        return f"{self._crm('associations', 'v4')}/{from_type}/{to_type}/labels"

    def read_associations(self, from_type: ObjectType, to_type: ObjectType) -> str:
        """Read the associations of up to 1,000 objects."""
        return f"{self._crm('associations', 'v4')}/{from_type}/{to_type}/batch/read"

    def search(self, object_type: ObjectType) -> str:
        """Search objects by property values; the search index lags."""
        return f"{self._crm('objects')}/{object_type}/search"

    def properties(self, object_type: ObjectType) -> str:
        """The property definitions of an object type."""
        return f"{self._crm('properties')}/{object_type}"

    def pipelines(self, object_type: ObjectType) -> str:
        """The pipelines of deals or tickets."""
        return f"{self._crm('pipelines')}/{object_type}"

    def owners(self) -> str:
        """The portal's users who can own records."""
        return self._crm("owners")

    def record_limits(self) -> str:
        """How many records of each type the portal holds and may hold."""
        return f"{self._crm('limits')}/records"

    def property_limits(self) -> str:
        """How many custom properties of each type the portal has and may have."""
        return f"{self._crm('limits')}/custom-properties"

    def account(self) -> str:
        """Account details, including the type of the portal."""
        return f"/account-info/{self.version}/details"

    def exchange_rates(self) -> str:
        """The exchange rates of the currencies that were added to the portal."""
        root = "/settings/v3/currencies" if self.version == "v3" else f"/settings/currencies/{self.version}"
        return f"{root}/exchange-rates"

    def _crm(self, api: str, old: str = "v3") -> str:
        return f"/crm/{old}/{api}" if self.version == "v3" else f"/crm/{api}/{self.version}"
