import json
from collections.abc import Iterable
from typing import Any

import httpx2
import pytest
from builders import key, planned_object
from portal_in_process import LocalPortal
from scripted_portal import ScriptedPortal, ok, problem

from simcrm.hubspot.batch_writer import BatchWriter, WriteResults
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError
from simcrm.models.crm_objects import Association, CrmObject, ObjectType

COMPANIES, CONTACTS, DEALS, NOTES, TASKS, TICKETS = (
    ObjectType.COMPANIES,
    ObjectType.CONTACTS,
    ObjectType.DEALS,
    ObjectType.NOTES,
    ObjectType.TASKS,
    ObjectType.TICKETS,
)
OBJECTS = "/crm/objects/2026-09"


@pytest.fixture
def writer(client: HubSpotClient) -> BatchWriter:
    return BatchWriter(client)


def contacts(count: int, links: tuple[Association, ...] = ()) -> list[CrmObject]:
    return [planned_object(CONTACTS, index, links, firstname=f"Ada {index}") for index in range(count)]


def companies(count: int) -> list[CrmObject]:
    return [planned_object(COMPANIES, index, domain=f"c{index}.example") for index in range(count)]


def notes(count: int, *links: Association) -> list[CrmObject]:
    return [planned_object(NOTES, index, links, hs_note_body=f"Note {index}") for index in range(count)]


def write(writer: BatchWriter, objects: list[CrmObject], ids: dict[str, str] | None = None) -> WriteResults:
    return writer.write(objects, {} if ids is None else ids)


def object_keys(objects: Iterable[CrmObject]) -> set[str]:
    return {item.key for item in objects}


def paths(portal: LocalPortal) -> list[str]:
    return [path for _, path in portal.calls]


def test_nothing_to_write_is_no_call(writer: BatchWriter, portal: LocalPortal) -> None:
    assert write(writer, []) == WriteResults({}, {})
    assert portal.calls == []


def test_each_object_ends_in_the_portal_under_its_key(writer: BatchWriter, portal: LocalPortal) -> None:
    results = write(writer, contacts(12))

    held = portal.by_key("contacts", "firstname")
    assert {item.key: held[item.key]["firstname"] for item in contacts(12)} == {
        key(CONTACTS, index): f"Ada {index}" for index in range(12)
    }
    assert results.rejected == {}


def test_ids_are_matched_by_key_because_answers_come_in_another_order(writer: BatchWriter, portal: LocalPortal) -> None:
    results = write(writer, contacts(50))

    held = portal.by_key("contacts")
    assert results.ids == {item.key: held[item.key]["id"] for item in contacts(50)}


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_a_hundred_objects_share_a_call(writer: BatchWriter, portal: LocalPortal, count: int, calls: int) -> None:
    results = write(writer, contacts(count))

    assert paths(portal) == [f"{OBJECTS}/contacts/batch/upsert"] * calls
    assert len(results.ids) == count == portal.count("contacts")


def test_writing_again_changes_nothing(writer: BatchWriter, portal: LocalPortal) -> None:
    first = write(writer, contacts(5))
    second = write(writer, contacts(5))

    assert second == first
    assert portal.count("contacts") == 5


def test_one_bad_object_is_refused_in_hubspots_words_and_the_others_are_written(
    writer: BatchWriter, portal: LocalPortal
) -> None:
    objects = [*contacts(2), planned_object(CONTACTS, 2, email="no address"), planned_object(CONTACTS, 3)]

    results = write(writer, objects)

    assert set(results.rejected) == {key(CONTACTS, 2)}
    assert "email" in results.rejected[key(CONTACTS, 2)].lower()
    assert set(results.ids) == object_keys(objects) - {key(CONTACTS, 2)}
    assert (portal.count("contacts"), len(portal.calls)) == (3, 1)


def refusing(portal: LocalPortal, *bad: str, status: int = 400) -> list[int]:
    """Make the portal refuse each whole batch that holds one of these keys; returns the sizes of the batches."""
    sizes: list[int] = []

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        if not request.content:
            return None
        inputs: list[dict[str, Any]] = json.loads(request.content)["inputs"]
        sizes.append(len(inputs))
        held = {item["properties"]["simcrm_record_key"] for item in inputs}
        return problem(status, category="VALIDATION_ERROR", message="somewhere") if held & set(bad) else None

    portal.intercept = intercept
    return sizes


