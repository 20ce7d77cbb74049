"""The official clients work against the local HubSpot as they do against HubSpot."""

import json
from typing import Any

import pytest
from contract.drivers import Driver, Failure, Sdk

KEY = {"name": "key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
TAG = {"name": "tag", "label": "Tag", "type": "string", "fieldType": "text"}
MOMENT = "2026-01-05T10:00:00.000Z"
GIVEN: dict[str, dict[str, str]] = {
    "companies": {"name": "Acme", "domain": "acme.example"},
    "contacts": {"email": "ada@acme.example", "firstname": "Ada"},
    "deals": {"dealname": "Pumps", "dealstage": "closedwon", "amount": "1200"},
    "tickets": {"subject": "Help", "hs_pipeline_stage": "1"},
    "notes": {"hs_timestamp": MOMENT, "hs_note_body": "Hello"},
    "calls": {"hs_timestamp": MOMENT, "hs_call_title": "First call", "hs_call_status": "COMPLETED"},
    "tasks": {"hs_timestamp": MOMENT, "hs_task_subject": "Send offer", "hs_task_status": "NOT_STARTED"},
    "products": {"name": "Pump", "price": "400", "description": "Moves water"},
    "line_items": {"name": "Pump", "price": "400", "quantity": "3"},
    "meetings": {"hs_timestamp": MOMENT, "hs_meeting_title": "Demo", "hs_meeting_outcome": "COMPLETED"},
    "emails": {"hs_timestamp": MOMENT, "hs_email_direction": "INCOMING_EMAIL", "hs_email_subject": "Offer"},
}
KINDS = list(GIVEN)


def traced_input(number: int, properties: dict[str, str]) -> dict[str, Any]:
    return {"properties": properties, "objectWriteTraceId": f"t-{number}"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_created_read_and_listed(driver: Driver, kind: str) -> None:
    made = driver.create(kind, GIVEN[kind])

    read = driver.read(kind, made.id, list(GIVEN[kind]))

    expected = {"hs_timestamp": "2026-01-05T10:00:00Z"} if "hs_timestamp" in GIVEN[kind] else {}
    assert dict(read.properties).items() >= (GIVEN[kind] | expected).items()
    assert [row.id for row in driver.page(kind, limit=1)] == [made.id]


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_upserted_twice_and_archived(driver: Driver, kind: str) -> None:
    driver.define(kind, "custom", [KEY])
    base = {name: value for name, value in GIVEN[kind].items() if name != "email"}
    inputs = [
        {"id": f"k{number}", "idProperty": "key", **traced_input(number, base | {"key": f"k{number}"})}
        for number in range(100)
    ]

    first = driver.upsert_batch(kind, inputs)
    second = driver.upsert_batch(kind, inputs)

    assert len(first.records) == 100
    assert first.records.keys() == second.records.keys()
    assert {row.new for row in first.records.values()} == {True}
    assert {row.new for row in second.records.values()} == {False}

    driver.archive_batch(kind, list(first.records))
    assert driver.page(kind, limit=1) == []


def test_a_partly_bad_batch_keeps_the_good_records_and_names_the_bad_one(driver: Driver) -> None:
    inputs = [traced_input(number, {"email": f"c{number}@acme.example"}) for number in range(3)]
    inputs[1]["properties"]["lifecyclestage"] = "nowhere"

    answer = driver.create_batch("contacts", inputs)

    assert set(answer.by("email")) == {"c0@acme.example", "c2@acme.example"}
    assert [context["objectWriteTraceId"] for context in answer.errors] == [["t-1"]]


def test_an_existing_contact_is_named_by_a_traced_batch(driver: Driver) -> None:
    held = driver.create("contacts", GIVEN["contacts"])

    answer = driver.create_batch(
        "contacts", [traced_input(0, GIVEN["contacts"]), traced_input(1, {"email": "b@acme.example"})]
    )

    assert answer.errors == [{"objectWriteTraceId": ["t-0"], "existingId": [held.id]}]
    assert len(answer.records) == 1


def test_an_untraced_conflict_fails_as_a_whole(driver: Driver) -> None:
    driver.create("contacts", GIVEN["contacts"])
    others = [{"properties": {"email": "b@acme.example"}}, {"properties": GIVEN["contacts"]}]

    with pytest.raises(Failure) as failure:
        driver.create_batch("contacts", others)

    assert failure.value.status == 409
    assert json.loads(failure.value.body)["category"] == "CONFLICT"


def test_a_bad_value_gives_400_with_its_code(driver: Driver) -> None:
    with pytest.raises(Failure) as failure:
        driver.create("companies", {"name": "Acme", "industry": "Banking"})

    assert failure.value.status == 400
    assert json.loads(failure.value.body)["errors"][0]["code"] == "INVALID_OPTION"


def test_updates_and_reads_name_the_ids_that_are_missing(driver: Driver) -> None:
    company = driver.create("companies", GIVEN["companies"])

    updated = driver.update_batch(
        "companies", [{"id": each, "properties": {"city": "Rome"}} for each in (company.id, "7")]
    )
    read = driver.read_batch("companies", [company.id, "7"], ["city"])

    assert updated.records.keys() == read.records.keys() == {company.id}
    assert read.records[company.id].properties["city"] == "Rome"
    assert [context["ids"] for context in updated.errors + read.errors] == [["7"], ["7"]]


def test_records_are_found_by_their_tag(driver: Driver) -> None:
    driver.define("companies", "custom", [TAG])
    rows = driver.create_batch(
        "companies", [traced_input(number, {"name": "A", "tag": "run-1"}) for number in range(30)]
    )
    driver.create("companies", {"name": "B", "tag": "run-2"})

    total, found = driver.search("companies", "tag", "run-1")

    assert total == 30
    assert set(found) == rows.records.keys()


def test_definitions_are_created_once(driver: Driver) -> None:
    names, already_there = driver.define("deals", "custom", [KEY, TAG])

    assert names == ["key", "tag"]
    assert already_there == 2
    assert {"key", "tag", "dealname"} <= driver.property_names("deals")


def test_records_are_linked_in_batches_and_read_from_both_ends(driver: Driver) -> None:
    company = driver.create("companies", GIVEN["companies"]).id
    contacts = [driver.create("contacts", {"email": f"c{number}@acme.example"}).id for number in range(3)]

    assert driver.associate("contacts", "companies", [(contact, company) for contact in contacts], 1) == 3

    assert driver.associated_ids("contacts", contacts[0], "companies") == {company: {1, 279}}
    assert driver.associated_ids("companies", company, "contacts") == {contact: {2, 280} for contact in contacts}


def test_a_deal_knows_a_contact_by_a_label_of_its_own(driver: Driver) -> None:
    deal = driver.create("deals", {"dealname": "Tooling", "dealstage": "qualifiedtobuy"}).id
    contact = driver.create("contacts", GIVEN["contacts"]).id

    forward, backward = driver.create_label("deals", "contacts", "Decision Maker", "decision_maker")

    assert driver.labels("deals", "contacts") == {None: 3, "Decision Maker": forward}
    assert driver.labels("contacts", "deals") == {None: 4, "Decision Maker": backward}
    assert driver.associate("deals", "contacts", [(deal, contact)], forward, "USER_DEFINED") == 1
    assert driver.associated_ids("deals", deal, "contacts") == {contact: {3, forward}}
    assert driver.associated_ids("contacts", contact, "deals") == {deal: {4, backward}}


def test_a_note_is_linked_at_its_creation(driver: Driver) -> None:
    contact = driver.create("contacts", GIVEN["contacts"]).id
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}
    note = {**traced_input(0, GIVEN["notes"]), "associations": [{"to": {"id": contact}, "types": [spec]}]}

    (made,) = driver.create_batch("notes", [note]).records

    assert driver.associated_ids("contacts", contact, "notes") == {made: {201}}


def test_the_portal_tells_its_owners_and_stages(driver: Driver) -> None:
    assert len(driver.owner_emails()) == 5
    assert driver.stages("deals")[-1] == "closedlost"
    assert driver.stages("tickets") == ["1", "2", "3", "4"]


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_the_account_tells_its_kind_and_its_places(server: str, version: str) -> None:
    client = Sdk(server, version)

    assert client.account_type() == "DEVELOPER_TEST"
    limit, usage = client.places()["0-1"]
    assert limit > usage >= 0

    client.close()


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_read_by_a_key_of_the_clients_own(driver: Driver, kind: str) -> None:
    driver.define(kind, "custom", [KEY])
    base = {name: value for name, value in GIVEN[kind].items() if name != "email"}
    made = driver.create_batch(kind, [traced_input(number, base | {"key": f"k{number}"}) for number in range(3)])

    read = driver.read_batch(kind, ["k2", "k0", "none"], ["key"], by="key")

    assert read.by("key").keys() == {"k0", "k2"}
    assert read.records.keys() < made.records.keys()
    assert [context["ids"] for context in read.errors] == [["none"]]


def test_associations_of_many_records_are_read_together(driver: Driver) -> None:
    company = driver.create("companies", GIVEN["companies"]).id
    contacts = [driver.create("contacts", {"email": f"c{number}@acme.example"}).id for number in range(3)]
    driver.associate("contacts", "companies", [(contact, company) for contact in contacts[:2]], 1)

    assert driver.linked_batch("contacts", contacts, "companies") == {each: {company} for each in contacts[:2]}


def test_a_group_is_there_once_it_was_made(driver: Driver) -> None:
    driver.define("tickets", "custom", [KEY])

    assert "custom" in driver.group_names("tickets")
