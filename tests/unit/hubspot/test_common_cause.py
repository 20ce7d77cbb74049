"""Whom to blame for a batch that is refused as a whole, and with how few calls."""

import json
from collections.abc import Callable, Collection
from typing import Any

import httpx2
import pytest
from builders import key, planned_object
from portal_in_process import LocalPortal
from scripted_portal import problem

from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.common_cause import CommonCauses
from simcrm.hubspot.errors import CommonCauseError, MissingPropertiesError, PortalAccessError, PortalUnavailableError
from simcrm.models.crm_objects import CrmObject, ObjectType

CONTACTS, COMPANIES, NOTES = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.NOTES
Cause = Callable[[Collection[str]], httpx2.Response]


def objects(count: int, kind: ObjectType = CONTACTS, first: int = 0) -> list[CrmObject]:
    return [planned_object(kind, index) for index in range(first, first + count)]


def refuse(portal: LocalPortal, bad: Callable[[str], bool], trigger: Cause | None = None) -> list[int]:
    """Let the portal refuse each whole batch with a bad key; the sizes of the batches that it is asked for."""
    sizes: list[int] = []

    def intercept(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("/batch/upsert"):
            return None
        inputs: list[dict[str, Any]] = json.loads(request.content)["inputs"]
        sizes.append(len(inputs))
        found = [item["id"] for item in inputs if bad(item["id"])]
        if not found:
            return None
        return problem(400, category="VALIDATION_ERROR", message="no") if trigger is None else trigger(found)

    portal.intercept = intercept
    return sizes


@pytest.mark.parametrize("count", [10, 20, 60, 100])
def test_a_cause_of_all_costs_six_calls_whatever_the_size_of_the_batch(portal: LocalPortal, count: int) -> None:
    sizes = refuse(portal, lambda _: True)

    results = BatchWriter(portal.client()).write(objects(count), {})

    assert sizes == [count, count // 2, count - count // 2, 1, 1, 1]
    assert set(results.rejected) == {item.key for item in objects(count)}
    assert set(results.rejected.values()) == {"HubSpot answered 400 VALIDATION_ERROR: no"}


@pytest.mark.parametrize("place", [0, 24, 25, 50, 75, 99])
def test_one_bad_record_of_a_hundred_is_found_and_the_others_are_written(portal: LocalPortal, place: int) -> None:
    bad = key(CONTACTS, place)
    sizes = refuse(portal, bad.__eq__)

    results = BatchWriter(portal.client()).write(objects(100), {})

    assert set(results.rejected) == {bad}
    assert len(results.ids) == portal.count("contacts") == 99
    assert len(sizes) <= 15


@pytest.mark.parametrize("places", [{10, 60}, {25, 60}, {1, 2, 3, 4, 97}, set(range(0, 100, 7))])
def test_several_bad_records_in_both_halves_are_found_and_the_others_are_written(
    portal: LocalPortal, places: set[int]
) -> None:
    bad = {key(CONTACTS, place) for place in places}
    refuse(portal, bad.__contains__)

    results = BatchWriter(portal.client()).write(objects(100), {})

    assert set(results.rejected) == bad
    assert len(results.ids) == portal.count("contacts") == 100 - len(bad)


def test_records_that_are_each_refused_for_a_cause_of_their_own_are_looked_at_one_by_one(portal: LocalPortal) -> None:
    numbers = iter(range(1_000))

    def another(_: Collection[str]) -> httpx2.Response:
        context = {"propertyName": [f"property_{next(numbers)}"]}
        return problem(400, category="VALIDATION_ERROR", errors=[{"code": "INVALID", "context": context}])

    sizes = refuse(portal, lambda _: True, another)

    results = BatchWriter(portal.client()).write(objects(12), {})

    assert set(results.rejected) == {item.key for item in objects(12)}
    assert sizes.count(1) == 12


def test_a_cause_that_recurs_for_a_type_of_a_run_stops_it(portal: LocalPortal) -> None:
    refuse(portal, lambda _: True)
    writer = BatchWriter(portal.client(), causes=CommonCauses())
    assert writer.write(objects(10), {}).ids == {}

    with pytest.raises(CommonCauseError, match="HubSpot refuses all contacts for the same reason"):
        writer.write(objects(10, first=10), {})


def test_a_cause_is_remembered_from_one_writer_of_a_process_to_the_next(portal: LocalPortal) -> None:
    refuse(portal, lambda _: True)
    causes = CommonCauses()
    BatchWriter(portal.client(), causes=causes).write(objects(10), {})

    with pytest.raises(CommonCauseError):
        BatchWriter(portal.client(), causes=causes).write(objects(10, first=10), {})


def test_a_batch_that_is_written_in_between_forgets_the_cause(portal: LocalPortal) -> None:
    writer = BatchWriter(portal.client())

    def all_are_bad(_: str) -> bool:
        return True

    def none_is_bad(_: str) -> bool:
        return False

    for first, bad in ((0, all_are_bad), (10, none_is_bad), (20, all_are_bad)):
        refuse(portal, bad)
        writer.write(objects(10, first=first), {})

    assert portal.count("contacts") == 10


def test_another_type_is_another_matter(portal: LocalPortal) -> None:
    refuse(portal, lambda _: True)
    writer = BatchWriter(portal.client())
    writer.write(objects(10), {})

    assert len(writer.write(objects(10, COMPANIES), {}).rejected) == 10


def lose(portal: LocalPortal, kind: ObjectType, *names: str) -> None:
    """What an administrator deletes while a run writes."""
    inputs = [{"name": name} for name in names]
    portal.request("POST", f"/crm/v3/properties/{kind}/batch/archive", {"inputs": inputs})


@pytest.mark.parametrize("name", ["simcrm_record_key", "simcrm_simulation_id"])
@pytest.mark.parametrize("kind", [CONTACTS, COMPANIES])
def test_lost_definitions_stop_the_run_by_name(portal: LocalPortal, kind: ObjectType, name: str) -> None:
    lose(portal, kind, name)

    with pytest.raises(MissingPropertiesError, match=f"properties of {kind} .{name}.: they are recreated when"):
        BatchWriter(portal.client()).write(objects(10, kind), {})


def test_a_key_that_has_become_another_one_stops_the_run(portal: LocalPortal) -> None:
    lose(portal, CONTACTS, "simcrm_record_key")
    plain = {"name": "simcrm_record_key", "label": "Key", "groupName": "simcrm", "type": "string", "fieldType": "text"}
    portal.request("POST", "/crm/v3/properties/contacts", plain)

    with pytest.raises(PortalAccessError, match="of contacts: simcrm_record_key is not unique"):
        BatchWriter(portal.client()).write(objects(10), {})


def test_a_definition_that_hubspot_has_and_does_not_know_yet_is_waited_for(portal: LocalPortal) -> None:
    def late(_: Collection[str]) -> httpx2.Response:
        errors = [{"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["simcrm_record_key"]}}]
        return problem(400, category="VALIDATION_ERROR", errors=errors)

    refuse(portal, lambda _: True, late)

    for count in (1, 10):
        with pytest.raises(PortalUnavailableError, match="does not yet recognize"):
            BatchWriter(portal.client()).write(objects(count), {})


@pytest.mark.parametrize("threads", [1, 5])
def test_an_error_in_the_middle_tells_what_is_in_the_portal(portal: LocalPortal, threads: int) -> None:
    portal.fault(kind="rate_limit", policy="DAILY", path="contacts/batch/upsert", skip=2)

    with pytest.raises(PortalAccessError) as caught:
        BatchWriter(portal.client(), threads=threads).write(objects(300), {})

    held = {name: row["id"] for name, row in portal.by_key("contacts").items()}
    assert len(held) == 200
    assert dict(caught.value.written) == held
