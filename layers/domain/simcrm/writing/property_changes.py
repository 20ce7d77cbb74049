"""Change generated properties to what the portal accepts, and record in the ledger what was changed.

Domains and e-mail addresses stay unique across simulations: a later one gets a stable variant. Within a simulation the
generator makes them unique; across simulations the cache records which came first. Without a cache nothing is claimed,
and HubSpot's refusal of a duplicate e-mail address goes into the ledger.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import redis

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN_PREFIX, EMAIL_PREFIX
from simcrm.core.log import log_event
from simcrm.hubspot.custom_properties import SIMULATION_ID
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.storage.ledger_entries import LedgerEntry


@dataclass(frozen=True, slots=True)
class AddressClaims:
    """Tracks which simulation owns each domain and e-mail address in the portal."""

    cache: redis.Redis | None

    def claim(self, objects: Sequence[CrmObject]) -> list[CrmObject]:
        """Return objects of one type, with variants of the domains and addresses that another simulation owns."""
        kind = objects[0].object_type if objects else None
        if self.cache is None or kind not in {ObjectType.COMPANIES, ObjectType.CONTACTS}:
            return list(objects)
        try:
            return self._claim_companies(objects) if kind is ObjectType.COMPANIES else self._claim_contacts(objects)
        except redis.RedisError as error:
            reason = type(error).__name__
            log_event("CACHE_UNAVAILABLE", "domains are not claimed", level=logging.WARNING, reason=reason)
            return list(objects)

    def release(self, simulation_id: str) -> None:
        """Release a simulation's claims after its records are gone."""
        if self.cache is None:
            return
        try:
            name_claims.release(self.cache, simulation_id)
        except redis.RedisError as error:
            reason = type(error).__name__
            log_event("CACHE_UNAVAILABLE", "claims expire by themselves", level=logging.WARNING, reason=reason)

    def _claim_companies(self, objects: Sequence[CrmObject]) -> list[CrmObject]:
        domains = {item.properties["domain"]: _simulation_id(item) for item in objects if item.properties.get("domain")}
        owners = self._claim_keys({DOMAIN_PREFIX + domain: simulation for domain, simulation in domains.items()})
        return [self._with_claimed_domain(item, owners) for item in objects]

    def _with_claimed_domain(self, item: CrmObject, owners: dict[str, str]) -> CrmObject:
        domain = item.properties.get("domain", "")
        if name_claims.simulation_id_from_owner(
            owners.get(DOMAIN_PREFIX + domain, _simulation_id(item))
        ) == _simulation_id(item):
            return item
        other = suffixed_domain(domain, _simulation_id(item))
        changed = {
            name: item.properties[name].replace(domain, other) for name in _existing_values(item, ("domain", "website"))
        }
        return replace(item, properties=item.properties | changed)

    def _claim_contacts(self, objects: Sequence[CrmObject]) -> list[CrmObject]:
        """Adapt addresses to their company's domain; claim addresses at mail providers individually."""
        addresses = {item.key: item.properties["email"] for item in objects if "@" in item.properties.get("email", "")}
        owners = self._owners({DOMAIN_PREFIX + address.partition("@")[2] for address in addresses.values()})
        free = [item for item in objects if item.key in addresses and DOMAIN_PREFIX + _domain(item) not in owners]
        owners |= self._claim_keys({EMAIL_PREFIX + item.properties["email"]: _simulation_id(item) for item in free})
        return [self._with_claimed_address(item, owners) if item.key in addresses else item for item in objects]

    def _with_claimed_address(self, item: CrmObject, owners: dict[str, str]) -> CrmObject:
        simulation, address = _simulation_id(item), item.properties["email"]
        name, _, domain = address.partition("@")
        if name_claims.simulation_id_from_owner(owners.get(DOMAIN_PREFIX + domain, simulation)) != simulation:
            address = f"{name}@{suffixed_domain(domain, simulation)}"
        elif name_claims.simulation_id_from_owner(owners.get(EMAIL_PREFIX + address, simulation)) != simulation:
            address = f"{name}.{simulation_suffix(simulation)}@{domain}"
        return replace(item, properties=item.properties | {"email": address})

    def _claim_keys(self, owner_by_key: dict[str, str]) -> dict[str, str]:
        return {} if self.cache is None else name_claims.claim(self.cache, owner_by_key)

    def _owners(self, keys: Iterable[str]) -> dict[str, str]:
        return {} if self.cache is None else name_claims.owners(self.cache, keys)


NO_ADDRESS_CLAIMS = AddressClaims(None)


@dataclass(frozen=True, slots=True)
class PropertyChanges:
    """Changes objects before they are sent: first addresses that others own, then values that the portal refuses.

    Without a validator, values are sent as they are.
    """

    validator: Validator | None = None
    address_claims: AddressClaims = NO_ADDRESS_CLAIMS

    def apply(self, objects: Sequence[CrmObject]) -> tuple[list[CrmObject], dict[str, str]]:
        """Return objects of one type as they are to be sent, and by key why the others cannot be written.

        Raises:
            MissingPropertiesError: the portal has lost the properties that identify records.
        """
        claimed = self.address_claims.claim(objects)
        return (claimed, {}) if self.validator is None or not claimed else self.validator.check(claimed)

    def report(self) -> None:
        """Log one line for each kind of adjustment since the last report."""
        if self.validator is not None:
            self.validator.report()


def record_changes(entry: LedgerEntry, generated: CrmObject, sent: CrmObject | None) -> LedgerEntry:
    """Return the entry with the properties that were sent with other values than generated.

    ``LedgerEntry.apply_changes`` restores what was sent from what was generated.
    """
    if sent is None or sent.properties == generated.properties:
        return entry
    before, after = generated.properties, sent.properties
    changed = {name: after.get(name) for name in before | after if before.get(name) != after.get(name)}
    return entry.model_copy(update={"changed": changed})


def simulation_suffix(simulation_id: str) -> str:
    """Four hexadecimal digits derived from the simulation ID."""
    return hashlib.sha256(simulation_id.encode()).hexdigest()[:4]


def suffixed_domain(domain: str, simulation_id: str) -> str:
    """The variant that a simulation uses if another one owns the domain."""
    stem, dot, rest = domain.partition(".")
    return f"{stem}-{simulation_suffix(simulation_id)}{dot}{rest}"


def _simulation_id(item: CrmObject) -> str:
    return item.properties[SIMULATION_ID]


def _domain(item: CrmObject) -> str:
    return item.properties["email"].partition("@")[2]


def _existing_values(item: CrmObject, names: Iterable[str]) -> list[str]:
    return [name for name in names if item.properties.get(name)]
