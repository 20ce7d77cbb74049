"""Upserts and unique values."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

KINDS = ["contacts", "companies", "deals", "tickets", "notes", "calls", "tasks"]
BASE = {
    "contacts": {"firstname": "A"},
    "companies": {"name": "A"},
    "deals": {"dealname": "A", "dealstage": "closedwon"},
    "tickets": {"subject": "A", "hs_pipeline_stage": "1"},
    "notes": {"hs_timestamp": "2026-01-01T00:00:00Z"},
    "calls": {"hs_timestamp": "2026-01-01T00:00:00Z"},
    "tasks": {"hs_timestamp": "2026-01-01T00:00:00Z"},
}


def keyed_input(kind: str, key: str, trace: str | None = None, **properties: str) -> dict[str, Any]:
    given = {"id": key, "idProperty": "key", "properties": BASE[kind] | {"key": key} | properties}
    return given | ({"objectWriteTraceId": trace} if trace else {})


def upsert(hubspot: HubSpot, kind: str, inputs: list[dict[str, Any]], status: int = 200) -> Any:
    return hubspot.post(f"/crm/objects/2026-09/{kind}/batch/upsert", {"inputs": inputs}, status)


@pytest.mark.parametrize("kind", KINDS)
def test_an_upsert_creates_once_and_then_changes(hubspot: HubSpot, kind: str) -> None:
    hubspot.define(kind, "key", hasUniqueValue=True)

    first = upsert(hubspot, kind, [keyed_input(kind, "k1")])["results"][0]
    second = upsert(hubspot, kind, [keyed_input(kind, "k1")])["results"][0]

    assert (first["new"], second["new"]) == (True, False)
    assert first["id"] == second["id"]
    assert hubspot.count(kind) == 1


def test_an_upsert_by_e_mail_finds_the_contact_in_any_case(hubspot: HubSpot) -> None:
    contact = hubspot.create("contacts", email="ada@one.example")
    item = {"id": "ADA@one.example", "idProperty": "email", "properties": {"firstname": "Ada"}}

    result = upsert(hubspot, "contacts", [item])["results"][0]

    assert (result["id"], result["new"]) == (contact, False)
    assert hubspot.read("contacts", contact, "firstname")["firstname"] == "Ada"


@pytest.mark.parametrize("name", ["hs_object_id", "domain", "no_such", "hs_unique_creation_key", None])
def test_an_upsert_by_a_property_that_is_not_unique_is_refused(hubspot: HubSpot, name: str | None) -> None:
    body = upsert(hubspot, "companies", [{"id": "1", "idProperty": name, "properties": {"name": "A"}}], 400)

    expected = f"Unable to perform update/upsert by non-unique 0-2 property {name or 'hs_object_id'} in portal ID"
    assert body["message"].startswith(expected)


def test_one_bad_input_of_an_upsert_with_trace_ids_is_named(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)

    body = upsert(
        hubspot, "contacts", [keyed_input("contacts", "a", "1"), keyed_input("contacts", "b", "2", nope="x")], 207
    )

    assert [row["properties"]["key"] for row in body["results"]] == ["a"]
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["2"]}


def test_an_upsert_by_e_mail_is_all_or_nothing(hubspot: HubSpot) -> None:
    inputs = [
        {"id": f"{name}@one.example", "idProperty": "email", "properties": properties, "objectWriteTraceId": name}
        for name, properties in (("a", {"firstname": "A"}), ("b", {"nope": "x"}))
    ]

    upsert(hubspot, "contacts", inputs, 400)

    assert hubspot.count("contacts") == 0


def test_one_key_twice_fails_the_whole_upsert_even_with_trace_ids(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)
    inputs = [keyed_input("contacts", "a", "1"), keyed_input("contacts", "a", "2"), keyed_input("contacts", "b", "3")]

    body = upsert(hubspot, "contacts", inputs, 400)

    assert body["message"] == "Duplicate IDs found in batch input: [a]. IDs must be unique"
    assert hubspot.count("contacts") == 0


def test_associations_of_an_upsert_are_passed_over(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)
    company = hubspot.create("companies", name="Acme")
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
    link = {"to": {"id": company}, "types": [spec]}

    upsert(hubspot, "contacts", [keyed_input("contacts", "a") | {"associations": [link]}])

    assert hubspot.get("/_local/stats")["associations"] == 0


def test_a_unique_value_of_another_record_is_refused_with_both_ids(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)
    holder = hubspot.create("contacts", firstname="A", key="abc")
    other = hubspot.create("contacts", firstname="B")

    status, body = hubspot.call("PATCH", f"/crm/v3/objects/contacts/{other}", {"properties": {"key": "abc"}})

    assert status == 400
    assert body["message"] == (
        "Cannot set PropertyValueCoordinates{portalId=90210001, objectTypeId=ObjectTypeId{legacyObjectType=CONTACT}, "
        f"propertyName=key, value=abc}} on {other}. {holder} already has that value."
    )


def test_a_unique_value_twice_in_one_create_batch_fails_the_second(hubspot: HubSpot) -> None:
    hubspot.define("deals", "key", hasUniqueValue=True)
    inputs = [keyed_input("deals", "k", trace) for trace in ("1", "2")]

    body = hubspot.post("/crm/v3/objects/deals/batch/create", {"inputs": inputs}, 207)

    assert len(body["results"]) == hubspot.count("deals") == 1
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["2"]}


def test_a_record_may_be_given_the_value_it_has(hubspot: HubSpot) -> None:
    hubspot.define("deals", "key", hasUniqueValue=True)
    deal = hubspot.create("deals", **keyed_input("deals", "k")["properties"])

    status, _ = hubspot.call("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": {"key": "k"}})

    assert status == 200


def test_an_archived_record_frees_its_e_mail_and_unique_values(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)
    first = hubspot.create("contacts", email="a@one.example", key="k")
    hubspot.call("DELETE", f"/crm/v3/objects/contacts/{first}")

    second = hubspot.create("contacts", email="a@one.example", key="k")

    assert second != first


def test_an_archived_record_can_be_set_to_keep_them(hubspot: HubSpot) -> None:
    hubspot.set(archivedRecordsKeepUniqueValues=True)
    hubspot.define("contacts", "key", hasUniqueValue=True)
    first = hubspot.create("contacts", email="a@one.example", key="k")
    hubspot.call("DELETE", f"/crm/v3/objects/contacts/{first}")

    same_address, same_key = {"email": "a@one.example"}, {"lastname": "Okafor", "key": "k"}
    assert first in hubspot.post("/crm/v3/objects/contacts", {"properties": same_address}, 409)["message"]
    assert f"{first} already has" in hubspot.post("/crm/v3/objects/contacts", {"properties": same_key}, 400)["message"]


def test_a_changed_unique_value_frees_the_old_one(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)
    first = hubspot.create("contacts", firstname="A", key="old")
    hubspot.call("PATCH", f"/crm/v3/objects/contacts/{first}", {"properties": {"key": "new"}})

    hubspot.create("contacts", firstname="B", key="old")
    hubspot.post("/crm/v3/objects/contacts", {"properties": {"firstname": "C", "key": "new"}}, 400)


@pytest.mark.parametrize("kind", ["notes", "calls", "tasks"])
def test_activities_can_be_set_to_take_no_unique_property(hubspot: HubSpot, kind: str) -> None:
    hubspot.set(activitiesTakeUniqueProperties=False)
    hubspot.define("contacts", "key", hasUniqueValue=True)
    hubspot.define(kind, "plain")
    given = {"name": "key", "label": "K", "type": "string", "fieldType": "text", "groupName": "custom"}

    body = hubspot.post(f"/crm/v3/properties/{kind}", given | {"hasUniqueValue": True}, 400)

    assert body["category"] == "VALIDATION_ERROR"
