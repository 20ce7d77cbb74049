"""Where activities take no unique property: what hangs on the contact already is not made again."""

import httpx2
import pytest
from builders import key, planned_object
from portal_in_process import LocalPortal

from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.models.crm_objects import Association, CrmObject, ObjectType

CONTACTS, NOTES = ObjectType.CONTACTS, ObjectType.NOTES


@pytest.fixture
def plain_portal() -> LocalPortal:
    portal = LocalPortal(activities_take_unique_properties=False)
    prepare_portal(portal.client(), allow_production=False)
    return portal


@pytest.fixture
def writer(plain_portal: LocalPortal) -> BatchWriter:
    return BatchWriter(plain_portal.client(), has_key=lambda kind: kind is CONTACTS)


@pytest.fixture
def ids(writer: BatchWriter, plain_portal: LocalPortal) -> dict[str, str]:
    written = writer.write([planned_object(CONTACTS, index) for index in range(20)], {}).ids
    plain_portal.calls.clear()
    return written


def notes(count: int = 20) -> list[CrmObject]:
    return [planned_object(NOTES, index, (Association(CONTACTS, key(CONTACTS, index)),)) for index in range(count)]


def test_each_activity_is_made_once_however_often_it_is_written(
    writer: BatchWriter, plain_portal: LocalPortal, ids: dict[str, str]
) -> None:
    first = writer.write(notes(12), ids)
    again = writer.write(notes(20), ids)

    assert plain_portal.count("notes") == 20
    assert first.ids.items() <= again.ids.items()
    assert again.rejected == {}


@pytest.mark.parametrize("rule", [{"kind": "drop"}, {"kind": "status", "status": 504}])
def test_an_answer_that_is_lost_after_the_write_makes_no_second_activity(
    writer: BatchWriter, plain_portal: LocalPortal, ids: dict[str, str], rule: dict[str, object]
) -> None:
    plain_portal.fault(**rule, path="notes/batch/create", afterWrite=True)

    results = writer.write(notes(), ids)

    assert len(results.ids) == plain_portal.count("notes") == 20


def test_answers_that_stay_lost_leave_the_message_in_its_queue(
    writer: BatchWriter, plain_portal: LocalPortal, ids: dict[str, str]
) -> None:
    plain_portal.fault(kind="status", status=500, path="notes/batch/create", times=3)
    with pytest.raises(PortalUnavailableError):
        writer.write(notes(), ids)

    assert len(writer.write(notes(), ids).ids) == plain_portal.count("notes") == 20


def test_with_a_key_a_lost_answer_is_resolved_by_a_read_on_it(portal: LocalPortal) -> None:
    writer = BatchWriter(portal.client())
    portal.fault(kind="drop", path="notes/batch/create", afterWrite=True)

    results = writer.write([planned_object(NOTES, index) for index in range(3)], {})

    assert [path.rpartition("/")[2] for _, path in portal.calls] == ["create", "read"]
    assert len(results.ids) == portal.count("notes") == 3


def test_a_portal_that_was_never_reached_is_simply_asked_again(portal: LocalPortal) -> None:
    refused = iter([True])

    def intercept(_request: httpx2.Request) -> None:
        if next(refused, False):
            raise httpx2.ConnectError("nobody there")

    portal.intercept = intercept

    BatchWriter(portal.client()).write([planned_object(NOTES, 0)], {})

    assert [path.rpartition("/")[2] for _, path in portal.calls] == ["create", "create"]
