"""Turn a simulation's rows into objects to write: add keys, owners and pipelines, and leave the text unchanged.

A row of an activity names its record (``index``, ``companyIndex``), ``type`` and ``ordinal``. It may also have
``contacts`` (indexes of all its contacts, its record first), ``deals`` (pairs of index and ordinal; or ``dealOrdinal``
for a deal of its record), ``reference`` (properties that hold the ID of a product, by the product's number) and
``ownerId``. ``isChange`` marks the changes to an object written before, with the values that they replace
(``previous``), and ``isNew`` a contact that joins later. ``roles`` are those of a deal's contacts, or of a new contact
in its deals, in the same order; rows of earlier versions have none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.association_types import TYPE_IDS
from simcrm.hubspot.custom_properties import RECORD_KEY, SIMULATION_ID
from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import Association, CrmObject, KnownValues, ObjectType, Properties, RecordKey
from simcrm.planning.plan_document import SimulationPlan
from simcrm.storage import file_names
from simcrm.writing.property_changes import simulation_suffix

SKU_DIGITS = 8
"""Enough that no two of thousands of simulations kept in one portal share a SKU."""

OWNED_TYPES = {
    ObjectType.CONTACTS,
    ObjectType.COMPANIES,
    ObjectType.DEALS,
    ObjectType.TICKETS,
    ObjectType.TASKS,
    ObjectType.MEETINGS,
    ObjectType.EMAILS,
}


def build_objects(plan: SimulationPlan, step: str, rows: list[JsonObject]) -> list[CrmObject]:
    """The objects of a step without types that the plan omits; a company shared by several records appears once.

    Changes to an object that the same step writes become part of it.
    """
    make = _BUILD_BY_STEP.get(step, _build_activity)
    by_key: dict[str, CrmObject] = {}
    for row in rows if step in _BUILD_BY_STEP else _link_new_deals(rows):
        for item in make(plan, row):
            by_key[item.key] = _merge(by_key.get(item.key), item)
    return [item for item in by_key.values() if item.object_type not in plan.omitted_types]


def _merge(earlier: CrmObject | None, later: CrmObject) -> CrmObject:
    if earlier is None or not later.is_update:
        return later
    known = _merge_known(earlier.known, later.known) if earlier.is_update else None
    return replace(earlier, properties=earlier.properties | later.properties, known=known)


def _merge_known(earlier: KnownValues | None, later: KnownValues | None) -> KnownValues | None:
    """What both changes replace; the earlier one's previous values are those in the portal."""
    if earlier is None or later is None:
        return None
    return KnownValues({**later.previous, **earlier.previous})


def _link_new_deals(rows: list[JsonObject]) -> list[JsonObject]:
    """Move the links of joining contacts to deals of the same step to the deals, which are written after contacts."""
    copies = [dict(row) for row in rows]
    new_deals = {
        (row["index"], row["ordinal"]): row
        for row in copies
        if row["type"] == ObjectType.DEALS and not row.get("isChange")
    }
    return [_move_links(row, new_deals) if row.get("isNew") else row for row in copies]


def _move_links(contact: JsonObject, new_deals: Mapping[tuple[int, int], JsonObject]) -> JsonObject:
    """Return a contact with its links to earlier deals; its links to ``new_deals`` are added to those rows."""
    places, earlier = contact.get("deals") or [], []
    for place, role in zip(places, contact.get("roles") or [None] * len(places), strict=True):
        deal = new_deals.get(tuple(place))
        if deal is None:
            earlier.append((place, role))
            continue
        contacts = deal.get("contacts") or [deal["index"]]
        deal["roles"] = [*(deal.get("roles") or [None] * len(contacts)), role]
        deal["contacts"] = [*contacts, contact["index"]]
    return contact | {"deals": [place for place, _ in earlier], "roles": [role for _, role in earlier]}


def _build_product(plan: SimulationPlan, row: JsonObject) -> list[CrmObject]:
    product = _build_object(plan, RecordKey(plan.simulation_id, ObjectType.PRODUCTS, row["index"]), row, ())
    sku = product.properties.get("hs_sku")
    if not sku:
        return [product]
    # HubSpot refuses a SKU that another product has, and simulations of one scenario share their catalogue.
    unique = {"hs_sku": f"{sku}-{simulation_suffix(plan.simulation_id, SKU_DIGITS)}"}
    return [replace(product, properties=product.properties | unique)]


def _build_pair(plan: SimulationPlan, row: JsonObject) -> list[CrmObject]:
    company = RecordKey(plan.simulation_id, ObjectType.COMPANIES, row["companyIndex"])
    return [
        _build_object(plan, company, row | {"properties": row["company"]}, ()),
        _build_contact(plan, row | {"properties": row["contact"]}),
    ]


