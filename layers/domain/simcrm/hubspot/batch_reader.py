"""Find what the portal already holds, by unique key or, if there is none, through associations."""

from collections.abc import Sequence
from urllib.parse import quote

from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.custom_properties import RECORD_KEY
from simcrm.models.crm_objects import CrmObject, ObjectType

PAGE_SIZE = 100
MAX_READ_INPUTS = 100
MAX_ASSOCIATION_INPUTS = 1_000


def split_into_chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    """Split items into parts of at most ``size``."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def read_pages(client: HubSpotClient, path: str, properties: str = "") -> list[JsonObject]:
    """All rows of a paginated list, with these properties, separated by commas."""
    rows: list[JsonObject] = []
    after: str | None = None
    names = f"&properties={properties}" if properties else ""
    while True:
        answer = client.get(f"{path}?limit={PAGE_SIZE}{names}" + (f"&after={quote(after)}" if after else ""))
        rows += answer.get("results") or []
        after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            return rows


def find_by_key(client: HubSpotClient, object_type: ObjectType, keys: Sequence[str]) -> dict[str, str]:
    """IDs of the objects that the portal holds, by record key; reads of the record store do not lag."""
    ids_by_key_so_far: dict[str, str] = {}
    for part in split_into_chunks(keys, MAX_READ_INPUTS):
        ids_by_key_so_far |= ids_by_key(_read_batch(client, object_type, part, [RECORD_KEY], RECORD_KEY))
    return ids_by_key_so_far


def read_objects(
    client: HubSpotClient, object_type: ObjectType, ids: Sequence[str], names: Sequence[str]
) -> list[JsonObject]:
    """The objects that exist among these IDs, with the given properties."""
    return [
        row
        for part in split_into_chunks(ids, MAX_READ_INPUTS)
        for row in _read_batch(client, object_type, part, names, None).get("results") or []
    ]


def find_by_associations(
    client: HubSpotClient, objects: Sequence[CrmObject], known_ids: dict[str, str]
) -> dict[str, str]:
    """IDs of activities by record key, found through the associations of their contacts, which do not lag either.

    Line items are found through their deals.
    """
    if not objects:
        return {}
    kind = objects[0].object_type
    owner = ObjectType.DEALS if kind is ObjectType.LINE_ITEMS else ObjectType.CONTACTS
    owners = {known_ids[link.to_key] for item in objects for link in item.associations if link.to_type is owner}
    linked: set[str] = set()
    for part in split_into_chunks(sorted(owners), MAX_ASSOCIATION_INPUTS):
        answer = client.post(client.paths.read_associations(owner, kind), {"inputs": [{"id": name} for name in part]})
        linked |= {str(end["toObjectId"]) for row in answer.get("results") or [] for end in row["to"]}
    rows = read_objects(client, kind, sorted(linked), [RECORD_KEY])
    keys = {item.key for item in objects}
    return {key: record_id for key, record_id in ids_by_key({"results": rows}).items() if key in keys}


def find_by_listing(client: HubSpotClient, objects: Sequence[CrmObject]) -> dict[str, str]:
    """IDs of objects of one type by record key, found among all objects of the type; only for types with few."""
    rows = read_pages(client, client.paths.objects(objects[0].object_type), RECORD_KEY) if objects else []
    keys = {item.key for item in objects}
    return {key: record_id for key, record_id in ids_by_key({"results": rows}).items() if key in keys}


def ids_by_key(answer: JsonObject) -> dict[str, str]:
    """IDs in a response's results by record key; results without a key are not SimCRM's."""
    rows = answer.get("results") or []
    return {row["properties"][RECORD_KEY]: row["id"] for row in rows if row["properties"].get(RECORD_KEY)}


def _read_batch(
    client: HubSpotClient,
    object_type: ObjectType,
    ids: Sequence[str],
    names: Sequence[str],
    id_property: str | None,
) -> JsonObject:
    body: JsonObject = {"properties": list(names), "inputs": [{"id": name} for name in ids]}
    if id_property is not None:
        body["idProperty"] = id_property
    return client.post(client.paths.batch(object_type, "read"), body)
