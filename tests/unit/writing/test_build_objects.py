import pytest
from builders import activity_row, key, pair_row, plan

from simcrm.core.json_types import JsonObject
from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import Association, CrmObject, ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.role_labels import RoleLabels
from simcrm.writing.build_objects import build_objects

COMPANIES, CONTACTS, DEALS, NOTES, CALLS, TASKS, TICKETS = (
    ObjectType.COMPANIES,
    ObjectType.CONTACTS,
    ObjectType.DEALS,
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
)
PRODUCTS, LINE_ITEMS, MEETINGS, EMAILS = (
    ObjectType.PRODUCTS,
    ObjectType.LINE_ITEMS,
    ObjectType.MEETINGS,
    ObjectType.EMAILS,
)


def build_pairs(*rows: JsonObject, owners: tuple[str, ...] = ()) -> dict[str, CrmObject]:
    return {item.key: item for item in build_objects(plan(owners=owners), "contacts", list(rows))}


def build_activity(row: JsonObject, owners: tuple[str, ...] = ()) -> CrmObject:
    (item,) = build_objects(plan(owners=owners), "wave-000", [row])
    return item


def test_a_pair_is_a_company_and_a_contact_that_works_there() -> None:
    items = build_pairs(pair_row(4))

    assert set(items) == {key(COMPANIES, 4), key(CONTACTS, 4)}
    assert items[key(CONTACTS, 4)].associations == (Association(COMPANIES, key(COMPANIES, 4)),)
    assert items[key(COMPANIES, 4)].associations == ()


def test_generated_words_are_not_touched_and_each_object_carries_key_and_simulation() -> None:
    row = pair_row(4)

    contact = build_pairs(row)[key(CONTACTS, 4)]

    assert contact.properties == row["contact"] | {
        "simcrm_record_key": "sim-test:contact:4",
        "simcrm_simulation_id": "sim-test",
    }


def test_a_company_that_several_contacts_share_is_there_once() -> None:
    items = build_pairs(pair_row(4, company_index=1), pair_row(5, company_index=1), pair_row(6, company_index=2))

    assert [item.key for item in items.values() if item.object_type is COMPANIES] == [
        key(COMPANIES, 1),
        key(COMPANIES, 2),
    ]
    assert items[key(CONTACTS, 5)].associations == (Association(COMPANIES, key(COMPANIES, 1)),)


@pytest.mark.parametrize("kind", [DEALS, NOTES, CALLS, TASKS, TICKETS])
def test_an_activity_belongs_to_its_contact_and_company(kind: ObjectType) -> None:
    item = build_activity(activity_row(kind, 4, ordinal=2, company_index=1))

    assert (item.key, item.object_type) == (key(kind, 4, 2), kind)
    assert item.associations == (Association(CONTACTS, key(CONTACTS, 4)), Association(COMPANIES, key(COMPANIES, 1)))


@pytest.mark.parametrize("kind", [NOTES, CALLS, TASKS, TICKETS])
def test_an_activity_of_a_deal_belongs_to_the_deal_too(kind: ObjectType) -> None:
    assert Association(DEALS, key(DEALS, 4, 0)) in build_activity(activity_row(kind, 4, deal_ordinal=0)).associations


def test_a_deal_does_not_belong_to_itself() -> None:
    assert len(build_activity(activity_row(DEALS, 4, deal_ordinal=0)).associations) == 2


def test_a_deal_stands_in_the_pipeline_of_the_plan() -> None:
    pipeline = DealPipeline(id="own", open=("1",), won="2", lost="3")

    (deal,) = build_objects(plan(pipeline=pipeline), "wave-000", [activity_row(DEALS)])

    assert deal.properties["pipeline"] == "own"
    assert "pipeline" not in build_activity(activity_row(NOTES)).properties


@pytest.mark.parametrize("kind", [DEALS, TICKETS, TASKS])
def test_owners_are_spread_over_records_and_a_record_keeps_its_owner(kind: ObjectType) -> None:
    owners = ("7", "8", "9")
    items = build_pairs(*(pair_row(index) for index in range(6)), owners=owners)

    assert [items[key(CONTACTS, index)].properties["hubspot_owner_id"] for index in range(6)] == list("789789")
    assert build_activity(activity_row(kind, 4), owners).properties["hubspot_owner_id"] == "8"


