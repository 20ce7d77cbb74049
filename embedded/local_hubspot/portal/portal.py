"""The portal: records, definitions, associations, pipelines and owners."""

from collections.abc import Iterable
from typing import Any

from local_hubspot.portal.association_links import Associations
from local_hubspot.portal.definitions import Option, PropertyDefinition, data_table, default_definitions
from local_hubspot.portal.object_types import OBJECT_TYPES, ObjectSchema
from local_hubspot.portal.portal_settings import PortalSettings
from local_hubspot.portal.records import RecordStore
from local_hubspot.portal.request_models import OptionInput

_FIRST_ID = 40_000_000_001
_INDEXED_PROPERTIES = {"contacts": ("email",), "companies": ("domain",), "products": ("hs_sku",)}


class Portal:
    """The content of one HubSpot account; :meth:`reset` empties it."""

    def __init__(self, settings: PortalSettings) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Restore the state of a new portal; the settings stay."""
        self._next_id = _FIRST_ID
        self.pipelines: dict[str, list[dict[str, Any]]] = {
            plural: list(rows) for plural, rows in data_table("pipelines").items()
        }
        self.owners: list[dict[str, Any]] = data_table("owners")
        self.associations = Associations()
        self.groups: dict[str, dict[str, dict[str, Any]]] = {
            plural: {group["name"]: _default_group(group, place) for place, group in enumerate(groups)}
            for plural, groups in data_table("property-groups").items()
        }
        self.definitions = {plural: self._definitions(plural) for plural in OBJECT_TYPES}
        self.stores = {
            plural: RecordStore(kind, _INDEXED_PROPERTIES.get(plural, ())) for plural, kind in OBJECT_TYPES.items()
        }

    def store(self, kind: ObjectSchema) -> RecordStore:
        """Return the records of an object type."""
        return self.stores[kind.plural]

    def take_id(self) -> str:
        """Return a new record id."""
        self._next_id += 1
        return str(self._next_id - 1)

    def stage_pipelines(self, kind: ObjectSchema) -> dict[str, set[str]]:
        """Return the stage ids of an object type's pipelines by pipeline id."""
        return {
            pipeline["id"]: {stage["id"] for stage in pipeline["stages"]}
            for pipeline in self.pipelines.get(kind.plural, ())
        }

    def add_pipeline(self, kind: ObjectSchema, pipeline: dict[str, Any]) -> None:
        """Add a pipeline; its id and the ids of its stages become valid values of records."""
        self.pipelines[kind.plural].append(pipeline)
        self._allow_external_values(kind.plural, self.definitions[kind.plural])

    def url(self, kind: ObjectSchema, record_id: str) -> str:
        """Return the URL of a record in HubSpot's own user interface."""
        return f"https://app.hubspot.com/contacts/{self.settings.portal_id}/record/{kind.id}/{record_id}"

    def _definitions(self, plural: str) -> dict[str, PropertyDefinition]:
        definitions = {row.name: row for row in default_definitions(plural)}
        self._allow_external_values(plural, definitions)
        return definitions

    def _allow_external_values(self, plural: str, definitions: dict[str, PropertyDefinition]) -> None:
        for name, allowed in self._external_values(plural).items():
            if name in definitions:
                definitions[name].allowed = frozenset(allowed)

    def _external_values(self, plural: str) -> dict[str, list[str]]:
        pipelines = self.pipelines.get(plural, [])
        ids = [pipeline["id"] for pipeline in pipelines]
        stages = [stage["id"] for pipeline in pipelines for stage in pipeline["stages"]]
        values = {"hubspot_owner_id": [owner["id"] for owner in self.owners], "hs_pipeline": ids}
        if plural == "deals":
            values |= {"pipeline": ids, "dealstage": stages}
        if plural == "tickets":
            values["hs_pipeline_stage"] = stages
        if plural == "calls":
            values["hs_call_disposition"] = [row["id"] for row in data_table("dispositions")]
        return values


def _default_group(group: dict[str, str], place: int) -> dict[str, Any]:
    return {"name": group["name"], "label": group["label"], "displayOrder": place, "archived": False}


def parse_options(rows: Iterable[OptionInput]) -> tuple[Option, ...]:
    """Parse options as sent by clients."""
    return tuple(
        Option(
            value=row["value"],
            label=row["label"],
            description=row.get("description") or "",
            display_order=row.get("displayOrder", place),
            hidden=row.get("hidden", False),
        )
        for place, row in enumerate(rows)
    )
