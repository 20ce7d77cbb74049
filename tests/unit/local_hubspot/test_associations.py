"""Associations: types, both directions, primary companies, records that are not there."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

V4 = "/crm/v4/associations"


def spec(type_id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def pair(from_id: str, to_id: str, *type_ids: int) -> dict[str, Any]:
    return {"from": {"id": from_id}, "to": {"id": to_id}, "types": [spec(type_id) for type_id in type_ids]}


def type_ids(hubspot: HubSpot, kind: str, record: str, target: str) -> dict[str, set[int]]:
    rows = hubspot.get(f"/crm/v4/objects/{kind}/{record}/associations/{target}")["results"]
    return {row["toObjectId"]: {each["typeId"] for each in row["associationTypes"]} for row in rows}


@pytest.fixture
def contact(hubspot: HubSpot) -> str:
    return str(hubspot.create("contacts", email="ada@one.example"))


@pytest.fixture
def company(hubspot: HubSpot) -> str:
    return str(hubspot.create("companies", name="Acme"))


def test_a_link_is_seen_from_both_ends(hubspot: HubSpot, contact: str, company: str) -> None:
    body = hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 279)]}, 201)

    assert body["results"] == [
        {
            "fromObjectTypeId": "0-1",
            "fromObjectId": contact,
            "toObjectTypeId": "0-2",
            "toObjectId": company,
            "labels": [],
        }
    ]
    assert type_ids(hubspot, "contacts", contact, "companies") == {company: {279}}
    assert type_ids(hubspot, "companies", company, "contacts") == {contact: {280}}
    assert hubspot.get("/_local/stats")["associations"] == 1


def test_the_default_association_answers_both_directions(hubspot: HubSpot, contact: str, company: str) -> None:
    path = "/crm/associations/2026-03/0-1/0-2/batch/associate/default"

    body = hubspot.post(path, {"inputs": [{"from": {"id": contact}, "to": {"id": company}}]}, 200)

    assert [row["associationSpec"]["associationTypeId"] for row in body["results"]] == [279, 280]


@pytest.mark.parametrize(
    ("kind", "primary", "back", "plain"),
    [("contacts", 1, 2, 279), ("deals", 5, 6, 341), ("tickets", 26, 25, 339)],
)
def test_a_primary_company_comes_with_the_plain_type_and_there_is_only_one(
    hubspot: HubSpot, kind: str, primary: int, back: int, plain: int
) -> None:
    given = {
        "contacts": {"firstname": "A"},
        "deals": {"dealname": "D", "dealstage": "closedwon"},
        "tickets": {"subject": "S", "hs_pipeline_stage": "1"},
    }
    record = hubspot.create(kind, **given[kind])
    first, second = hubspot.create("companies", name="A"), hubspot.create("companies", name="B")
    path = f"{V4}/{kind}/companies/batch/create"

    hubspot.post(path, {"inputs": [pair(record, first, primary)]}, 201)
    hubspot.post(path, {"inputs": [pair(record, second, primary)]}, 201)

    assert type_ids(hubspot, kind, record, "companies") == {first: {plain}, second: {plain, primary}}
    assert back in type_ids(hubspot, "companies", second, kind)[record]
    assert back not in type_ids(hubspot, "companies", first, kind)[record]


def test_a_primary_company_can_be_set_from_the_company(hubspot: HubSpot, contact: str, company: str) -> None:
    other = hubspot.create("companies", name="B")
    hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 1)]}, 201)

    hubspot.post(f"{V4}/companies/contacts/batch/create", {"inputs": [pair(other, contact, 2)]}, 201)

    assert type_ids(hubspot, "contacts", contact, "companies") == {company: {279}, other: {279, 1}}


def test_a_parent_company_is_a_child_from_the_other_end(hubspot: HubSpot, company: str) -> None:
    child = hubspot.create("companies", name="Child")

    hubspot.post(f"{V4}/companies/companies/batch/create", {"inputs": [pair(company, child, 13)]}, 201)

    assert type_ids(hubspot, "companies", company, "companies") == {child: {13, 450}}
    assert type_ids(hubspot, "companies", child, "companies") == {company: {14, 450}}


def test_an_unknown_record_makes_a_207_and_the_rest_is_linked(hubspot: HubSpot, contact: str, company: str) -> None:
    inputs = [pair(contact, "7", 279), pair(contact, company, 279)]

    body = hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": inputs}, 207)

    assert len(body["results"]) == body["numErrors"] == 1
    (error,) = body["errors"]
    assert error["subCategory"] == "crm.associations.INVALID_IDENTIFIER"
    assert error["context"]["toObjectId"] == ["7"]


def test_a_type_of_other_objects_is_refused(hubspot: HubSpot, contact: str, company: str) -> None:
    body = hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 3)]}, 400)

    assert body["category"] == "VALIDATION_ERROR"


def test_activities_have_no_default_association_among_each_other(hubspot: HubSpot) -> None:
    hubspot.post(f"{V4}/notes/calls/batch/associate/default", {"inputs": []}, 400)


@pytest.mark.parametrize(("path", "limit"), [("batch/create", 2000), ("batch/read", 1000)])
def test_a_batch_over_its_limit_is_refused(hubspot: HubSpot, path: str, limit: int) -> None:
    item = pair("1", "2", 279) if path == "batch/create" else {"id": "1"}

    hubspot.post(f"{V4}/contacts/companies/{path}", {"inputs": [item] * (limit + 1)}, 400)
    hubspot.post(f"{V4}/contacts/companies/{path}", {"inputs": [item] * limit}, 207)


def test_a_batch_read_tells_links_with_labels_and_names_records_without_any(
    hubspot: HubSpot, contact: str, company: str
) -> None:
    alone = hubspot.create("contacts", email="b@one.example")
    hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 1)]}, 201)

    body = hubspot.post(f"{V4}/contacts/companies/batch/read", {"inputs": [{"id": contact}, {"id": alone}]}, 207)

    (row,) = body["results"]
    assert row["from"] == {"id": contact}
    assert {(each["typeId"], each["label"]) for each in row["to"][0]["associationTypes"]} == {
        (1, "Primary"),
        (279, None),
    }
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


def test_links_of_one_record_are_paged(hubspot: HubSpot, company: str) -> None:
    contacts = [hubspot.create("contacts", firstname=str(number)) for number in range(5)]
    inputs = [pair(company, contact, 280) for contact in contacts]
    hubspot.post(f"{V4}/companies/contacts/batch/create", {"inputs": inputs}, 201)
    path = f"/crm/objects/2026-09/companies/{company}/associations/contacts"

    first = hubspot.get(f"{path}?limit=3")
    second = hubspot.get(f"{path}?limit=3&after={first['paging']['next']['after']}")

    assert [row["toObjectId"] for row in first["results"] + second["results"]] == contacts
    assert "paging" not in second


@pytest.mark.parametrize("root", ["/crm/v4/objects", "/crm/objects/2026-09"])
def test_one_pair_can_be_linked_and_parted(hubspot: HubSpot, contact: str, company: str, root: str) -> None:
    path = f"{root}/contacts/{contact}/associations/companies/{company}"

    status, body = hubspot.call("PUT", path, [spec(1)])
    assert (status, body["labels"]) == (201, ["Primary"])
    assert hubspot.call("DELETE", path) == (204, None)
    assert type_ids(hubspot, "contacts", contact, "companies") == {}

    default = f"{root}/contacts/{contact}/associations/default/companies/{company}"
    assert hubspot.call("PUT", default)[0] == 200
    assert type_ids(hubspot, "companies", company, "contacts") == {contact: {280}}


def test_linking_one_pair_with_an_unknown_record_gives_404(hubspot: HubSpot, contact: str) -> None:
    status, body = hubspot.call("PUT", f"/crm/v4/objects/contacts/{contact}/associations/default/companies/7")

    assert status == 404
    assert body["subCategory"] == "crm.associations.INVALID_IDENTIFIER"


def test_a_batch_archive_parts_records(hubspot: HubSpot, contact: str, company: str) -> None:
    hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 1)]}, 201)
    body = {"inputs": [{"from": {"id": contact}, "to": [{"id": company}]}]}

    assert hubspot.call("POST", f"{V4}/contacts/companies/batch/archive", body)[0] == 204

    assert type_ids(hubspot, "companies", company, "contacts") == {}
    assert hubspot.get("/_local/stats")["associations"] == 0


def test_taking_a_label_leaves_the_plain_link(hubspot: HubSpot, contact: str, company: str) -> None:
    hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 1)]}, 201)

    body = {"inputs": [pair(contact, company, 1)]}
    assert hubspot.call("POST", f"{V4}/contacts/companies/batch/labels/archive", body)[0] == 204

    assert type_ids(hubspot, "contacts", contact, "companies") == {company: {279}}


def test_an_archived_record_loses_its_links(hubspot: HubSpot, contact: str, company: str) -> None:
    hubspot.post(f"{V4}/contacts/companies/batch/create", {"inputs": [pair(contact, company, 1)]}, 201)

    hubspot.call("DELETE", f"/crm/v3/objects/companies/{company}")

    assert type_ids(hubspot, "contacts", contact, "companies") == {}
    assert hubspot.get("/_local/stats")["associations"] == 0


def test_a_record_can_be_created_with_its_links(hubspot: HubSpot, contact: str, company: str) -> None:
    links = [{"to": {"id": contact}, "types": [spec(202)]}, {"to": {"id": company}, "types": [spec(190)]}]

    note = hubspot.create("notes", links, hs_timestamp="2026-01-01T00:00:00Z")

    assert type_ids(hubspot, "contacts", contact, "notes") == {note: {201}}
    assert type_ids(hubspot, "companies", company, "notes") == {note: {189}}


@pytest.mark.parametrize(("to_id", "type_id", "status"), [("7", 202, 404), (None, 279, 400)])
def test_a_record_with_a_bad_link_is_not_created(
    hubspot: HubSpot, contact: str, to_id: str | None, type_id: int, status: int
) -> None:
    link = {"to": {"id": to_id or contact}, "types": [spec(type_id)]}
    body = {"properties": {"hs_timestamp": "2026-01-01T00:00:00Z"}, "associations": [link]}

    hubspot.post("/crm/v3/objects/notes", body, status)

    assert hubspot.count("notes") == 0


def test_a_bad_link_in_a_batch_with_trace_ids_is_named(hubspot: HubSpot, contact: str) -> None:
    inputs = [
        {
            "properties": {"hs_timestamp": "2026-01-01T00:00:00Z"},
            "associations": [{"to": {"id": to_id}, "types": [spec(202)]}],
            "objectWriteTraceId": to_id,
        }
        for to_id in (contact, "7")
    ]

    body = hubspot.post("/crm/v3/objects/notes/batch/create", {"inputs": inputs}, 207)

    assert body["errors"][0]["context"]["objectWriteTraceId"] == ["7"]
    assert hubspot.count("notes") == 1


def test_labels_between_two_objects_are_listed(hubspot: HubSpot) -> None:
    rows = hubspot.get(f"{V4}/contacts/companies/labels")["results"]

    assert {(row["typeId"], row["label"]) for row in rows} == {(1, "Primary"), (279, None), (931, "Billing")}