def _build_contact(plan: SimulationPlan, row: JsonObject) -> CrmObject:
    contact = RecordKey(plan.simulation_id, ObjectType.CONTACTS, row["index"])
    company = RecordKey(plan.simulation_id, ObjectType.COMPANIES, row["companyIndex"])
    deals = [RecordKey(plan.simulation_id, ObjectType.DEALS, *deal) for deal in row.get("deals") or ()]
    labels = _label_ids(plan, ObjectType.CONTACTS, row, len(deals))
    joined = (
        Association(ObjectType.DEALS, str(deal), is_required=False, label_type_id=label)
        for deal, label in zip(deals, labels, strict=True)
    )
    return _build_object(plan, contact, row, (Association(ObjectType.COMPANIES, str(company)), *joined))


def _build_activity(plan: SimulationPlan, row: JsonObject) -> list[CrmObject]:
    if row["type"] == ObjectType.CONTACTS:
        if row.get("isNew"):
            return [_build_contact(plan, row)]
        return [_build_change(plan, RecordKey(plan.simulation_id, ObjectType.CONTACTS, row["index"]), row)]
    key = RecordKey(plan.simulation_id, ObjectType(row["type"]), row["index"], row["ordinal"])
    if row.get("isChange"):
        return [_build_change(plan, key, row)]
    item = _build_object(plan, key, row, _associations(plan, key.object_type, row))
    return [replace(item, references=_references(plan, row))]


def _build_change(plan: SimulationPlan, key: RecordKey, row: JsonObject) -> CrmObject:
    # HubSpot returns the properties it was sent, and results are matched by record key.
    changed = row["properties"] | {RECORD_KEY: str(key)} | _owner(row) | _pipeline(plan, key.object_type)
    known = KnownValues(row["previous"]) if "previous" in row else None
    return CrmObject(str(key), key.object_type, changed, is_update=True, references=_references(plan, row), known=known)


def _associations(plan: SimulationPlan, kind: ObjectType, row: JsonObject) -> tuple[Association, ...]:
    """All contacts, the company and the deals, as far as the type can be associated with them."""
    record, *others = contacts = row.get("contacts") or [row["index"]]
    deals = row.get("deals") or []
    if row.get("dealOrdinal") is not None:
        deals = [[row["index"], row["dealOrdinal"]], *deals]
    required = [
        RecordKey(plan.simulation_id, ObjectType.CONTACTS, record),
        RecordKey(plan.simulation_id, ObjectType.COMPANIES, row["companyIndex"]),
        *(RecordKey(plan.simulation_id, ObjectType.DEALS, *deal) for deal in deals),
    ]
    more = [RecordKey(plan.simulation_id, ObjectType.CONTACTS, index) for index in others]
    links = [(key, True) for key in required] + [(key, False) for key in more]
    labels = dict(zip(contacts, _label_ids(plan, kind, row, len(contacts)), strict=True))
    return tuple(
        Association(key.object_type, str(key), is_required, _find_label(key, labels))
        for key, is_required in links
        if (kind, key.object_type) in TYPE_IDS
    )


def _label_ids(plan: SimulationPlan, kind: ObjectType, row: JsonObject, count: int) -> list[int | None]:
    """The association type IDs of a row's roles; None for each contact or deal without a label."""
    roles = row.get("roles") or [None] * count
    return [None if role is None else plan.role_labels.type_id(kind, CommitteeRole(role)) for role in roles]


def _find_label(key: RecordKey, labels: Mapping[int, int | None]) -> int | None:
    return labels.get(key.index) if key.object_type is ObjectType.CONTACTS else None


def _references(plan: SimulationPlan, row: JsonObject) -> dict[str, str]:
    if ObjectType.PRODUCTS in plan.omitted_types:
        return {}
    return {
        name: str(RecordKey(plan.simulation_id, ObjectType.PRODUCTS, number))
        for name, number in (row.get("reference") or {}).items()
    }


def _build_object(
    plan: SimulationPlan, key: RecordKey, row: JsonObject, associations: tuple[Association, ...]
) -> CrmObject:
    added = {RECORD_KEY: str(key), SIMULATION_ID: plan.simulation_id}
    if plan.owner_ids and key.object_type in OWNED_TYPES:
        added["hubspot_owner_id"] = plan.owner_ids[key.index % len(plan.owner_ids)]
    added |= _owner(row) | _pipeline(plan, key.object_type)
    return CrmObject(str(key), key.object_type, row["properties"] | added, associations)


def _owner(row: JsonObject) -> Properties:
    return {"hubspot_owner_id": row["ownerId"]} if row.get("ownerId") else {}


def _pipeline(plan: SimulationPlan, kind: ObjectType) -> Properties:
    return {"pipeline": plan.pipeline.id} if kind is ObjectType.DEALS else {}


_BUILD_BY_STEP: dict[str, Callable[[SimulationPlan, JsonObject], list[CrmObject]]] = {
    file_names.CATALOGUE_STEP: _build_product,
    file_names.CONTACTS_STEP: _build_pair,
}
