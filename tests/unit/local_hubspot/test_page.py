"""The page and the JSON it reads."""

import re
from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

UI = "/_local/ui"


@pytest.fixture
def lead(hubspot: HubSpot) -> dict[str, str]:
    """A contact at a company with a deal, a note and a call."""
    hubspot.post("/crm/v3/properties/contacts/groups", {"name": "simcrm", "label": "SimCRM"}, 201)
    hubspot.define("contacts", "simcrm_simulated_at", groupName="simcrm", type="datetime", fieldType="date")

    def links(*targets: tuple[str, int]) -> list[Any]:
        return [
            {"to": {"id": to_id}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]}
            for to_id, type_id in targets
        ]

    company = hubspot.create("companies", name="Acme", domain="acme.example")
    contact = hubspot.create(
        "contacts",
        links((company, 1)),
        firstname="Ada",
        lastname="Lovelace",
        email="ada@acme.example",
        hubspot_owner_id="71000001",
        simcrm_simulated_at="2026-01-05T00:00:00Z",
    )
    deal = hubspot.create(
        "deals", links((contact, 3), (company, 5)), dealname="Pumps", dealstage="closedwon", amount="1200"
    )
    hubspot.create("notes", links((contact, 202)), hs_timestamp="2026-01-07T00:00:00Z", hs_note_body="<p>Hi</p>")
    hubspot.create("calls", links((contact, 194)), hs_timestamp="2026-01-06T00:00:00Z", hs_call_title="First call")
    return {"company": company, "contact": contact, "deal": deal}


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), (f"{UI}/app.js", "text/javascript"), (f"{UI}/style.css", "text/css")],
)
def test_the_page_needs_no_token_and_asks_no_other_host(hubspot: HubSpot, path: str, kind: str) -> None:
    answer = hubspot.http.get(path, headers={"Authorization": ""})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    addresses = set(re.findall(r"https?://[^\s\"')]+", answer.text))
    assert addresses <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", [f"{UI}/nothing.js", f"{UI}/records/butterflies", f"{UI}/records/contacts/7"])
def test_what_is_not_there_gives_404(hubspot: HubSpot, path: str) -> None:
    hubspot.get(path, 404)


def test_the_overview_counts_objects(hubspot: HubSpot, lead: dict[str, str]) -> None:
    body = hubspot.get(f"{UI}/portal")

    assert {row["name"]: row["count"] for row in body["objects"]} == {
        "contacts": 1,
        "companies": 1,
        "deals": 1,
        "tickets": 0,
        "notes": 1,
        "calls": 1,
        "tasks": 0,
        "products": 0,
        "line_items": 0,
        "meetings": 0,
        "emails": 0,
    }
    assert body["associations"] == 5
    assert lead


def make_row(body: Any) -> dict[str, Any]:
    names = [column["name"] for column in body["columns"]]
    return dict(zip(names, body["rows"][0]["cells"], strict=True))


def test_a_table_shows_names_where_the_api_has_ids(hubspot: HubSpot, lead: dict[str, str]) -> None:
    contact = make_row(hubspot.get(f"{UI}/records/contacts"))
    deal = make_row(hubspot.get(f"{UI}/records/deals"))

    assert contact["title"] == "Ada Lovelace"
    assert (contact["company_link"], contact["hubspot_owner_id"]) == ("Acme", "Amara Okafor")
    assert (contact["lifecyclestage"], contact["date"]) == ("Lead", "2026-01-05T00:00:00Z")
    assert (deal["dealstage"], deal["company_link"], deal["contact_link"]) == ("Closed Won", "Acme", "Ada Lovelace")
    assert lead


def test_a_table_is_searched_sorted_and_paged(hubspot: HubSpot) -> None:
    for name, staff in (("Beta", "9"), ("alpha", "30"), ("Gamma", "100")):
        hubspot.create("companies", name=name, numberofemployees=staff, city="Rome" if staff == "9" else "Oslo")

    def titles(query: str) -> list[str]:
        return [row["cells"][0] for row in hubspot.get(f"{UI}/records/companies?{query}")["rows"]]

    assert titles("") == ["Gamma", "alpha", "Beta"]
    assert titles("sort=title") == ["alpha", "Beta", "Gamma"]
    assert titles("sort=-numberofemployees") == ["Gamma", "alpha", "Beta"]
    assert titles("q=rOmE") == ["Beta"]
    assert titles("limit=1&offset=1&sort=title") == ["Beta"]
    assert titles("limit=1&offset=1&sort=-title") == ["Beta"]


def test_a_contact_is_found_by_its_full_name(hubspot: HubSpot, lead: dict[str, str]) -> None:
    body = hubspot.get(f"{UI}/records/contacts?q=ada%20love")

    assert [row["id"] for row in body["rows"]] == [lead["contact"]]


def test_a_record_shows_its_own_group_first_its_links_and_its_timeline(hubspot: HubSpot, lead: dict[str, str]) -> None:
    body = hubspot.get(f"{UI}/records/contacts/{lead['contact']}")

    assert (body["title"], body["groups"][0]["label"]) == ("Ada Lovelace", "SimCRM")
    linked = {section["object"]: section["records"] for section in body["associations"]}
    assert linked["companies"][0]["labels"] == ["Primary"]
    assert (linked["deals"][0]["title"], linked["deals"][0]["amount"]) == ("Pumps", "1200")
    assert [entry["object"] for entry in body["timeline"]] == ["notes", "calls", "created", "deals"]
