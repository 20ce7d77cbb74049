"""Turn a simulation's rows into objects to write: add keys, owners and pipelines, and leave the text unchanged."""

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.custom_properties import RECORD_KEY, SIMULATION_ID
from simcrm.models.crm_objects import Association, CrmObject, ObjectType, Properties, RecordKey
from simcrm.planning.plan_document import SimulationPlan
from simcrm.storage import file_names

OWNED_TYPES = {ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.DEALS, ObjectType.TICKETS, ObjectType.TASKS}


def build_objects(plan: SimulationPlan, step: str, rows: list[JsonObject]) -> list[CrmObject]:
    """The objects of a step; a company shared by several records appears once."""
    make = _build_pair if step == file_names.CONTACTS_STEP else _build_activity
    by_key = {item.key: item for row in rows for item in make(plan, row)}
    return list(by_key.values())


def _build_pair(plan: SimulationPlan, row: JsonObject) -> list[CrmObject]:
    company = RecordKey(plan.simulation_id, ObjectType.COMPANIES, row["companyIndex"])
    contact = RecordKey(plan.simulation_id, ObjectType.CONTACTS, row["index"])
    works_at = (Association(ObjectType.COMPANIES, str(company)),)
    return [_build_object(plan, company, row["company"], ()), _build_object(plan, contact, row["contact"], works_at)]


def _build_activity(plan: SimulationPlan, row: JsonObject) -> list[CrmObject]:
    if row["type"] == ObjectType.CONTACTS:
        contact = RecordKey(plan.simulation_id, ObjectType.CONTACTS, row["index"])
        # HubSpot returns the properties it was sent, and results are matched by record key.
        changed = row["properties"] | {RECORD_KEY: str(contact)}
        return [CrmObject(str(contact), ObjectType.CONTACTS, changed, is_update=True)]
    key = RecordKey(plan.simulation_id, ObjectType(row["type"]), row["index"], row["ordinal"])
    related = [
        RecordKey(plan.simulation_id, ObjectType.CONTACTS, row["index"]),
        RecordKey(plan.simulation_id, ObjectType.COMPANIES, row["companyIndex"]),
    ]
    if row["dealOrdinal"] is not None and key.object_type is not ObjectType.DEALS:
        related.append(RecordKey(plan.simulation_id, ObjectType.DEALS, row["index"], row["dealOrdinal"]))
    links = tuple(Association(other.object_type, str(other)) for other in related)
    return [_build_object(plan, key, row["properties"], links)]


def _build_object(
    plan: SimulationPlan, key: RecordKey, properties: Properties, associations: tuple[Association, ...]
) -> CrmObject:
    added = {RECORD_KEY: str(key), SIMULATION_ID: plan.simulation_id}
    if plan.owner_ids and key.object_type in OWNED_TYPES:
        added["hubspot_owner_id"] = plan.owner_ids[key.index % len(plan.owner_ids)]
    if key.object_type is ObjectType.DEALS:
        added["pipeline"] = plan.pipeline.id
    return CrmObject(str(key), key.object_type, properties | added, associations)
