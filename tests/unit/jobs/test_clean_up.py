"""Taking a simulation back from a portal that is not its own."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import PROPERTIES, activity_row, key, pair_row, plan, write_request
from portal_in_process import LocalPortal
from recorders import ApiCalls
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.jobs import clean_up
from simcrm.jobs.clean_up import ARCHIVE_ORDER, CleanupJob, preview_cleanup
from simcrm.jobs.cleanup_state import CleanupState, read_cleanup
from simcrm.models.crm_objects import ACTIVITY_TYPES, ObjectType, by_json_name
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_products import write_products
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

PAIRS = 120
KINDS = ACTIVITY_TYPES
EMPTY = dict.fromkeys(ObjectType, 0)


def foreign_records(portal: LocalPortal) -> None:
    """A portal in which people work, one of whom has another simulation's records."""
    for index in range(3):
        given = {"email": f"real{index}@customer.example", "lastname": "Real"}
        portal.request("POST", "/crm/v3/objects/contacts", {"properties": given})
    company = {"name": "Customer", "simcrm_simulation_id": "sim-other", "simcrm_record_key": "sim-other:company:0"}
    portal.request("POST", "/crm/v3/objects/companies", {"properties": company})


def snapshot(portal: LocalPortal) -> dict[str, list[dict[str, Any]]]:
    return {kind: portal.request("GET", f"/crm/v3/objects/{kind}?limit=100")["results"] for kind in ObjectType}


@pytest.fixture
def foreign(portal: LocalPortal) -> dict[str, list[dict[str, Any]]]:
    foreign_records(portal)
    return snapshot(portal)


def _row(kind: ObjectType, index: int) -> JsonObject:
    return activity_row(kind, index, deal_ordinal=0 if kind is ObjectType.LINE_ITEMS else None)


def simulate(portal: LocalPortal, files: SimulationFiles) -> None:
    """Write a run: pairs in two batches and a wave of all activities."""
    write_plan(files, plan())
    writer = Writer(BatchWriter(portal.client()), lambda _: files)
    products = (PROPERTIES[ObjectType.PRODUCTS] | {"hs_sku": f"SKU-{index}"} for index in range(PAIRS))
    rows = [{"index": index, "properties": properties} for index, properties in enumerate(products)]
    files.write_lines(file_names.PRODUCTS, rows)
    write_products(files, lambda: writer)
    for number, indexes in enumerate((range(100), range(100, PAIRS))):
        files.write_lines(file_names.records_file(number), [pair_row(index) for index in indexes])
        rows = [_row(kind, index) for index in indexes for kind in KINDS]
        files.write_lines(file_names.activities_file(number, 0), rows)
        wave = {"step": "wave-000", "source": file_names.activities_file(number, 0)}
        for fields in ({}, wave):
            writer.write([writer.open(parse_write_request(write_request(batch=number, **fields)))])
    portal.calls.clear()


def clean(
    portal: LocalPortal,
    files: SimulationFiles,
    is_over: Callable[[], bool] = lambda: False,
    version: str = "2026-09",
    job: str = "cleanup-1",
) -> CleanupState:
    return CleanupJob(portal.client(version=version), files, is_over, lambda _: None, job).run()


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_the_portal_is_exactly_as_it_was_before_the_run(
    portal: LocalPortal, files: SimulationFiles, foreign: dict[str, Any], version: str
) -> None:
    simulate(portal, files)

    state = clean(portal, files, version=version)

    assert snapshot(portal) == foreign
    assert state.done
    assert state.archived == dict.fromkeys(ObjectType, PAIRS)


def test_what_the_ledger_does_not_know_is_found_by_its_tag(
    portal: LocalPortal, files: SimulationFiles, foreign: dict[str, Any]
) -> None:
    """A writer died after HubSpot's answer, before the ledger."""
    simulate(portal, files)
    stray = {
        "lastname": "Stray",
        "simcrm_simulation_id": "sim-test",
        "simcrm_record_key": key(ObjectType.CONTACTS, 900),
    }
    portal.request("POST", "/crm/v3/objects/contacts", {"properties": stray})

    clean(portal, files)

    assert snapshot(portal) == foreign


