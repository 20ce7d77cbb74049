"""Batches: all or nothing, unless every input carries its own trace id."""

from typing import Any

import pytest
from unit.local_hubspot.conftest import HubSpot

CONTACTS = "/crm/v3/objects/contacts/batch"
CONFLICT = {"status": "error", "message": "Contact already exists", "category": "CONFLICT"}


def contact(number: int, trace: str | None = None, **properties: str) -> dict[str, Any]:
    given = {"properties": {"email": f"c{number}@one.example"} | properties}
    return given | ({"objectWriteTraceId": trace} if trace else {})


def test_results_come_in_another_order_than_the_inputs_but_always_the_same(hubspot: HubSpot) -> None:
    inputs = [contact(number) for number in range(20)]

    results = hubspot.post(f"{CONTACTS}/create", {"inputs": inputs}, 201)["results"]

    order = [row["properties"]["email"] for row in results]
    given = [row["properties"]["email"] for row in inputs]
    assert sorted(order) == sorted(given)
    assert order != given
    again = hubspot.post(f"{CONTACTS}/read", {"inputs": [{"id": row["id"]} for row in results[::-1]]}, 200)
    assert [row["id"] for row in again["results"]] == [row["id"] for row in results]


def test_results_do_not_carry_trace_ids(hubspot: HubSpot) -> None:
    body = hubspot.post(f"{CONTACTS}/create", {"inputs": [contact(1, "a"), contact(2, "b")]}, 201)

    assert body["status"] == "COMPLETE"
    assert all("objectWriteTraceId" not in row for row in body["results"])
    assert "numErrors" not in body


def test_one_bad_input_fails_a_batch_without_trace_ids_and_is_not_named(hubspot: HubSpot) -> None:
    inputs = [contact(1), contact(2, first="x", last="y"), contact(3, first="z")]

    body = hubspot.post(f"{CONTACTS}/create", {"inputs": inputs}, 400)

    assert [error["context"]["propertyName"] for error in body["errors"]] == [["first"], ["last"], ["first"]]
    assert hubspot.count("contacts") == 0


def test_one_bad_input_with_trace_ids_is_named_in_a_207_and_the_rest_is_written(hubspot: HubSpot) -> None:
    inputs = [contact(1, "a"), contact(2, "b", first="x"), contact(3, "c")]

    body = hubspot.post(f"{CONTACTS}/create", {"inputs": inputs}, 207)

    assert body["numErrors"] == 1
    (error,) = body["errors"]
    assert error["context"] == {"objectWriteTraceId": ["b"]}
    assert error["category"] == "VALIDATION_ERROR"
    assert '"localizedErrorMessage"' in error["message"]
    assert set(error) == {"status", "category", "message", "context"}
    assert len(body["results"]) == hubspot.count("contacts") == 2


@pytest.mark.parametrize("traces", [("a", None, "c"), ("a", "a", "c")])
def test_trace_ids_help_only_when_every_input_has_its_own(hubspot: HubSpot, traces: tuple[str | None, ...]) -> None:
    inputs = [contact(1, traces[0]), contact(2, traces[1], first="x"), contact(3, traces[2])]

    hubspot.post(f"{CONTACTS}/create", {"inputs": inputs}, 400)

    assert hubspot.count("contacts") == 0


@pytest.mark.parametrize("name", ["create", "update", "upsert", "read", "archive"])
def test_more_than_100_inputs_are_refused(hubspot: HubSpot, name: str) -> None:
    inputs = [contact(number) | {"id": str(number), "idProperty": "email"} for number in range(101)]

    body = hubspot.post(f"{CONTACTS}/{name}", {"inputs": inputs}, 400)

    assert body["category"] == "VALIDATION_ERROR"
    assert hubspot.count("contacts") == 0


@pytest.mark.parametrize(("name", "status"), [("create", 201), ("update", 200), ("upsert", 200), ("read", 200)])
def test_a_body_without_inputs_is_answered_complete_and_writes_nothing(
    hubspot: HubSpot, name: str, status: int
) -> None:
    body = hubspot.post(f"{CONTACTS}/{name}", {"records": [contact(1)]}, status)

    assert (body["status"], body["results"]) == ("COMPLETE", [])
    assert hubspot.count("contacts") == 0


def test_an_existing_e_mail_fails_a_batch_without_naming_the_id(hubspot: HubSpot) -> None:
    hubspot.create("contacts", email="c1@one.example")

    body = hubspot.post(f"{CONTACTS}/create", {"inputs": [contact(1), contact(2)]}, 409)

    assert body.pop("correlationId")
    assert body == CONFLICT