@pytest.mark.parametrize("status", [400, 409])
def test_a_batch_that_is_refused_as_a_whole_is_halved_until_the_bad_object_is_alone(
    writer: BatchWriter, portal: LocalPortal, status: int
) -> None:
    bad = key(CONTACTS, 5)
    sizes = refusing(portal, bad, status=status)

    results = write(writer, contacts(8))

    assert sizes == [8, 4, 4, 2, 2, 1, 1]
    assert results.rejected == {bad: f"HubSpot answered {status} VALIDATION_ERROR: somewhere"}
    assert set(results.ids) == object_keys(contacts(8)) - {bad}


def test_a_batch_of_only_bad_objects_ends_with_a_reason_for_each(writer: BatchWriter, portal: LocalPortal) -> None:
    refusing(portal, *object_keys(contacts(3)))

    results = write(writer, contacts(3))

    assert set(results.rejected) == object_keys(contacts(3))
    assert portal.count("contacts") == 0


def test_each_input_of_a_batch_has_a_trace_id_of_its_own() -> None:
    portal = ScriptedPortal(ok({"results": []}))

    with pytest.raises(PortalUnavailableError):
        BatchWriter(portal.client()).write(contacts(3), {})

    assert [item["objectWriteTraceId"] for item in portal.bodies()[0]["inputs"]] == ["0", "1", "2"]


def result(item: CrmObject) -> dict[str, Any]:
    return {"id": "7", "properties": {"simcrm_record_key": item.key}}


@pytest.mark.parametrize(
    "answer",
    [
        {"results": []},
        {"results": [result(contacts(1)[0])]},
        {"results": [result(item) for item in contacts(3)]},
        {"status": "COMPLETE"},
        {"results": [result(contacts(1)[0])], "errors": [{"message": "no trace of which"}]},
    ],
)
def test_an_answer_that_does_not_account_for_each_input_is_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(PortalUnavailableError, match="of 2 inputs"):
        BatchWriter(ScriptedPortal(ok(answer)).client()).write(contacts(2), {})


def test_a_refused_portal_ends_the_writing_at_once(portal: LocalPortal) -> None:
    portal.fault(kind="status", status=401)

    with pytest.raises(PortalAccessError):
        write(BatchWriter(portal.client()), contacts(300))
    assert len(portal.calls) == 1


def test_an_answer_that_was_lost_after_the_write_makes_no_second_object(
    writer: BatchWriter, portal: LocalPortal
) -> None:
    portal.fault(kind="drop", afterWrite=True)
    portal.fault(kind="drop", path="notes/batch/create", afterWrite=True)

    people = write(writer, contacts(3))
    texts = write(writer, notes(3))

    assert (len(people.ids), len(texts.ids)) == (3, 3)
    assert (portal.count("contacts"), portal.count("notes")) == (3, 3)


def test_one_object_whose_answer_was_lost_is_found_by_its_key(writer: BatchWriter, portal: LocalPortal) -> None:
    portal.fault(kind="drop", path="notes/batch/create", afterWrite=True)

    results = write(writer, notes(1))

    assert paths(portal) == [f"{OBJECTS}/notes/batch/create", f"{OBJECTS}/notes/batch/read"]
    assert results.ids == {key(NOTES, 0, 0): portal.by_key("notes")[key(NOTES, 0, 0)]["id"]}


def test_contacts_are_linked_to_their_primary_company(writer: BatchWriter, portal: LocalPortal) -> None:
    ids = write(writer, companies(2)).ids
    people = [planned_object(CONTACTS, index, (Association(COMPANIES, key(COMPANIES, index)),)) for index in range(2)]

    ids |= write(writer, people, ids).ids

    for index in range(2):
        links = portal.associated_ids("contacts", ids[key(CONTACTS, index)], "companies")
        assert links == {ids[key(COMPANIES, index)]: {1, 279}}


def test_links_of_all_objects_to_a_type_share_a_call(writer: BatchWriter, portal: LocalPortal) -> None:
    ids = write(writer, companies(1)).ids
    portal.calls.clear()

    write(writer, contacts(150, (Association(COMPANIES, key(COMPANIES)),)), ids)

    associations = "/crm/associations/2026-09/contacts/companies/batch/create"
    assert paths(portal) == [f"{OBJECTS}/contacts/batch/upsert"] * 2 + [associations]