@pytest.mark.parametrize("keeps", ["ours", "theirs"])
def test_a_record_that_was_merged_with_somebody_elses_stays(
    portal: LocalPortal, files: SimulationFiles, keeps: str
) -> None:
    simulate(portal, files)
    given = {"email": "real@customer.example", "lastname": "Real"}
    theirs = portal.request("POST", "/crm/v3/objects/contacts", {"properties": given})["id"]
    ours = portal.by_key("contacts")[key(ObjectType.CONTACTS, 7)]["id"]
    primary, other = (ours, theirs) if keeps == "ours" else (theirs, ours)
    both = {"primaryObjectId": primary, "objectIdToMerge": other}
    portal.request("POST", "/crm/v3/objects/contacts/merge", both)

    state = clean(portal, files)

    assert [row["id"] for row in portal.records("contacts")] == [primary]
    assert (state.done, state.foreign_count, state.foreign_ids[ObjectType.CONTACTS]) == (True, 1, [primary])


def test_what_is_left_is_counted_once_however_often_its_time_was_over(
    portal: LocalPortal, files: SimulationFiles
) -> None:
    simulate(portal, files)
    number = portal.by_key("contacts")[key(ObjectType.CONTACTS, 5)]["id"]
    theirs = portal.request("POST", "/crm/v3/objects/contacts", {"properties": {"lastname": "Real"}})["id"]
    both = {"primaryObjectId": number, "objectIdToMerge": theirs}
    portal.request("POST", "/crm/v3/objects/contacts/merge", both)

    while not (state := clean(portal, files, is_over=_after(2))).done:
        pass

    assert state.foreign_count == 1


def test_two_records_of_the_run_that_were_merged_go(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)
    ids = [portal.by_key("companies")[key(ObjectType.COMPANIES, index)]["id"] for index in (3, 4)]
    portal.request("POST", "/crm/v3/objects/companies/merge", {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]})

    clean(portal, files)

    assert portal.count("companies") == 0


def test_a_search_index_that_lags_is_asked_until_it_is_quiet(files: SimulationFiles) -> None:
    now = [1_800_000_000.0]
    portal = LocalPortal(clock=lambda: now[0], search_lag_seconds=8)
    prepare_portal(portal.client(), allow_production=False)
    write_plan(files, plan())
    stray = {"lastname": "Stray", "simcrm_simulation_id": "sim-test"}
    portal.request("POST", "/crm/v3/objects/contacts", {"properties": stray})

    def pause(seconds: float) -> None:
        now[0] += seconds

    CleanupJob(portal.client(), files, lambda: False, pause).run()

    assert portal.count("contacts") == 0


def test_what_hangs_on_a_record_goes_before_it(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)

    clean(portal, files)

    archived = [path.split("/")[4] for _, path in portal.calls if path.endswith("archive")]
    assert list(dict.fromkeys(archived)) == list(ARCHIVE_ORDER)
    assert list(ARCHIVE_ORDER[4:]) == ["tasks", "calls", "notes", "tickets", "deals", "contacts", "companies"]
    assert list(ARCHIVE_ORDER[:4]) == ["emails", "meetings", "line_items", "products"]


def test_a_record_that_a_user_has_taken_over_is_left_alone(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)
    number = portal.by_key("contacts")[key(ObjectType.CONTACTS, 5)]["id"]
    path = f"/crm/v3/objects/contacts/{number}"
    portal.request("PATCH", path, {"properties": {"simcrm_simulation_id": ""}})

    state = clean(portal, files)

    assert [row["id"] for row in portal.records("contacts")] == [number]
    assert state.foreign_count == 1


