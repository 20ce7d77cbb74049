"""The account, its owners, its pipelines, its limits."""

import pytest
from unit.local_hubspot.conftest import HubSpot


@pytest.mark.parametrize(
    "path", ["/account-info/v3/details", "/account-info/2026-03/details", "/account-info/2026-09/details"]
)
def test_the_account_is_a_test_account_unless_told_otherwise(hubspot: HubSpot, path: str) -> None:
    assert hubspot.get(path)["accountType"] == "DEVELOPER_TEST"

    hubspot.set(accountType="STANDARD")

    body = hubspot.get(path)
    assert body["accountType"] == "STANDARD"
    assert (body["utcOffset"], body["utcOffsetMilliseconds"]) == ("-04:00", -4 * 3_600_000)


@pytest.mark.parametrize("path", ["/crm/v3/owners/", "/crm/v3/owners", "/crm/owners/2026-09"])
def test_owners_are_people_in_pages(hubspot: HubSpot, path: str) -> None:
    first = hubspot.get(f"{path}?limit=2")
    second = hubspot.get(f"{path}?limit=100&after={first['paging']['next']['after']}")

    assert len(first["results"]) == 2
    assert len({row["id"] for row in first["results"] + second["results"]}) == 5
    assert {row["type"] for row in first["results"]} == {"PERSON"}


def test_an_owner_is_found_by_e_mail_id_or_user_id(hubspot: HubSpot) -> None:
    owner = hubspot.get("/crm/v3/owners/")["results"][3]

    assert hubspot.get(f"/crm/v3/owners/?email={owner['email']}")["results"] == [owner]
    assert hubspot.get(f"/crm/v3/owners/{owner['id']}") == owner
    assert hubspot.get(f"/crm/v3/owners/{owner['userId']}?idProperty=userId") == owner
    hubspot.get("/crm/v3/owners/1", 404)


def test_an_owner_of_the_portal_may_own_a_record(hubspot: HubSpot) -> None:
    owner = hubspot.get("/crm/v3/owners/")["results"][0]["id"]

    company = hubspot.create("companies", name="Acme", hubspot_owner_id=owner)

    assert hubspot.read("companies", company, "hubspot_owner_id")["hubspot_owner_id"] == owner


def test_deals_have_the_sales_pipeline_with_probabilities_as_text(hubspot: HubSpot) -> None:
    (pipeline,) = hubspot.get("/crm/pipelines/2026-09/deals")["results"]

    assert (pipeline["id"], len(pipeline["stages"])) == ("default", 7)
    won = hubspot.get("/crm/v3/pipelines/deals/default/stages/closedwon")
    assert won["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert hubspot.get("/crm/v3/pipelines/deals/default/stages")["results"] == pipeline["stages"]
    assert hubspot.get("/crm/v3/pipelines/deals/default") == pipeline


def test_tickets_have_the_support_pipeline_and_notes_have_none(hubspot: HubSpot) -> None:
    (pipeline,) = hubspot.get("/crm/v3/pipelines/tickets")["results"]

    assert [stage["id"] for stage in pipeline["stages"]] == ["1", "2", "3", "4"]
    assert hubspot.get("/crm/v3/pipelines/notes")["results"] == []
    hubspot.get("/crm/v3/pipelines/tickets/9", 404)
    hubspot.get("/crm/v3/pipelines/tickets/0/stages/9", 404)


def test_usage_counts_records_and_custom_properties(hubspot: HubSpot) -> None:
    hubspot.define("companies", "tier")
    hubspot.create("companies", name="Acme")

    records = hubspot.get("/crm/limits/2026-03/records")["hubspotDefinedObjectTypes"]
    properties = hubspot.get("/crm/v3/limits/custom-properties")

    usage = {row["objectTypeId"]: row["usage"] for row in records}
    assert usage == {"0-1": 0, "0-2": 1, "0-3": 0, "0-5": 0, "0-7": 0, "0-8": 0}
    assert properties["overallUsage"] == 1


def test_an_unknown_path_gives_404_in_json(hubspot: HubSpot) -> None:
    assert hubspot.get("/crm/v9/objects/contacts", 404)["status"] == "error"


RENEWALS = {
    "label": "Renewals",
    "displayOrder": 1,
    "stages": [
        {"label": "Due", "displayOrder": 0, "metadata": {"probability": "0.5"}},
        {"label": "Renewed", "stageId": "won-again", "metadata": {"probability": "1.0"}},
    ],
}


def test_a_pipeline_can_be_added_and_its_stages_are_for_its_own_deals(hubspot: HubSpot) -> None:
    made = hubspot.post("/crm/v3/pipelines/deals", RENEWALS, 201)

    assert (made["id"], [stage["id"] for stage in made["stages"]]) == ("renewals", ["due", "won-again"])
    deal = hubspot.create("deals", dealname="D", dealstage="due", pipeline="renewals")
    hubspot.post("/crm/v3/objects/deals", {"properties": {"dealname": "D", "dealstage": "due"}}, 400)
    status, _ = hubspot.call("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": {"dealstage": "closedwon"}})
    assert status == 400
    move = {"dealstage": "closedwon", "pipeline": "default"}
    assert hubspot.call("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": move})[0] == 200


def test_a_pipeline_is_added_once_to_objects_that_have_pipelines_and_leaves_with_a_reset(hubspot: HubSpot) -> None:
    hubspot.post("/crm/v3/pipelines/deals", RENEWALS, 201)

    hubspot.post("/crm/v3/pipelines/deals", RENEWALS, 409)
    hubspot.post("/crm/v3/pipelines/notes", RENEWALS, 400)
    hubspot.call("POST", "/_local/reset")

    assert len(hubspot.get("/crm/v3/pipelines/deals")["results"]) == 1


def test_a_full_portal_takes_changes_but_no_new_record(hubspot: HubSpot) -> None:
    hubspot.set(recordsPerObject=2)
    present = hubspot.create("companies", name="A")

    inputs = [{"properties": {"name": name}, "objectWriteTraceId": name} for name in "BC"]
    answer = hubspot.post("/crm/v3/objects/companies/batch/create", {"inputs": inputs}, 207)
    hubspot.post("/crm/v3/objects/companies", {"properties": {"name": "D"}}, 400)

    assert [error["context"]["objectWriteTraceId"] for error in answer["errors"]] == [["C"]]
    assert hubspot.call("PATCH", f"/crm/v3/objects/companies/{present}", {"properties": {"name": "E"}})[0] == 200
    (companies,) = [
        row
        for row in hubspot.get("/crm/v3/limits/records")["hubspotDefinedObjectTypes"]
        if row["objectTypeId"] == "0-2"
    ]
    assert (companies["limit"], companies["usage"], companies["percentage"]) == (2, 2, 100.0)
