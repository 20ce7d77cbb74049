"""Property definitions and groups."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

DEFINITION = {"name": "tier", "label": "Tier", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
CONTACTS = "/crm/v3/properties/contacts"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("contacts", {"email", "firstname", "lifecyclestage", "hubspot_owner_id", "numemployees"}),
        ("companies", {"name", "domain", "industry", "numberofemployees"}),
        ("deals", {"dealname", "dealstage", "pipeline", "amount", "closedate"}),
        ("tickets", {"subject", "content", "hs_pipeline_stage", "hs_ticket_priority"}),
        ("notes", {"hs_timestamp", "hs_note_body"}),
        ("calls", {"hs_timestamp", "hs_call_disposition", "hs_call_duration"}),
        ("tasks", {"hs_timestamp", "hs_task_status", "hs_task_subject"}),
    ],
)
def test_a_new_portal_has_hubspots_definitions(hubspot: HubSpot, kind: str, names: set[str]) -> None:
    rows = {row["name"]: row for row in hubspot.get(f"/crm/properties/2026-09/{kind}")["results"]}

    assert names <= rows.keys()
    assert all(row["hubspotDefined"] for row in rows.values())


def test_the_industry_has_its_148_options_and_call_outcomes_live_elsewhere(hubspot: HubSpot) -> None:
    assert len(hubspot.get("/crm/v3/properties/companies/industry")["options"]) == 148
    outcome = hubspot.get("/crm/v3/properties/calls/hs_call_disposition")
    assert (outcome["options"], outcome["externalOptions"]) == ([], True)
    assert len(hubspot.get("/calling/v1/dispositions")) == 6


def test_e_mail_says_it_is_not_unique_and_createdate_is_read_only_on_contacts_alone(hubspot: HubSpot) -> None:
    assert hubspot.get(f"{CONTACTS}/email")["hasUniqueValue"] is False
    assert hubspot.get(f"{CONTACTS}/createdate")["modificationMetadata"]["readOnlyValue"] is True
    assert hubspot.get("/crm/v3/properties/deals/createdate")["modificationMetadata"]["readOnlyValue"] is False


def test_a_created_property_takes_values_and_is_not_hubspots(hubspot: HubSpot) -> None:
    made = hubspot.post(CONTACTS, DEFINITION, 201)

    assert "hubspotDefined" not in made
    assert made["modificationMetadata"] == {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False}
    contact = hubspot.create("contacts", firstname="A", tier="gold")
    assert hubspot.read("contacts", contact, "tier")["tier"] == "gold"


def test_a_batch_creates_what_is_missing_and_names_what_exists(hubspot: HubSpot) -> None:
    hubspot.post(CONTACTS, DEFINITION, 201)

    body = hubspot.post(f"{CONTACTS}/batch/create", {"inputs": [DEFINITION, DEFINITION | {"name": "rank"}]}, 207)

    assert [row["name"] for row in body["results"]] == ["rank"]
    assert body["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_ALREADY_EXISTS",
            "subCategory": "Properties.PROPERTY_WITH_NAME_EXISTS",
            "message": "A property named 'tier' already exists.",
            "context": {"name": ["tier"]},
        }
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Tier"},
        {"type": "text"},
        {"fieldType": "input"},
        {"groupName": "nowhere"},
        {"type": "enumeration", "fieldType": "select"},
        {"label": None},
    ],
)
def test_a_bad_definition_is_refused(hubspot: HubSpot, change: dict[str, Any]) -> None:
    assert hubspot.post(CONTACTS, DEFINITION | change, 400)["category"] == "VALIDATION_ERROR"


def test_an_object_has_at_most_ten_unique_properties(hubspot: HubSpot) -> None:
    for number in range(10):
        hubspot.define("contacts", f"key_{number}", hasUniqueValue=True)

    body = hubspot.post(CONTACTS, DEFINITION | {"hasUniqueValue": True}, 400)

    assert "10 unique properties" in body["message"]
    hubspot.post(CONTACTS, DEFINITION, 201)


def test_a_unique_property_made_late_knows_the_values_written_after(hubspot: HubSpot) -> None:
    hubspot.create("contacts", firstname="Early")
    hubspot.define("contacts", "key", hasUniqueValue=True)
    hubspot.create("contacts", firstname="A", key="k")

    hubspot.post("/crm/v3/objects/contacts", {"properties": {"firstname": "B", "key": "k"}}, 400)


def test_new_options_of_a_property_are_taken_at_once(hubspot: HubSpot) -> None:
    option = {"label": "Gold", "value": "gold"}
    hubspot.define("contacts", "tier", type="enumeration", fieldType="select", options=[option])
    change = {"options": [option, {"label": "Silver", "value": "silver"}], "label": "Level"}

    assert hubspot.call("PATCH", f"{CONTACTS}/tier", change)[1]["label"] == "Level"

    hubspot.create("contacts", firstname="A", tier="silver")


def test_an_archived_property_takes_no_values_and_leaves_the_list(hubspot: HubSpot) -> None:
    hubspot.post(CONTACTS, DEFINITION, 201)

    assert hubspot.call("DELETE", f"{CONTACTS}/tier") == (204, None)

    hubspot.get(f"{CONTACTS}/tier", 404)
    assert [row["name"] for row in hubspot.get(f"{CONTACTS}?archived=true")["results"]] == ["tier"]
    body = hubspot.post("/crm/v3/objects/contacts", {"properties": {"firstname": "A", "tier": "x"}}, 400)
    assert body["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    hubspot.post(CONTACTS, DEFINITION, 201)


def test_hubspots_own_properties_cannot_be_archived(hubspot: HubSpot) -> None:
    assert hubspot.call("DELETE", f"{CONTACTS}/email")[0] == 400


def test_definitions_are_read_and_archived_in_batches(hubspot: HubSpot) -> None:
    hubspot.post(CONTACTS, DEFINITION, 201)
    names = {"inputs": [{"name": "tier"}, {"name": "nope"}]}

    body = hubspot.post(f"{CONTACTS}/batch/read", names, 207)
    assert [row["name"] for row in body["results"]] == ["tier"]
    assert body["errors"][0]["context"] == {"name": ["nope"]}

    assert hubspot.call("POST", f"{CONTACTS}/batch/archive", names)[0] == 204
    hubspot.get(f"{CONTACTS}/tier", 404)


def test_a_group_is_made_changed_and_removed(hubspot: HubSpot) -> None:
    path = f"{CONTACTS}/groups"
    hubspot.get(f"{path}/simcrm", 404)

    made = hubspot.post(path, {"name": "simcrm", "label": "SimCRM"}, 201)
    assert set(made) == {"name", "label", "displayOrder", "archived"}
    assert hubspot.post(path, {"name": "simcrm", "label": "SimCRM"}, 409)["category"] == "OBJECT_ALREADY_EXISTS"
    assert hubspot.call("PATCH", f"{path}/simcrm", {"label": "Sim"})[1]["label"] == "Sim"
    assert "simcrm" in [row["name"] for row in hubspot.get(path)["results"]]
    assert hubspot.call("DELETE", f"{path}/simcrm")[0] == 204
    hubspot.get(f"{path}/simcrm", 404)


def test_a_group_that_holds_properties_stays(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "tier")

    assert hubspot.call("DELETE", f"{CONTACTS}/groups/custom")[0] == 400