def test_an_existing_e_mail_with_trace_ids_names_the_id(hubspot: HubSpot) -> None:
    held = hubspot.create("contacts", email="c1@one.example")

    body = hubspot.post(f"{CONTACTS}/create", {"inputs": [contact(1, "a"), contact(2, "b")]}, 207)

    assert body["errors"] == [
        {
            "status": "error",
            "category": "CONFLICT",
            "message": f"Contact already exists. Existing ID: {held}",
            "context": {"objectWriteTraceId": ["a"], "existingId": [held]},
        }
    ]


def test_a_single_create_names_the_existing_id_in_the_message(hubspot: HubSpot) -> None:
    held = hubspot.create("contacts", email="c1@one.example")

    body = hubspot.post("/crm/v3/objects/contacts", {"properties": {"email": "C1@one.example"}}, 409)

    assert body["message"] == f"Contact already exists. Existing ID: {held}"
    assert "context" not in body


@pytest.mark.parametrize("traces", [(None, None), ("a", "b")])
def test_one_e_mail_twice_in_a_create_batch_gives_409(hubspot: HubSpot, traces: tuple[str | None, ...]) -> None:
    inputs = [contact(1, traces[0]), contact(1, traces[1]) | {"properties": {"email": "C1@ONE.example"}}]

    assert hubspot.post(f"{CONTACTS}/create", {"inputs": inputs}, 409)["category"] == "CONFLICT"
    assert hubspot.count("contacts") == 0


def test_an_update_of_an_unknown_id_makes_a_207_that_names_it(hubspot: HubSpot) -> None:
    known = hubspot.create("contacts", email="c1@one.example")
    inputs = [
        {"id": known, "properties": {"firstname": "A"}},
        {"id": "7", "properties": {"firstname": "B"}},
        {"id": "8", "properties": {"firstname": "B"}, "objectWriteTraceId": "t"},
    ]

    body = hubspot.post(f"{CONTACTS}/update", {"inputs": inputs}, 207)

    assert [row["id"] for row in body["results"]] == [known]
    assert {error["category"] for error in body["errors"]} == {"OBJECT_NOT_FOUND"}
    contexts = [error["context"] for error in body["errors"]]
    assert {"ids": ["7"]} in contexts
    assert {"ids": ["8"], "objectWriteTraceId": ["t"]} in contexts


def test_one_id_twice_fails_a_whole_update(hubspot: HubSpot) -> None:
    known = hubspot.create("contacts", email="c1@one.example")
    inputs = [{"id": known, "properties": {}, "objectWriteTraceId": trace} for trace in "ab"]

    body = hubspot.post(f"{CONTACTS}/update", {"inputs": inputs}, 400)

    assert body["message"] == f"Duplicate IDs found in batch input: [{known}]. IDs must be unique"
    assert body["context"] == {"ids": [known]}


def test_an_update_without_an_id_is_refused(hubspot: HubSpot) -> None:
    assert hubspot.post(f"{CONTACTS}/update", {"inputs": [contact(1)]}, 400)["category"] == "VALIDATION_ERROR"


def test_a_batch_read_makes_a_207_with_the_missing_ids(hubspot: HubSpot) -> None:
    known = hubspot.create("contacts", email="c1@one.example")

    body = hubspot.post(f"{CONTACTS}/read", {"inputs": [{"id": known}, {"id": "7"}], "properties": ["email"]}, 207)

    assert body["results"][0]["properties"]["email"] == "c1@one.example"
    assert body["errors"][0]["context"] == {"ids": ["7"]}


def test_a_batch_read_by_unique_property_finds_records(hubspot: HubSpot) -> None:
    hubspot.define("deals", "key", hasUniqueValue=True)
    deal = hubspot.create("deals", dealname="D", dealstage="closedwon", key="k1")

    body = {"inputs": [{"id": "k1"}, {"id": "k2"}], "idProperty": "key", "properties": ["key"]}
    answer = hubspot.post("/crm/v3/objects/deals/batch/read", body, 207)

    assert [row["id"] for row in answer["results"]] == [deal]
    assert answer["errors"][0]["context"] == {"ids": ["k2"]}


def test_a_batch_archive_answers_204_also_for_unknown_ids(hubspot: HubSpot) -> None:
    known = hubspot.create("contacts", email="c1@one.example")

    assert hubspot.call("POST", f"{CONTACTS}/archive", {"inputs": [{"id": known}, {"id": "7"}]}) == (204, None)
    assert hubspot.count("contacts") == 0


def test_numbers_are_taken_as_ids(hubspot: HubSpot) -> None:
    known = hubspot.create("contacts", email="c1@one.example")

    assert hubspot.post(f"{CONTACTS}/read", {"inputs": [{"id": int(known)}]}, 200)["results"][0]["id"] == known