def test_a_clean_up_goes_on_where_its_time_was_over(
    portal: LocalPortal, files: SimulationFiles, foreign: dict[str, Any]
) -> None:
    simulate(portal, files)
    slices = 0
    while not (state := clean(portal, files, is_over=_after(3))).done:
        slices += 1

    assert slices > 3
    assert state.archived == dict.fromkeys(ObjectType, PAIRS)
    assert snapshot(portal) == foreign


def _after(looks: int) -> Callable[[], bool]:
    left = [looks]

    def is_over() -> bool:
        left[0] -= 1
        return left[0] < 0

    return is_over


def test_a_clean_up_goes_on_after_the_portal_was_away(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)
    portal.fault(kind="status", status=503, path="notes/batch/archive", times=4)

    with pytest.raises(PortalUnavailableError):
        clean(portal, files)
    kept = read_cleanup(files)
    clean(portal, files)

    assert kept is not None
    assert kept.archived[ObjectType.TASKS] == PAIRS
    assert not kept.done
    assert {kind: portal.count(kind) for kind in ObjectType} == EMPTY


def test_cleaning_again_finds_what_came_after(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)
    clean(portal, files)
    stray = {"lastname": "Stray", "simcrm_simulation_id": "sim-test"}
    portal.request("POST", "/crm/v3/objects/contacts", {"properties": stray})

    again = clean(portal, files, job="cleanup-2")

    assert (again.archived[ObjectType.CONTACTS], again.job, portal.count("contacts")) == (PAIRS + 1, "cleanup-2", 0)


def test_after_a_clean_up_there_is_nothing_to_preview(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)
    clean(portal, files)

    assert preview_cleanup(files) == {"counts": by_json_name(EMPTY), "total": 0, "samples": {}}


def test_a_request_that_is_done_is_not_begun_again(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)
    done = clean(portal, files, job="cleanup-2")
    portal.calls.clear()

    assert clean(portal, files, job="cleanup-2") == clean(portal, files, job="cleanup-1") == done
    assert portal.calls == []


def test_the_preview_counts_and_shows_a_few_and_asks_nobody(portal: LocalPortal, files: SimulationFiles) -> None:
    simulate(portal, files)

    shown = preview_cleanup(files)

    assert shown["counts"] == by_json_name(dict.fromkeys(ObjectType, PAIRS))
    assert shown["total"] == len(ObjectType) * PAIRS
    assert {len(rows) for rows in shown["samples"].values()} == {3}
    held = portal.by_key("contacts")
    assert all(held[row["key"]]["id"] == row["id"] for row in shown["samples"]["contacts"])
    assert portal.calls == []


def test_a_later_slice_does_not_read_again_what_is_done(
    portal: LocalPortal, files: SimulationFiles, monkeypatch: pytest.MonkeyPatch, api_calls: ApiCalls
) -> None:
    monkeypatch.setattr(clean_up, "WINDOW", 100)
    simulate(portal, files)
    while clean(portal, files, is_over=_after(2)).batch < 0:
        pass

    asked = api_calls.between(lambda: clean(portal, files))

    assert [name for name in asked if "000000" in name] == []
    assert asked.count("GetObject batches/000001.json") == 1
    assert {kind: portal.count(kind) for kind in ObjectType} == EMPTY


def test_a_clean_up_does_not_depend_on_what_is_derived_from_the_ledger(
    portal: LocalPortal, files: SimulationFiles, resources: Resources
) -> None:
    simulate(portal, files)
    for name in (file_names.batch_document_file(0), file_names.totals_file(0)):
        aws_clients.s3().delete_object(Bucket=resources.bucket, Key=files.key(name))

    state = clean(portal, files)

    assert state.archived == dict.fromkeys(ObjectType, PAIRS)
    searches = [place for place, (_, path) in enumerate(portal.calls) if path.endswith("/search")]
    archived = [place for place, (_, path) in enumerate(portal.calls) if path.endswith("/archive")]
    assert max(archived) < min(searches)
