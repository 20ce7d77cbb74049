"""Change generated properties to what the portal accepts.

Domains and e-mail addresses stay unique across simulations: a later one gets a stable variant. Within a simulation the
generator makes them unique; across simulations the cache records which came first. Without a cache nothing is claimed,
and HubSpot's refusal of a duplicate e-mail address goes into the ledger.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN_PREFIX, EMAIL_PREFIX
from simcrm.cache.resilient_cache import CacheWithFallback, OutagePolicy, RedisClient
from simcrm.hubspot.custom_properties import SIMULATION_ID
from simcrm.hubspot.validation.validator import Validator
from simcrm.hubspot.validation.value_comparison import is_same_value
from simcrm.models.crm_objects import CrmObject, ObjectType

NOT_CLAIMED = OutagePolicy("domains are not claimed")
NOT_RELEASED = OutagePolicy("claims expire by themselves")


@dataclass(frozen=True, slots=True)
class AddressClaims:
    """Tracks which simulation owns each domain and e-mail address in the portal."""

    cache: RedisClient | None

    def claim(self, objects: Sequence[CrmObject]) -> list[CrmObject]:
        """Return objects of one type, with variants of the domains and addresses that another simulation owns."""
        claim = CLAIM_BY_TYPE.get(objects[0].object_type) if objects else None
        if claim is None:
            return list(objects)
        return CacheWithFallback(self.cache, NOT_CLAIMED).call(
            lambda client: claim(client, objects), lambda: list(objects)
        )

    def release(self, simulation_id: str) -> None:
        """Release a simulation's claims after its records are gone."""
        CacheWithFallback(self.cache, NOT_RELEASED).call(
            lambda client: name_claims.release(client, simulation_id), lambda: None
        )


def _claim_companies(client: RedisClient, objects: Sequence[CrmObject]) -> list[CrmObject]:
    domains = {item.properties["domain"]: _simulation_id(item) for item in objects if item.properties.get("domain")}
    owners = name_claims.claim(client, {DOMAIN_PREFIX + domain: simulation for domain, simulation in domains.items()})
    return [_with_claimed_domain(item, owners) for item in objects]


def _with_claimed_domain(item: CrmObject, owners: dict[str, str]) -> CrmObject:
    simulation, domain = _simulation_id(item), item.properties.get("domain", "")
    if name_claims.simulation_id_from_owner(owners.get(DOMAIN_PREFIX + domain, simulation)) == simulation:
        return item
    other = suffixed_domain(domain, simulation)
    changed = {
        name: item.properties[name].replace(domain, other) for name in _existing_values(item, ("domain", "website"))
    }
    return replace(item, properties=item.properties | changed)


def _claim_contacts(client: RedisClient, objects: Sequence[CrmObject]) -> list[CrmObject]:
    """Adapt addresses to their company's domain; claim addresses at mail providers individually."""
    addresses = {item.key: item.properties["email"] for item in objects if "@" in item.properties.get("email", "")}
    owners = name_claims.owners(client, {DOMAIN_PREFIX + address.partition("@")[2] for address in addresses.values()})
    free = [item for item in objects if item.key in addresses and DOMAIN_PREFIX + _domain(item) not in owners]
    owners |= name_claims.claim(
        client, {EMAIL_PREFIX + item.properties["email"]: _simulation_id(item) for item in free}
    )
    return [_with_claimed_address(item, owners) if item.key in addresses else item for item in objects]


def _with_claimed_address(item: CrmObject, owners: dict[str, str]) -> CrmObject:
    simulation, address = _simulation_id(item), item.properties["email"]
    name, _, domain = address.partition("@")
    if name_claims.simulation_id_from_owner(owners.get(DOMAIN_PREFIX + domain, simulation)) != simulation:
        address = f"{name}@{suffixed_domain(domain, simulation)}"
    elif name_claims.simulation_id_from_owner(owners.get(EMAIL_PREFIX + address, simulation)) != simulation:
        address = f"{name}.{simulation_suffix(simulation)}@{domain}"
    return replace(item, properties=item.properties | {"email": address})


CLAIM_BY_TYPE: Mapping[ObjectType, Callable[[RedisClient, Sequence[CrmObject]], list[CrmObject]]] = {
    ObjectType.COMPANIES: _claim_companies,
    ObjectType.CONTACTS: _claim_contacts,
}


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

    def is_same(self, kind: ObjectType, name: str, one: str, other: str) -> bool:
        """Whether two texts are the same value of a property, however it is written."""
        rules = None if self.validator is None else self.validator.definitions.rules_for(kind)
        return is_same_value(None if rules is None else rules.properties.get(name), one, other)

    def report(self) -> None:
        """Log one line for each kind of adjustment since the last report."""
        if self.validator is not None:
            self.validator.report()


def simulation_suffix(simulation_id: str, digits: int = 4) -> str:
    """Hexadecimal digits derived from the simulation ID."""
    return hashlib.sha256(simulation_id.encode()).hexdigest()[:digits]


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
