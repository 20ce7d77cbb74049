"""Search: operators, sorting, paging, limits, lag."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import Clock, HubSpot

DEALS = "/crm/v3/objects/deals/search"


def where(name: str, operator: str, value: str = "", **more: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": value, **more}


@pytest.fixture
def deals(hubspot: HubSpot) -> dict[str, str]:
    rows = {
        "small": {"amount": "90", "closedate": "2026-01-10T00:00:00Z", "description": "Blue pump for Rome"},
        "large": {"amount": "1000", "closedate": "2026-03-10T00:00:00Z", "description": "red valve"},
        "open": {"dealstage": "contractsent", "description": "Red pump"},
    }
    return {
        name: hubspot.create("deals", **({"dealname": name.title(), "dealstage": "closedwon"} | row))
        for name, row in rows.items()
    }


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (where("dealname", "EQ", "SMALL"), {"small"}),
        (where("dealname", "NEQ", "small"), {"large", "open"}),
        (where("dealstage", "IN", values=["closedwon", "closedlost"]), {"small", "large"}),
        (where("dealstage", "NOT_IN", values=["closedwon"]), {"open"}),
        (where("dealname", "IN", values=["small"]), {"small"}),
        (where("dealname", "IN", values=["Small"]), set()),
        (where("amount", "HAS_PROPERTY"), {"small", "large"}),
        (where("amount", "NOT_HAS_PROPERTY"), {"open"}),
        (where("amount", "GT", "90"), {"large"}),
        (where("amount", "GTE", "90"), {"small", "large"}),
        (where("amount", "LT", "1000"), {"small"}),
        (where("amount", "LTE", "1000.0"), {"small", "large"}),
        (where("amount", "EQ", "90.0"), {"small"}),
        (where("amount", "BETWEEN", "50", highValue="100"), {"small"}),
        (where("closedate", "GTE", "1770000000000"), {"large"}),
        (where("closedate", "LT", "2026-02-01"), {"small"}),
        (where("description", "CONTAINS_TOKEN", "pump"), {"small", "open"}),
        (where("description", "CONTAINS_TOKEN", "pu*"), {"small", "open"}),
        (where("description", "CONTAINS_TOKEN", "red pump"), {"open"}),
        (where("description", "NOT_CONTAINS_TOKEN", "red"), {"small"}),
    ],
)
def test_an_operator_finds_what_it_says(
    hubspot: HubSpot, deals: dict[str, str], condition: dict[str, Any], names: set[str]
) -> None:
    assert set(hubspot.search("deals", condition)) == {deals[name] for name in names}


def test_filters_of_a_group_all_hold_and_groups_are_alternatives(hubspot: HubSpot, deals: dict[str, str]) -> None:
    groups = [
        {"filters": [where("dealstage", "EQ", "closedwon"), where("amount", "GT", "100")]},
        {"filters": [where("dealname", "EQ", "open")]},
    ]

    assert set(hubspot.search("deals", filterGroups=groups)) == {deals["large"], deals["open"]}


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ({"propertyName": "amount", "direction": "DESCENDING"}, ["large", "small", "open"]),
        ({"propertyName": "amount", "direction": "ASCENDING"}, ["small", "large", "open"]),
        ("-dealname", ["small", "open", "large"]),
        ("hs_object_id", ["small", "large", "open"]),
    ],
)
def test_hits_are_sorted_with_empty_values_last(
    hubspot: HubSpot, deals: dict[str, str], sort: Any, order: list[str]
) -> None:
    assert hubspot.search("deals", sorts=[sort]) == [deals[name] for name in order]


def test_hits_are_counted_and_paged(hubspot: HubSpot) -> None:
    hubspot.define("companies", "tag")
    made = [hubspot.create("companies", name=f"C{number}", tag="x") for number in range(12)]
    body = {"filterGroups": [{"filters": [where("tag", "EQ", "x")]}]}

    first = hubspot.post("/crm/v3/objects/companies/search", body, 200)
    second = hubspot.post("/crm/v3/objects/companies/search", body | first["paging"]["next"], 200)

    assert first["total"] == second["total"] == 12
    assert [row["id"] for row in first["results"] + second["results"]] == made
    assert "paging" not in second


def test_paging_by_the_last_id_reaches_every_record(hubspot: HubSpot) -> None:
    made = [hubspot.create("companies", name="C") for _ in range(5)]

    later = hubspot.search("companies", where("name", "EQ", "C"), where("hs_object_id", "GT", made[1]))

    assert later == made[2:]


def test_a_search_by_words_finds_beginnings(hubspot: HubSpot) -> None:
    ada = hubspot.create("contacts", firstname="Ada", lastname="Lovelace", email="ada@one.example")
    hubspot.create("contacts", firstname="Alan", email="alan@two.example")

    assert hubspot.search("contacts", query="love ada") == [ada]


def test_records_are_found_by_what_they_are_linked_to(hubspot: HubSpot) -> None:
    company = hubspot.create("companies", name="Acme")
    link = {"to": {"id": company}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]}
    contact = hubspot.create("contacts", [link], firstname="A")
    alone = hubspot.create("contacts", firstname="B")

    assert hubspot.search("contacts", where("associations.company", "EQ", company)) == [contact]
    assert hubspot.search("contacts", where("associations.company", "NOT_HAS_PROPERTY")) == [alone]


def test_a_changed_value_is_found_and_the_old_one_no_more(hubspot: HubSpot) -> None:
    company = hubspot.create("companies", name="Old")
    assert hubspot.search("companies", where("name", "EQ", "old")) == [company]

    hubspot.call("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"name": "New"}})

    assert hubspot.search("companies", where("name", "EQ", "old")) == []
    assert hubspot.search("companies", where("name", "EQ", "new")) == [company]


MANY = [where("dealname", "HAS_PROPERTY")]


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": MANY}] * 6},
        {"filterGroups": [{"filters": MANY * 7}]},
        {"filterGroups": [{"filters": MANY * 5}] * 4},
        {"sorts": ["dealname", "amount"]},
        {"sorts": ["no_such"]},
        {"limit": 201},
        {"limit": 100, "after": "9950"},
        {"after": "x"},
        {"query": "x" * 3000},
        {"filterGroups": [{"filters": [where("no_such", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [where("dealname", "LIKE", "1")]}]},
        {"filterGroups": [{"filters": [where("dealname", "IN")]}]},
        {"filterGroups": [{"filters": [where("associations.butterfly", "EQ", "1")]}]},
    ],
)
def test_a_search_over_a_limit_or_with_unknown_names_is_refused(hubspot: HubSpot, body: dict[str, Any]) -> None:
    assert hubspot.post(DEALS, body, 400)["status"] == "error"


def test_the_greatest_allowed_search_passes(hubspot: HubSpot, deals: dict[str, str]) -> None:
    short = [{"propertyName": "dealname", "operator": "HAS_PROPERTY"}]
    groups = [{"filters": short * 6}] * 3

    body = hubspot.post(DEALS, {"filterGroups": groups, "limit": 200, "after": "0"}, 200)

    assert body["total"] == len(deals)


def test_a_new_record_is_found_only_after_the_lag_but_read_at_once(hubspot: HubSpot, clock: Clock) -> None:
    hubspot.set(searchLagSeconds=5)
    company = hubspot.create("companies", name="Acme")

    assert hubspot.read("companies", company)["name"] == "Acme"
    assert hubspot.search("companies", where("name", "EQ", "Acme")) == []
    clock.advance(5)
    assert hubspot.search("companies", where("name", "EQ", "Acme")) == [company]


def test_a_change_is_seen_by_search_only_after_the_lag(hubspot: HubSpot, clock: Clock) -> None:
    hubspot.set(searchLagSeconds=5)
    company = hubspot.create("companies", name="Old")
    clock.advance(60)
    hubspot.call("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"name": "New"}})

    assert hubspot.search("companies", where("name", "EQ", "old")) == [company]
    assert hubspot.search("companies", where("name", "EQ", "new")) == []
    clock.advance(5)
    assert hubspot.search("companies", where("name", "EQ", "new")) == [company]
