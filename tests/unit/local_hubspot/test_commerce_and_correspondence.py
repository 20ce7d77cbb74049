"""Products, line items, meetings and e-mails: what HubSpot requires, takes over, computes and shows."""

import json
from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

UI = "/_local/ui"
MOMENT = "2026-01-08T10:00:00Z"


def links(*targets: tuple[str, int]) -> list[dict[str, Any]]:
    return [
        {"to": {"id": to_id}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]}
        for to_id, type_id in targets
    ]


@pytest.fixture
def deal(hubspot: HubSpot) -> str:
    return hubspot.create("deals", dealname="Pumps", dealstage="closedwon", amount="1200")


@pytest.mark.parametrize(
    ("kind", "properties", "missing"),
    [
        ("meetings", {"hs_meeting_title": "Demo"}, "hs_timestamp"),
        ("emails", {"hs_timestamp": MOMENT}, "hs_email_direction"),
        ("emails", {"hs_email_direction": "EMAIL"}, "hs_timestamp"),
        ("products", {"price": "3"}, "name"),
    ],
)
def test_what_is_required_is_named(hubspot: HubSpot, kind: str, properties: dict[str, str], missing: str) -> None:
    answer = hubspot.post(f"/crm/v3/objects/{kind}", {"properties": properties}, 400)

    assert missing in json.dumps(answer)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("meetings", {"hs_timestamp": MOMENT, "hs_meeting_outcome": "MAYBE"}),
        ("emails", {"hs_timestamp": MOMENT, "hs_email_direction": "UP"}),
        ("line_items", {"name": "Pump", "recurringbillingfrequency": "hourly"}),
    ],
)
def test_options_are_checked(hubspot: HubSpot, kind: str, properties: dict[str, str]) -> None:
    answer = hubspot.post(f"/crm/v3/objects/{kind}", {"properties": properties}, 400)

    assert "INVALID_OPTION" in json.dumps(answer)


@pytest.mark.parametrize(
    ("discount", "amount"),
    [({}, "1200.00"), ({"hs_discount_percentage": "10"}, "1080.00"), ({"discount": "50"}, "1050.00")],
)
def test_the_amount_of_a_line_item_is_computed(hubspot: HubSpot, discount: dict[str, str], amount: str) -> None:
    item = hubspot.create("line_items", name="Pump", price="400", quantity="3", **discount)

    assert hubspot.read("line_items", item, "amount")["amount"] == amount


def test_the_amount_of_a_line_item_cannot_be_set(hubspot: HubSpot) -> None:
    answer = hubspot.post("/crm/v3/objects/line_items", {"properties": {"name": "Pump", "amount": "1"}}, 400)

    assert "READ_ONLY_VALUE" in json.dumps(answer)


def test_a_line_item_takes_over_what_it_does_not_say_from_its_product(hubspot: HubSpot) -> None:
    product = hubspot.create("products", name="Pump", price="400", hs_sku="P-1")

    item = hubspot.create("line_items", hs_product_id=product, quantity="2", price="350")

    found = hubspot.read("line_items", item, "name", "price", "hs_sku", "amount")
    assert (found["name"], found["price"], found["hs_sku"], found["amount"]) == ("Pump", "350", "P-1", "700.00")


def test_a_sku_belongs_to_one_product(hubspot: HubSpot) -> None:
    hubspot.create("products", name="Pump", hs_sku="P-1")

    hubspot.post("/crm/v3/objects/products", {"properties": {"name": "Other", "hs_sku": "P-1"}}, 400)


def test_sender_and_recipients_of_an_email_come_from_its_headers(hubspot: HubSpot) -> None:
    headers = {"from": {"email": "ada@acme.example", "firstName": "Ada"}, "to": [{"email": "a@b.example"}]}
    email = hubspot.create(
        "emails", hs_timestamp=MOMENT, hs_email_direction="EMAIL", hs_email_headers=json.dumps(headers)
    )

    found = hubspot.read("emails", email, "hs_email_from_email", "hs_email_from_firstname", "hs_email_to_email")
    assert set(found.values()) >= {"ada@acme.example", "Ada", "a@b.example"}


def test_the_page_of_a_deal_shows_its_line_items_with_their_sum(hubspot: HubSpot, deal: str) -> None:
    for quantity in ("1", "2"):
        hubspot.create("line_items", links((deal, 20)), name="Pump", price="400", quantity=quantity)

    linked = {section["object"]: section for section in hubspot.get(f"{UI}/records/deals/{deal}")["associations"]}

    items = linked["line_items"]
    assert (items["label"], items["count"], items["sum"]) == ("Line items", 2, "1200.00")
    assert {record["amount"] for record in items["records"]} == {"400.00", "800.00"}


@pytest.mark.parametrize(
    ("kind", "meeting_type", "email_type"), [("contacts", 200, 198), ("companies", 188, 186), ("deals", 212, 210)]
)
def test_meetings_and_emails_are_in_the_timeline_of_what_they_belong_to(
    hubspot: HubSpot, kind: str, meeting_type: int, email_type: int
) -> None:
    given = {"contacts": {"email": "a@b.example"}, "companies": {"name": "Acme"}}
    record = hubspot.create(kind, **given.get(kind, {"dealname": "Pumps", "dealstage": "closedwon"}))
    hubspot.create(
        "meetings",
        links((record, meeting_type)),
        hs_timestamp=MOMENT,
        hs_meeting_title="Demo",
        hs_meeting_body="Seen",
    )
    hubspot.create(
        "emails",
        links((record, email_type)),
        hs_timestamp="2026-01-09T10:00:00Z",
        hs_email_direction="INCOMING_EMAIL",
        hs_email_subject="Offer",
        hs_email_text="Thank you",
    )

    timeline = hubspot.get(f"{UI}/records/{kind}/{record}")["timeline"]

    shown = {entry["object"]: (entry["title"], entry["state"], entry["body"]) for entry in timeline if "body" in entry}
    assert shown["meetings"] == ("Demo", "", "Seen")
    assert shown["emails"] == ("Offer", "Incoming email", "Thank you")


def test_products_are_a_table(hubspot: HubSpot) -> None:
    hubspot.create("products", name="Pump", price="400", hs_sku="P-1")

    body = hubspot.get(f"{UI}/records/products")

    names = [column["name"] for column in body["columns"]]
    assert dict(zip(names, body["rows"][0]["cells"], strict=True))["hs_sku"] == "P-1"
