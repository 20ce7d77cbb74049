"""Merging two records of one type, as people do with duplicates of a person or company."""

from local_hubspot.portal.errors import validation_error
from local_hubspot.portal.object_types import ObjectSchema
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record

MERGED_IDS = "hs_merged_object_ids"


def merge(portal: Portal, kind: ObjectSchema, primary: Record, other: Record, now: int) -> None:
    """Give ``primary`` the associations and missing values of ``other``, and delete ``other``.

    Raises :class:`HubSpotError` if both are the same record, or the type cannot be merged.
    """
    if primary is other:
        raise validation_error("An object cannot be merged with itself.")
    if MERGED_IDS not in portal.definitions[kind.plural]:
        raise validation_error(f"Objects of type {kind.upper} cannot be merged.")
    taken = {name: value for name, value in other.properties.items() if not primary.properties.get(name)}
    known = [record.properties.get(MERGED_IDS, "") for record in (primary, other)]
    taken[MERGED_IDS] = ";".join([*filter(None, known), other.id])
    _take_links(portal, primary, other)
    portal.associations.forget(other.id, kind.plural)
    store = portal.store(kind)
    store.purge(other, now)  # this frees its unique values
    store.change(primary, taken, now, keep_seen=portal.settings.search_lag_seconds > 0)


def _take_links(portal: Portal, primary: Record, other: Record) -> None:
    links = [
        (to_id, type_id)
        for target in portal.associations.linked_types(other.id)
        for to_id, type_ids in portal.associations.links_from(other.id, target).items()
        for type_id in type_ids
    ]
    for to_id, type_id in links:
        if to_id != primary.id:
            portal.associations.link(primary.id, to_id, portal.associations.type_of(type_id))
