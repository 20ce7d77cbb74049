"""Settings, counters, reset, and what the portal does by itself."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot


def test_counters_tell_calls_by_template_and_status(hubspot: HubSpot) -> None:
    first = hubspot.create("contacts", email="a@one.example")
    hubspot.get(f"/crm/v3/objects/contacts/{first}")
    hubspot.get("/crm/v3/objects/contacts/7", 404)
    hubspot.call("DELETE", f"/crm/v3/objects/contacts/{first}")

    stats = hubspot.get("/_local/stats")

    assert stats["requests"]["GET /crm/v3/objects/{objectType}/{objectId}"] == {"200": 1, "404": 1}
    assert (stats["totalRequests"], stats["writeCalls"]) == (4, 2)
    assert (stats["objects"]["contacts"], stats["archived"]["contacts"]) == (0, 1)


def test_counters_tell_the_bytes_of_all_bodies(hubspot: HubSpot) -> None:
    received = []
    for letters in (1, 11):
        hubspot.create("contacts", firstname="a" * letters)
        received.append(hubspot.get("/_local/stats")["receivedBytes"])

    assert received[1] - received[0] == received[0] + 10


def test_a_reset_empties_the_portal_and_keeps_the_settings(hubspot: HubSpot) -> None:
    hubspot.set(accountType="SANDBOX")
    hubspot.define("contacts", "tier")
    hubspot.create("contacts", email="a@one.example")
    hubspot.fault(status=500)

    assert hubspot.call("POST", "/_local/reset")[0] == 204

    stats = hubspot.get("/_local/stats")
    assert (stats["objects"]["contacts"], stats["totalRequests"]) == (0, 0)
    hubspot.get("/crm/v3/properties/contacts/tier", 404)
    assert hubspot.get("/account-info/v3/details")["accountType"] == "SANDBOX"
    assert hubspot.create("contacts", email="a@one.example")


@pytest.mark.parametrize("change", [{"plan": "gold"}, {"callsPerDay": 0}, {"speed": 1}, {"searchLagSeconds": -1}])
def test_a_bad_setting_is_refused_and_changes_nothing(hubspot: HubSpot, change: dict[str, Any]) -> None:
    before = hubspot.get("/_local/settings")

    assert hubspot.call("PUT", "/_local/settings", change)[0] == 400

    assert hubspot.get("/_local/settings") == before


def associated_companies(hubspot: HubSpot, contact: str) -> list[str]:
    rows = hubspot.get(f"/crm/v4/objects/contacts/{contact}/associations/companies")["results"]
    return [row["toObjectId"] for row in rows]


def test_contacts_stay_alone_unless_companies_are_made_for_them(hubspot: HubSpot) -> None:
    hubspot.create("contacts", email="a@acme-tools.example")

    assert hubspot.count("companies") == 0


def test_a_contact_is_linked_to_the_company_of_its_domain(hubspot: HubSpot) -> None:
    hubspot.set(createCompanies=True)
    company = hubspot.create("companies", name="Acme", domain="acme-tools.example")

    contact = hubspot.create("contacts", email="a@acme-tools.example")

    assert associated_companies(hubspot, contact) == [company]
    assert hubspot.count("companies") == 1


def test_a_company_is_made_where_none_has_the_domain(hubspot: HubSpot) -> None:
    hubspot.set(createCompanies=True)

    contacts = [hubspot.create("contacts", email=f"{name}@acme-tools.example") for name in "ab"]

    (company,) = {other for contact in contacts for other in associated_companies(hubspot, contact)}
    read = hubspot.read("companies", company)
    assert (read["domain"], read["name"]) == ("acme-tools.example", "Acme Tools")


def test_free_mail_goes_by_the_website(hubspot: HubSpot) -> None:
    hubspot.set(createCompanies=True)

    hubspot.create("contacts", email="a@gmail.com")
    contact = hubspot.create("contacts", email="b@gmail.com", website="https://acme.example/about")

    (company,) = associated_companies(hubspot, contact)
    assert hubspot.read("companies", company)["domain"] == "acme.example"
    assert hubspot.count("companies") == 1


def test_a_contact_created_with_a_company_keeps_it(hubspot: HubSpot) -> None:
    hubspot.set(createCompanies=True)
    company = hubspot.create("companies", name="Acme", domain="other.example")
    link = {"to": {"id": company}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]}

    contact = hubspot.create("contacts", [link], email="a@acme-tools.example")

    assert associated_companies(hubspot, contact) == [company]
    assert hubspot.count("companies") == 1