@pytest.mark.parametrize("kind", [NOTES, CALLS])
def test_notes_and_calls_have_no_owner(kind: ObjectType) -> None:
    assert "hubspot_owner_id" not in build_activity(activity_row(kind), ("7",)).properties


def test_a_portal_without_owners_gets_records_without_one() -> None:
    assert "hubspot_owner_id" not in build_pairs(pair_row())[key(CONTACTS)].properties


def test_a_change_of_a_contacts_stage_names_the_contact_and_holds_nothing_else() -> None:
    row = {"type": "contacts", "index": 7, "ordinal": 0, "properties": {"lifecyclestage": "customer"}}

    (change,) = build_objects(plan(), "wave-000", [row])

    assert change.is_update
    assert change.key.endswith(":contact:7")
    assert change.properties == {"lifecyclestage": "customer", "simcrm_record_key": change.key}
    assert change.associations == ()


def row_with(kind: ObjectType, **fields: object) -> JsonObject:
    """A row without the field of earlier releases."""
    row = activity_row(kind, 4, company_index=1)
    del row["dealOrdinal"]
    return row | fields


@pytest.mark.parametrize("kind", [MEETINGS, EMAILS, CALLS, TICKETS])
def test_an_activity_belongs_to_all_its_contacts_and_deals(kind: ObjectType) -> None:
    item = build_activity(row_with(kind, contacts=[4, 5, 6], deals=[[4, 0], [5, 1]]))

    required = {link.to_key for link in item.associations if link.is_required}
    assert required == {key(CONTACTS, 4), key(COMPANIES, 1), key(DEALS, 4, 0), key(DEALS, 5, 1)}
    assert {link.to_key for link in item.associations} - required == {key(CONTACTS, 5), key(CONTACTS, 6)}


def test_a_deal_belongs_to_its_contacts() -> None:
    links = build_activity(row_with(DEALS, contacts=[4, 5])).associations

    assert [link.to_key for link in links] == [key(CONTACTS, 4), key(COMPANIES, 1), key(CONTACTS, 5)]


def test_a_line_item_belongs_to_its_deal_alone_and_refers_to_its_product() -> None:
    item = build_activity(row_with(LINE_ITEMS, deals=[[4, 0]], reference={"hs_product_id": 7}))

    assert item.associations == (Association(DEALS, key(DEALS, 4, 0)),)
    assert item.references == {"hs_product_id": key(PRODUCTS, 7)}


def test_a_product_belongs_to_nothing_and_its_sku_to_its_simulation() -> None:
    (mine,) = build_objects(plan(), "catalogue", [{"index": 7, "properties": {"name": "Sensor", "hs_sku": "TS-1"}}])
    (other,) = build_objects(plan("sim-2"), "catalogue", [{"index": 7, "properties": {"hs_sku": "TS-1"}}])
    (plain,) = build_objects(plan(), "catalogue", [{"index": 8, "properties": {"name": "Advice"}}])

    assert (mine.key, mine.object_type, mine.associations) == (key(PRODUCTS, 7), PRODUCTS, ())
    assert mine.properties["hs_sku"].startswith("TS-1-")
    assert mine.properties["hs_sku"] != other.properties["hs_sku"]
    assert "hs_sku" not in plain.properties


def test_types_that_the_plan_omits_are_not_built() -> None:
    omitting = plan().model_copy(update={"omitted_types": {PRODUCTS: ("a",), EMAILS: ("b",)}})
    rows = [row_with(EMAILS), row_with(LINE_ITEMS, deals=[[4, 0]], reference={"hs_product_id": 7}), row_with(MEETINGS)]

    items = build_objects(omitting, "wave-000", rows)

    assert [item.object_type for item in items] == [LINE_ITEMS, MEETINGS]
    assert items[0].references == {}


@pytest.mark.parametrize("kind", [NOTES, DEALS, MEETINGS])
def test_the_owner_of_a_row_wins_over_the_owner_by_index(kind: ObjectType) -> None:
    assert build_activity(row_with(kind, ownerId="3"), ("7", "8")).properties["hubspot_owner_id"] == "3"
    assert build_activity(row_with(kind, ownerId="3")).properties["hubspot_owner_id"] == "3"


