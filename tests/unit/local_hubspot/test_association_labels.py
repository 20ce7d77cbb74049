"""Custom labels of associations: made by the portal's users, in both directions, within the subscription."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

ROOTS = ("/crm/v4/associations", "/crm/associations/2026-03", "/crm/associations/2026-09")
LABELS = "/crm/v4/associations/deals/contacts/labels"
DECIDER = {"label": "Decision Maker", "name": "decision_maker"}


def custom(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["label"]: row["typeId"] for row in rows if row["category"] == "USER_DEFINED"}


def pair(deal: str, contact: str, *custom_ids: int, default: bool = True) -> dict[str, Any]:
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": type_id} for type_id in custom_ids]
    types += [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}] if default else []
    return {"from": {"id": deal}, "to": {"id": contact}, "types": types}


def labels_of(hubspot: HubSpot, kind: str, record: str, target: str) -> dict[str, set[str | None]]:
    rows = hubspot.get(f"/crm/v4/objects/{kind}/{record}/associations/{target}")["results"]
    return {row["toObjectId"]: {each["label"] for each in row["associationTypes"]} for row in rows}


@pytest.fixture
def deal(hubspot: HubSpot) -> str:
    return str(hubspot.create("deals", dealname="Tooling", dealstage="qualifiedtobuy"))


@pytest.fixture
def contact(hubspot: HubSpot) -> str:
    return str(hubspot.create("contacts", email="ada@one.example"))


@pytest.mark.parametrize("root", ROOTS)
def test_a_label_has_a_type_in_each_direction(hubspot: HubSpot, root: str) -> None:
    made = hubspot.post(f"{root}/deals/contacts/labels", DECIDER, 200)["results"]

    assert [(row["category"], row["label"]) for row in made] == [("USER_DEFINED", "Decision Maker")] * 2
    forward, backward = (
        custom(hubspot.get(f"{root}/{ends}/labels")["results"]) for ends in ("deals/contacts", "contacts/deals")
    )
    assert [*forward.values(), *backward.values()] == [row["typeId"] for row in made]
    assert forward.keys() == backward.keys() == {"Decision Maker"}
    assert None in {row["label"] for row in hubspot.get(f"{root}/deals/contacts/labels")["results"]}


def test_a_paired_label_reads_otherwise_from_the_other_side(hubspot: HubSpot) -> None:
    hubspot.post(LABELS, {"label": "Signs", "name": "signs", "inverseLabel": "Signed by"}, 200)

    assert custom(hubspot.get("/crm/v4/associations/contacts/deals/labels")["results"]).keys() == {"Signed by"}


def test_a_labelled_pair_keeps_the_unlabelled_type_and_shows_both_ends(
    hubspot: HubSpot, deal: str, contact: str
) -> None:
    type_id = hubspot.post(LABELS, DECIDER, 200)["results"][0]["typeId"]

    answer = hubspot.post(
        "/crm/v4/associations/deals/contacts/batch/create",
        {"inputs": [pair(deal, contact, type_id, default=False)]},
        201,
    )

    assert answer["results"][0]["labels"] == ["Decision Maker"]
    assert labels_of(hubspot, "deals", deal, "contacts") == {contact: {None, "Decision Maker"}}
    assert labels_of(hubspot, "contacts", contact, "deals") == {deal: {None, "Decision Maker"}}


def test_setting_labels_replaces_those_of_the_pair(hubspot: HubSpot, deal: str, contact: str) -> None:
    first = hubspot.post(LABELS, DECIDER, 200)["results"][0]["typeId"]
    second = hubspot.post(LABELS, {"label": "Champion", "name": "champion"}, 200)["results"][0]["typeId"]
    path = "/crm/v4/associations/deals/contacts/batch/create"
    hubspot.post(path, {"inputs": [pair(deal, contact, first)]}, 201)

    hubspot.post(path, {"inputs": [pair(deal, contact, second)]}, 201)

    assert labels_of(hubspot, "deals", deal, "contacts") == {contact: {None, "Champion"}}
    assert labels_of(hubspot, "contacts", contact, "deals") == {deal: {None, "Champion"}}


@pytest.mark.parametrize("category", ["USER_DEFINED", "HUBSPOT_DEFINED"])
def test_an_unknown_type_is_refused(hubspot: HubSpot, deal: str, contact: str, category: str) -> None:
    spec = {"associationCategory": category, "associationTypeId": 10_001}
    body = {"inputs": [{"from": {"id": deal}, "to": {"id": contact}, "types": [spec]}]}

    assert "10001" in hubspot.post("/crm/v4/associations/deals/contacts/batch/create", body, 400)["message"]


def test_a_label_of_the_other_direction_is_refused(hubspot: HubSpot, deal: str, contact: str) -> None:
    backward = hubspot.post(LABELS, DECIDER, 200)["results"][1]["typeId"]

    hubspot.post("/crm/v4/associations/deals/contacts/batch/create", {"inputs": [pair(deal, contact, backward)]}, 400)


@pytest.mark.parametrize(
    "given",
    [{**DECIDER, "name": "decision-maker"}, {**DECIDER, "name": "1st"}, {"name": "x"}, {**DECIDER, "label": ""}],
)
def test_names_have_no_hyphen_and_begin_with_no_digit(hubspot: HubSpot, given: dict[str, str]) -> None:
    hubspot.post(LABELS, given, 400)


def test_a_label_exists_once(hubspot: HubSpot) -> None:
    hubspot.post(LABELS, DECIDER, 200)

    assert "already exists" in hubspot.post(LABELS, DECIDER, 400)["message"]


def test_a_pair_of_types_has_ten_labels_at_most(hubspot: HubSpot) -> None:
    for number in range(10):
        hubspot.post(LABELS, {"label": f"Label {number}", "name": f"label_{number}"}, 200)

    assert "limit of 10" in hubspot.post(LABELS, DECIDER, 400)["message"]
    hubspot.post("/crm/v4/associations/tickets/contacts/labels", DECIDER, 200)


@pytest.mark.parametrize(("subscription", "status"), [("free", 403), ("starter", 403), ("professional", 200)])
def test_labels_need_a_higher_subscription(hubspot: HubSpot, subscription: str, status: int) -> None:
    hubspot.set(plan=subscription)

    hubspot.post(LABELS, DECIDER, status)


def test_a_label_is_renamed_and_deleted_unless_it_is_in_use(hubspot: HubSpot, deal: str, contact: str) -> None:
    type_id = hubspot.post(LABELS, DECIDER, 200)["results"][0]["typeId"]
    assert hubspot.call("PUT", LABELS, {"associationTypeId": type_id, "label": "Decider"})[0] == 204
    path = "/crm/v4/associations/deals/contacts/batch/create"
    hubspot.post(path, {"inputs": [pair(deal, contact, type_id)]}, 201)
    assert labels_of(hubspot, "deals", deal, "contacts") == {contact: {None, "Decider"}}

    assert hubspot.call("DELETE", f"{LABELS}/{type_id}")[0] == 400
    hubspot.post(
        "/crm/v4/associations/deals/contacts/batch/labels/archive",
        {"inputs": [pair(deal, contact, type_id, default=False)]},
        204,
    )
    assert hubspot.call("DELETE", f"{LABELS}/{type_id}")[0] == 204

    assert custom(hubspot.get(LABELS)["results"]) == {}
    assert labels_of(hubspot, "deals", deal, "contacts") == {contact: {None}}
