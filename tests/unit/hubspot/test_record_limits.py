"""A portal with few places, or none."""

from typing import Any

import pytest
from builders import SIMULATION, START, key, planned_object
from portal_in_process import LocalPortal
from scripted_portal import ScriptedPortal, missing_scope, ok, problem

from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.errors import PortalAccessError, TokenRefusedError
from simcrm.hubspot.record_limits import RecordLimit, read_record_limits, require_capacity
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

CONTACTS = ObjectType.CONTACTS


@pytest.fixture
def small() -> LocalPortal:
    """A portal that holds no more than 150 records of a type."""
    return LocalPortal(records_per_object=150)


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_the_places_of_each_type_are_read(small: LocalPortal, version: str) -> None:
    small.request("POST", "/crm/v3/objects/contacts", {"properties": {"email": "ada@customer.example"}})

    found = read_record_limits(small.client(version=version))

    assert found[CONTACTS] == RecordLimit(150, 1)
    assert {ObjectType.COMPANIES, ObjectType.DEALS, ObjectType.TICKETS} <= found.keys()


@pytest.mark.parametrize(
    "answer", [problem(404), missing_scope(), ok({}), ok({"hubspotDefinedObjectTypes": [{"objectTypeId": "0-1"}]})]
)
def test_where_the_api_does_not_tell_nothing_is_refused(answer: Any) -> None:
    require_capacity(ScriptedPortal(answer).client(), {CONTACTS: 1_000_000})


def test_a_refused_token_is_no_missing_count() -> None:
    with pytest.raises(TokenRefusedError):
        read_record_limits(ScriptedPortal(problem(401)).client())


def test_a_run_that_the_portal_cannot_hold_is_refused_before_its_plan(
    small: LocalPortal, files: SimulationFiles
) -> None:
    with pytest.raises(
        PortalAccessError, match=r"room for 150 more contacts \(its limit is 150\), and 151 are planned"
    ):
        plan_simulation(PlanRequest(SIMULATION, START, {"totalRecords": 151}), small.client(), files)
    assert files.read_lines(file_names.BATCHES) is None

    plan_simulation(PlanRequest(SIMULATION, START, {"totalRecords": 150}), small.client(), files)
    assert files.read_lines(file_names.BATCHES) is not None


def test_a_portal_that_fills_up_in_the_middle_stops_the_run_and_loses_nothing(portal: LocalPortal) -> None:
    portal.request("PUT", "/_local/settings", {"recordsPerObject": 40})
    writer = BatchWriter(portal.client())
    contacts = [planned_object(CONTACTS, index) for index in range(100)]

    with pytest.raises(PortalAccessError, match=r"reached its limit of 40 contacts.*resume the simulation"):
        writer.write(contacts, {})
    portal.request("PUT", "/_local/settings", {"recordsPerObject": 100})
    results = writer.write(contacts, {})

    assert (len(results.ids), results.rejected) == (100, {})
    assert portal.by_key("contacts").keys() == {key(CONTACTS, index) for index in range(100)}


def test_a_refusal_without_a_reason_in_a_portal_with_room_is_the_records(portal: LocalPortal) -> None:
    portal.fault(kind="status", status=400, path="contacts/batch/upsert")

    results = BatchWriter(portal.client()).write([planned_object(CONTACTS)], {})

    assert list(results.rejected) == [key(CONTACTS)]
    assert portal.calls[-1] == ("GET", "/crm/limits/2026-09/records")