def test_a_change_holds_only_what_changed_and_is_no_new_object() -> None:
    item = build_activity(row_with(DEALS, isChange=True, properties={"dealstage": "closedwon"}), ("7",))

    assert item.is_update
    assert item.associations == ()
    assert item.properties == {"dealstage": "closedwon", "simcrm_record_key": key(DEALS, 4, 0), "pipeline": "default"}


def test_a_change_in_the_step_that_writes_the_object_becomes_part_of_it() -> None:
    new = {"type": "contacts", "index": 4, "companyIndex": 1, "isNew": True, "properties": {"email": "a@b.example"}}
    change = {"type": "contacts", "index": 4, "properties": {"lifecyclestage": "customer"}}

    (contact,) = build_objects(plan(), "wave-000", [new, change])

    assert not contact.is_update
    assert contact.properties.items() >= {"email": "a@b.example", "lifecyclestage": "customer"}.items()
    assert contact.associations == (Association(COMPANIES, key(COMPANIES, 1)),)


LABELS = RoleLabels(
    from_deals={CommitteeRole.CHAMPION: 10_001, CommitteeRole.DECISION_MAKER: 10_003},
    from_contacts={CommitteeRole.CHAMPION: 10_002},
)


def test_a_deal_knows_its_contacts_by_the_labels_of_their_roles() -> None:
    row = {**activity_row(DEALS, 4), "contacts": [4, 5, 6, 7], "roles": ["CHAMPION", "DECISION_MAKER", "BLOCKER", None]}
    labelled = plan().model_copy(update={"role_labels": LABELS})

    (deal,) = build_objects(labelled, "wave-000", [row])

    assert {link.to_key: link.label_type_id for link in deal.associations} == {
        key(CONTACTS, 4): 10_001,
        key(CONTACTS, 5): 10_003,
        key(CONTACTS, 6): None,
        key(CONTACTS, 7): None,
        key(COMPANIES, 4): None,
    }


def test_a_contact_that_joins_has_its_labels_in_the_other_direction() -> None:
    joining = {**activity_row(CONTACTS, 5, company_index=4), "isNew": True, "deals": [[4, 0], [4, 1]]}
    labelled = plan().model_copy(update={"role_labels": LABELS})

    (contact,) = build_objects(labelled, "wave-000", [{**joining, "roles": ["CHAMPION", "DECISION_MAKER"]}])

    assert [link.label_type_id for link in contact.associations] == [None, 10_002, None]


def test_a_contact_that_joins_in_the_step_of_a_new_deal_is_linked_by_the_deal_which_is_written_later() -> None:
    joining = {**activity_row(CONTACTS, 5, company_index=4), "isNew": True, "deals": [[4, 0], [4, 1]]}
    deal = {**activity_row(DEALS, 4, 1), "contacts": [4], "roles": ["DECISION_MAKER"]}
    change = {**activity_row(DEALS, 4, 1), "isChange": True, "properties": {"amount": "900"}}
    labelled = plan().model_copy(update={"role_labels": LABELS})
    rows = [{**joining, "roles": ["DECISION_MAKER", "CHAMPION"]}, deal, change]

    contact, opened = build_objects(labelled, "wave-000", rows)

    assert [link.to_key for link in contact.associations] == [key(COMPANIES, 4), key(DEALS, 4, 0)]
    labels = {link.to_key: link.label_type_id for link in opened.associations}
    assert labels == {key(CONTACTS, 4): 10_003, key(COMPANIES, 4): None, key(CONTACTS, 5): 10_001}
    assert opened.properties["amount"] == "900"
    assert rows[1]["contacts"] == [4]  # what is stored stays as it is


@pytest.mark.parametrize("kind", [DEALS, NOTES])
def test_rows_without_roles_and_portals_without_labels_have_none(kind: ObjectType) -> None:
    roles = {"roles": ["CHAMPION", "BLOCKER"]} if kind is DEALS else {}
    row = {**activity_row(kind, 4), "contacts": [4, 5], **roles}

    for item in (build_activity(row), build_activity({**activity_row(kind, 4), "contacts": [4, 5]})):
        assert {link.label_type_id for link in item.associations} == {None}
