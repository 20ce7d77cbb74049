"""Single records: what a client gives, what it gets back."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import Clock, HubSpot

PATHS = ["/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09"]


@pytest.mark.parametrize("root", PATHS)
@pytest.mark.parametrize("name", ["contacts", "contact", "0-1"])
def test_every_path_version_and_object_name_reaches_the_same_contact(hubspot: HubSpot, root: str, name: str) -> None:
    made = hubspot.post(f"{root}/{name}", {"properties": {"email": "ada@one.example"}}, 201)

    assert hubspot.read("contacts", made["id"], "email")["email"] == "ada@one.example"


def test_an_unknown_object_name_is_refused_without_a_category(hubspot: HubSpot) -> None:
    body = hubspot.get("/crm/v3/objects/butterflies", 400)

    assert body["message"] == "Unable to infer object type from: butterflies"
    assert "category" not in body
    assert body["correlationId"]


def test_a_new_contact_answers_the_given_and_the_derived_properties(hubspot: HubSpot) -> None:
    made = hubspot.post(
        "/crm/v3/objects/contacts", {"properties": {"email": "Ada@One.example", "firstname": "Ada"}}, 201
    )

    properties = made["properties"]
    assert properties["email"] == "ada@one.example"
    assert properties["hs_object_id"] == made["id"]
    assert properties["hs_email_domain"] == "one.example"
    assert properties["lifecyclestage"] == "lead"
    assert properties["createdate"] == made["createdAt"] == "2025-10-09T08:53:20Z"
    assert made["archived"] is False
    assert made["url"].endswith(f"/record/0-1/{made['id']}")
    assert all(isinstance(value, str) for value in properties.values())


def test_a_read_answers_default_properties_and_null_for_asked_ones_without_value(hubspot: HubSpot) -> None:
    contact = hubspot.create("contacts", email="ada@one.example")

    assert set(hubspot.read("contacts", contact)) == {
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    }
    assert hubspot.read("contacts", contact, "jobtitle")["jobtitle"] is None


def test_a_contact_is_found_by_e_mail_whatever_its_case(hubspot: HubSpot) -> None:
    contact = hubspot.create("contacts", email="ada@one.example")

    assert hubspot.get("/crm/v3/objects/contacts/ADA@one.example?idProperty=email")["id"] == contact


def test_an_update_changes_only_what_it_names(hubspot: HubSpot, clock: Clock) -> None:
    contact = hubspot.create("contacts", email="ada@one.example", firstname="Ada", lastname="L")
    clock.advance(60)

    status, body = hubspot.call("PATCH", f"/crm/v3/objects/contacts/{contact}", {"properties": {"lastname": ""}})

    assert status == 200
    assert body["updatedAt"] == "2025-10-09T08:54:20Z"
    read = hubspot.read("contacts", contact, "firstname", "lastname")
    assert (read["firstname"], read["lastname"]) == ("Ada", None)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_id_gives_404(hubspot: HubSpot, method: str) -> None:
    status, body = hubspot.call(method, "/crm/v3/objects/deals/123", {"properties": {}})

    assert status == 404
    assert body["category"] == "OBJECT_NOT_FOUND"


def test_an_archived_record_leaves_reads_lists_and_search_but_can_be_asked_for(hubspot: HubSpot) -> None:
    company = hubspot.create("companies", name="Acme")
    path = f"/crm/v3/objects/companies/{company}"

    assert hubspot.call("DELETE", path) == (204, None)

    hubspot.get(path, 404)
    assert hubspot.get("/crm/v3/objects/companies")["results"] == []
    assert hubspot.search("companies", {"propertyName": "name", "operator": "EQ", "value": "Acme"}) == []
    archived = hubspot.get(f"{path}?archived=true")
    assert archived["archived"] is True
    assert archived["archivedAt"]
    assert hubspot.get("/crm/v3/objects/companies?archived=true")["results"][0]["id"] == company


def test_archiving_twice_is_fine(hubspot: HubSpot) -> None:
    company = hubspot.create("companies", name="Acme")
    path = f"/crm/v3/objects/companies/{company}"

    assert [hubspot.call("DELETE", path)[0] for _ in range(2)] == [204, 204]


def test_a_list_is_paged_in_order_of_id_and_never_repeats(hubspot: HubSpot) -> None:
    made = [hubspot.create("companies", name=f"C{number}") for number in range(7)]
    seen: list[str] = []
    after = "0"
    while after:
        page = hubspot.get(f"/crm/v3/objects/companies?limit=3&after={after}")
        seen += [row["id"] for row in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after", "")

    assert seen == made


def test_a_list_page_above_100_is_refused(hubspot: HubSpot) -> None:
    assert hubspot.get("/crm/v3/objects/companies?limit=101", 400)["category"] == "VALIDATION_ERROR"


def test_a_read_can_carry_associations(hubspot: HubSpot) -> None:
    company = hubspot.create("companies", name="Acme")
    link = {"to": {"id": company}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]}
    contact = hubspot.create("contacts", [link], email="ada@one.example")

    body = hubspot.get(f"/crm/v3/objects/contacts/{contact}?associations=companies,deals")

    assert body["associations"] == {"companies": {"results": [{"id": company, "type": "contact_to_company"}]}}


def test_a_contact_can_be_deleted_for_good(hubspot: HubSpot) -> None:
    contact = hubspot.create("contacts", email="ada@one.example")

    body = {"objectId": "ada@one.example", "idProperty": "email"}
    status, _ = hubspot.call("POST", "/crm/v3/objects/contacts/gdpr-delete", body)

    assert status == 204
    hubspot.get(f"/crm/v3/objects/contacts/{contact}?archived=true", 404)


@pytest.mark.parametrize(
    ("kind", "properties", "missing"),
    [
        ("contacts", {"jobtitle": "CEO"}, "[email, firstname, lastname]"),
        ("companies", {"city": "Rome"}, "[name, domain]"),
        ("deals", {"amount": "1"}, "[dealname, dealstage]"),
        ("tickets", {"subject": "Help"}, "[hs_pipeline_stage]"),
        ("notes", {"hs_note_body": "x"}, "[hs_timestamp]"),
        ("calls", {"hs_call_body": "x"}, "[hs_timestamp]"),
        ("tasks", {"hs_task_subject": "x"}, "[hs_timestamp]"),
    ],
)
def test_a_record_without_its_required_properties_is_refused(
    hubspot: HubSpot, kind: str, properties: dict[str, str], missing: str
) -> None:
    body = hubspot.post(f"/crm/v3/objects/{kind}", {"properties": properties}, 400)

    assert body["message"].endswith("Some required properties were not set.")
    assert body["context"] == {"properties": [missing]}


def test_a_deal_without_a_pipeline_takes_the_default_one(hubspot: HubSpot) -> None:
    deal = hubspot.create("deals", dealname="D", dealstage="closedwon")

    assert hubspot.read("deals", deal, "pipeline")["pipeline"] == "default"


def test_a_body_that_is_no_json_is_refused(hubspot: HubSpot) -> None:
    answer = hubspot.http.post("/crm/v3/objects/contacts", content=b"{")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input JSON")


@pytest.mark.parametrize("body", [[], {"properties": []}, {"properties": {}, "associations": [{"to": 1}]}])
def test_a_body_of_another_shape_is_refused(hubspot: HubSpot, body: Any) -> None:
    assert hubspot.post("/crm/v3/objects/contacts", body, 400)["category"] == "VALIDATION_ERROR"
