"""Find SimCRM's records in a portal by the property that each of them carries; no ledger is needed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from simcrm.hubspot.batch_reader import MAX_ASSOCIATION_INPUTS, split_into_chunks
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.custom_properties import RECORD_KEY, SIMULATION_ID
from simcrm.hubspot.errors import ForbiddenError
from simcrm.models.crm_objects import ACTIVITY_TYPES, OPTIONAL_TYPES, ObjectType

PAGE_SIZE = 200

ASSOCIATED_TYPES = tuple(kind for kind in reversed(ACTIVITY_TYPES) if kind is not ObjectType.LINE_ITEMS)
"""Objects associated with contacts and companies, in the order in which they are archived."""


class TaggedRecords:
    """The records of one portal that carry a simulation's id.

    The search index lags behind the records by seconds; ``associated_with`` reads the records themselves.
    """

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self.has_tag = cache(self._defines_tag)

    def pages(self, kind: ObjectType, simulation_id: str | None = None) -> Iterator[list[JsonObject]]:
        """Yield pages of records of one type, of one or all simulations, in the order of their ids.

        Each page starts after the last id of the previous one: HubSpot returns at most 10,000 results per search, and
        paging by offset would skip records that move up as others are archived.
        """
        last = "0"
        while self.has_tag(kind):
            rows = self._search(kind, simulation_id, last)
            if not rows:
                return
            yield rows
            last = max((str(row["id"]) for row in rows), key=int)

    def count(self, report: Callable[[int], None] = lambda _found: None) -> dict[str, Counter[ObjectType]]:
        """Count each simulation's records by type; ``report`` receives the number found so far."""
        counts_by_simulation: dict[str, Counter[ObjectType]] = {}
        for kind in ObjectType:
            for rows in self.pages(kind):
                for row in rows:
                    counts_by_simulation.setdefault(row["properties"][SIMULATION_ID], Counter())[kind] += 1
                report(sum(counts.total() for counts in counts_by_simulation.values()))
        return dict(sorted(counts_by_simulation.items()))

    def associated_with(self, owner: ObjectType, ids: Sequence[str], kind: ObjectType) -> list[str]:
        """Return the ids of all records of a type associated with some contacts or companies, whoever created them."""
        path, linked = self._client.paths.read_associations(owner, kind), set()
        for part in split_into_chunks(ids, MAX_ASSOCIATION_INPUTS):
            answer = self._client.post(path, {"inputs": [{"id": number} for number in part]})
            linked |= {str(end["toObjectId"]) for row in answer.get("results") or [] for end in row["to"]}
        return sorted(linked, key=int)

    def _search(self, kind: ObjectType, simulation_id: str | None, after: str) -> list[JsonObject]:
        tag: JsonObject = {"propertyName": SIMULATION_ID, "operator": "HAS_PROPERTY"}
        if simulation_id is not None:
            tag |= {"operator": "EQ", "value": simulation_id}
        behind = {"propertyName": "hs_object_id", "operator": "GT", "value": after}
        body = {
            "filterGroups": [{"filters": [tag, behind]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [SIMULATION_ID, RECORD_KEY],
            "limit": PAGE_SIZE,
        }
        rows: list[JsonObject] = self._client.post(self._client.paths.search(kind), body).get("results") or []
        return rows

    def _defines_tag(self, kind: ObjectType) -> bool:
        """Whether records of a type can carry the id; HubSpot rejects a search for an undefined property.

        Of an optional type that the token may not read, no run with this token has written any.
        """
        try:
            definitions = self._client.get(self._client.paths.properties(kind)).get("results") or []
        except ForbiddenError:
            if kind not in OPTIONAL_TYPES:
                raise
            return False
        return any(definition["name"] == SIMULATION_ID for definition in definitions)
