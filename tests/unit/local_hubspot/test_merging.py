"""Two records made one."""

import pytest
from unit.local_hubspot.conftest import HubSpot

CONTACTS = "/crm/v3/objects/contacts"


def contact(hubspot: HubSpot, **properties: str) -> str:
    return str(hubspot.post(CONTACTS, {"properties": properties}, 201)["id"])


def merge(hubspot: HubSpot, primary: str, other: str, status: int = 200, kind: str = "contacts") -> None:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    hubspot.post(f"/crm/v3/objects/{kind}/merge", body, status)


def test_the_primary_record_keeps_its_values_and_takes_what_it_lacks(hubspot: HubSpot) -> None:
    primary = contact(hubspot, email="a@one.example", firstname="Ada")
    other = contact(hubspot, email="b@one.example", firstname="Bea", city="Oslo")

    merge(hubspot, primary, other)

    found = hubspot.get(f"{CONTACTS}/{primary}?properties=email,firstname,city,hs_merged_object_ids")["properties"]
    assert (found["email"], found["firstname"], found["city"]) == ("a@one.example", "Ada", "Oslo")
    assert found["hs_merged_object_ids"] == other
    hubspot.get(f"{CONTACTS}/{other}", 404)


def test_the_links_of_the_other_record_come_along(hubspot: HubSpot) -> None:
    primary, other = contact(hubspot, email="a@one.example"), contact(hubspot, email="b@one.example")
    company = hubspot.post("/crm/v3/objects/companies", {"properties": {"name": "One"}}, 201)["id"]
    hubspot.http.put(f"/crm/v4/objects/contacts/{other}/associations/default/companies/{company}").raise_for_status()

    merge(hubspot, primary, other)

    linked = hubspot.get(f"/crm/v4/objects/companies/{company}/associations/contacts")["results"]
    assert [str(row["toObjectId"]) for row in linked] == [primary]


def test_unique_values_are_taken_over(hubspot: HubSpot) -> None:
    primary, other = contact(hubspot, lastname="Okafor"), contact(hubspot, email="b@one.example")

    merge(hubspot, primary, other)

    assert hubspot.get(f"{CONTACTS}/b@one.example?idProperty=email")["id"] == primary


@pytest.mark.parametrize(("kind", "status"), [("contacts", 400), ("notes", 400)])
def test_what_cannot_be_merged_is_refused(hubspot: HubSpot, kind: str, status: int) -> None:
    properties = {"contacts": {"lastname": "Okafor"}, "notes": {"hs_timestamp": "2026-03-02T14:00:00Z"}}[kind]
    first, second = (
        str(hubspot.post(f"/crm/v3/objects/{kind}", {"properties": properties}, 201)["id"]) for _ in range(2)
    )

    merge(hubspot, first, first if kind == "contacts" else second, status, kind)


def test_a_record_that_is_not_there_is_named(hubspot: HubSpot) -> None:
    merge(hubspot, contact(hubspot, lastname="Okafor"), "404404", 404)