def test_a_call_links_at_most_two_thousand_pairs(writer: BatchWriter, portal: LocalPortal) -> None:
    ids = write(writer, companies(1)).ids
    portal.calls.clear()

    ids |= write(writer, contacts(2_001, (Association(COMPANIES, key(COMPANIES)),)), ids).ids

    assert sum("associations" in path for path in paths(portal)) == 2
    assert portal.associated_ids("contacts", ids[key(CONTACTS, 2_000)], "companies") == {ids[key(COMPANIES)]: {1, 279}}


def test_a_deal_is_linked_to_contact_and_company(writer: BatchWriter, portal: LocalPortal) -> None:
    ids = write(writer, companies(1)).ids | write(writer, contacts(1)).ids
    deal = planned_object(DEALS, 0, (Association(CONTACTS, key(CONTACTS)), Association(COMPANIES, key(COMPANIES))))

    deal_id = write(writer, [deal], ids).ids[deal.key]

    assert portal.associated_ids("deals", deal_id, "contacts") == {ids[key(CONTACTS)]: {3}}
    assert portal.associated_ids("deals", deal_id, "companies") == {ids[key(COMPANIES)]: {5, 341}}


def test_an_object_that_was_refused_is_linked_to_nothing(writer: BatchWriter, portal: LocalPortal) -> None:
    ids = write(writer, companies(1)).ids
    link = (Association(COMPANIES, key(COMPANIES)),)

    results = write(writer, [planned_object(CONTACTS, 0, link, email="no address"), contacts(2, link)[1]], ids)

    assert set(results.ids) == {key(CONTACTS, 1)}
    assert len(portal.associated_ids("companies", ids[key(COMPANIES)], "contacts")) == 1


def test_links_that_hubspot_refuses_are_logged_and_the_object_counts_as_written(
    writer: BatchWriter, log_lines: Any
) -> None:
    results = write(writer, contacts(2, (Association(COMPANIES, "gone"),)), {"gone": "999999999"})

    assert set(results.ids) == object_keys(contacts(2))
    (line,) = log_lines.with_event_id("ASSOCIATION_REFUSED")
    assert line["count"] == 2


def test_activities_are_created_with_their_links_inside(writer: BatchWriter, portal: LocalPortal) -> None:
    ids = write(writer, companies(1)).ids | write(writer, contacts(1)).ids
    portal.calls.clear()

    made = write(writer, notes(3, Association(CONTACTS, key(CONTACTS)), Association(COMPANIES, key(COMPANIES))), ids)

    assert paths(portal) == [f"{OBJECTS}/notes/batch/create"]
    for note_id in made.ids.values():
        assert portal.associated_ids("notes", note_id, "contacts") == {ids[key(CONTACTS)]: {202}}
        assert portal.associated_ids("notes", note_id, "companies") == {ids[key(COMPANIES)]: {190}}


def test_activities_that_the_portal_has_are_adopted(writer: BatchWriter, portal: LocalPortal) -> None:
    first = write(writer, notes(2))
    portal.calls.clear()

    both = write(writer, notes(4))

    assert paths(portal) == [f"{OBJECTS}/notes/batch/create", f"{OBJECTS}/notes/batch/read"]
    assert {name: both.ids[name] for name in first.ids} == first.ids
    assert (len(both.ids), both.rejected, portal.count("notes")) == (4, {}, 4)


def test_an_activity_that_is_refused_and_not_there_keeps_its_reason(writer: BatchWriter, portal: LocalPortal) -> None:
    bad = planned_object(TASKS, 1, hs_task_priority="ENORMOUS")

    results = write(writer, [planned_object(TASKS, 0), bad])

    assert set(results.rejected) == {bad.key}
    assert "hs_task_priority" in results.rejected[bad.key]
    assert portal.count("tasks") == 1


@pytest.mark.parametrize("kind", [COMPANIES, CONTACTS, DEALS, TICKETS])
def test_crm_objects_are_upserted(writer: BatchWriter, portal: LocalPortal, kind: ObjectType) -> None:
    write(writer, [planned_object(kind, pipeline="default")] if kind is DEALS else [planned_object(kind)])

    assert paths(portal) == [f"{OBJECTS}/{kind}/batch/upsert"]
    assert list(portal.by_key(kind)) == [key(kind, 0, None if kind in {COMPANIES, CONTACTS} else 0)]


def test_another_version_is_another_path_and_the_same_write(portal: LocalPortal) -> None:
    write(BatchWriter(portal.client(version="v3")), contacts(1))

    assert paths(portal) == ["/crm/v3/objects/contacts/batch/upsert"]
    assert portal.count("contacts") == 1
