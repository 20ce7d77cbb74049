"""Domains and e-mail addresses belong to one simulation: a later one gets a variant, always the same.

Within a simulation the generator makes them unique; between simulations the cache knows who came first. Without a
cache nothing is claimed, and HubSpot's own refusal of an e-mail stands in the ledger.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import redis

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN, EMAIL
from simcrm.core import log
from simcrm.hubspot.custom_properties import SIMULATION_ID
from simcrm.models.crm_objects import ObjectType, PlannedObject


@dataclass(frozen=True, slots=True)
class Claims:
    """Who owns which domain and address of the portal."""

    cache: redis.Redis | None

    def settle(self, objects: Sequence[PlannedObject]) -> list[PlannedObject]:
        """Objects of one type with domains and addresses that no other simulation has."""
        kind = objects[0].object_type if objects else None
        if self.cache is None or kind not in {ObjectType.COMPANIES, ObjectType.CONTACTS}:
            return list(objects)
        try:
            return self._companies(objects) if kind is ObjectType.COMPANIES else self._contacts(objects)
        except redis.RedisError as error:
            reason = type(error).__name__
            log.event("CACHE_UNAVAILABLE", "domains are not claimed", level=logging.WARNING, reason=reason)
            return list(objects)

    def release(self, simulation_id: str) -> None:
        """Give up what a simulation has claimed: its records are gone."""
        if self.cache is None:
            return
        try:
            name_claims.release(self.cache, simulation_id)
        except redis.RedisError as error:
            reason = type(error).__name__
            log.event("CACHE_UNAVAILABLE", "claims expire by themselves", level=logging.WARNING, reason=reason)

    def _companies(self, objects: Sequence[PlannedObject]) -> list[PlannedObject]:
        domains = {item.properties["domain"]: _simulation(item) for item in objects if item.properties.get("domain")}
        owners = self._claim({DOMAIN + domain: simulation for domain, simulation in domains.items()})
        return [self._company(item, owners) for item in objects]

    def _company(self, item: PlannedObject, owners: dict[str, str]) -> PlannedObject:
        domain = item.properties.get("domain", "")
        if name_claims.simulation_of(owners.get(DOMAIN + domain, _simulation(item))) == _simulation(item):
            return item
        other = variant(domain, _simulation(item))
        changed = {name: item.properties[name].replace(domain, other) for name in _present(item, ("domain", "website"))}
        return replace(item, properties=item.properties | changed)

    def _contacts(self, objects: Sequence[PlannedObject]) -> list[PlannedObject]:
        """An address follows its company's domain; one at a mail provider is claimed itself."""
        addresses = {item.key: item.properties["email"] for item in objects if "@" in item.properties.get("email", "")}
        owners = self._owners({DOMAIN + address.partition("@")[2] for address in addresses.values()})
        free = [item for item in objects if item.key in addresses and DOMAIN + _domain(item) not in owners]
        owners |= self._claim({EMAIL + item.properties["email"]: _simulation(item) for item in free})
        return [self._contact(item, owners) if item.key in addresses else item for item in objects]

    def _contact(self, item: PlannedObject, owners: dict[str, str]) -> PlannedObject:
        simulation, address = _simulation(item), item.properties["email"]
        name, _, domain = address.partition("@")
        if name_claims.simulation_of(owners.get(DOMAIN + domain, simulation)) != simulation:
            address = f"{name}@{variant(domain, simulation)}"
        elif name_claims.simulation_of(owners.get(EMAIL + address, simulation)) != simulation:
            address = f"{name}.{tag(simulation)}@{domain}"
        return replace(item, properties=item.properties | {"email": address})

    def _claim(self, wanted: dict[str, str]) -> dict[str, str]:
        return {} if self.cache is None else name_claims.claim(self.cache, wanted)

    def _owners(self, keys: Iterable[str]) -> dict[str, str]:
        return {} if self.cache is None else name_claims.owners(self.cache, keys)


def tag(simulation_id: str) -> str:
    """Four letters or digits of a simulation."""
    return hashlib.sha256(simulation_id.encode()).hexdigest()[:4]


def variant(domain: str, simulation_id: str) -> str:
    """The domain that a simulation takes where another has this one."""
    stem, dot, rest = domain.partition(".")
    return f"{stem}-{tag(simulation_id)}{dot}{rest}"


def _simulation(item: PlannedObject) -> str:
    return item.properties[SIMULATION_ID]


def _domain(item: PlannedObject) -> str:
    return item.properties["email"].partition("@")[2]


def _present(item: PlannedObject, names: Iterable[str]) -> list[str]:
    return [name for name in names if item.properties.get(name)]
