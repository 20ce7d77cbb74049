"""Writing again what was refused, and a simulation as files."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from builders import activity_row, entry, key, pair_row, plan, status, write_request
from portal_in_process import LocalPortal
from recorders import ApiCalls

from simcrm.cache.run_counters import RunCounters
from simcrm.core.errors import InvalidInputError
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.jobs.retry_refused import RepairState, RetryRefusedJob
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.export_records import export_page, to_csv, to_jsonl
from simcrm.operations.ledger_pages import MAX_FILES
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.run_status import RunState, read_status, write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

CONTACTS, NOTES = ObjectType.CONTACTS, ObjectType.NOTES


@pytest.fixture
def writer(portal: LocalPortal, files: SimulationFiles) -> Writer:
    return Writer(BatchWriter(portal.client()), lambda _: files)


@pytest.fixture
def refused(portal: LocalPortal, files: SimulationFiles, writer: Writer) -> None:
    """Three pairs with a note each; somebody holds the e-mail of the second."""
    given = {"properties": {"email": pair_row(1)["contact"]["email"]}}
    portal.request("POST", "/crm/v3/objects/contacts", given)
    write_plan(files, plan())
    files.write_lines(file_names.records_file(0), [pair_row(index) for index in range(3)])
    files.write_lines(file_names.activities_file(0, 0), [activity_row(NOTES, index) for index in range(3)])
    for fields in ({}, {"step": "wave-000", "source": file_names.activities_file(0, 0)}):
        writer.write([writer.open(parse_write_request(write_request(**fields)))])
    write_status(files, status(RunState.SUCCEEDED, failed=2))


def outcomes(files: SimulationFiles) -> dict[str, LedgerOutcome]:
    return {entry.key: entry.outcome for entry in Ledger(files).read_all()}


def repair(
    portal: LocalPortal, files: SimulationFiles, writer: Writer, is_over: Callable[[], bool] = lambda: False
) -> RepairState:
    counters = RunCounters(None, files.simulation_id)
    return RetryRefusedJob(writer, files, is_over, counters, portal.client()).run()


def free_the_address(portal: LocalPortal) -> None:
    holder = next(row["id"] for row in portal.records("contacts", "simcrm_record_key") if not row["simcrm_record_key"])
    portal.request("DELETE", f"/crm/v3/objects/contacts/{holder}")


@pytest.mark.usefixtures("refused")
def test_what_was_refused_is_written_when_its_cause_is_gone_and_what_hangs_on_it_too(
    portal: LocalPortal, files: SimulationFiles, writer: Writer
) -> None:
    before = outcomes(files)
    assert {name for name, end in before.items() if end is LedgerOutcome.REFUSED} == {
        key(CONTACTS, 1),
        key(NOTES, 1, 0),
    }
    free_the_address(portal)

    state = repair(portal, files, writer)

    assert (state.repaired, state.still_refused, state.done) == (2, 0, True)
    assert set(outcomes(files).values()) == {LedgerOutcome.WRITTEN}
    held = portal.by_key("notes")[key(NOTES, 1, 0)]["id"]
    assert set(portal.associated_ids("notes", held, "contacts")) == {portal.by_key("contacts")[key(CONTACTS, 1)]["id"]}
    counted = read_status(files)
    assert counted is not None
    assert (counted.failed, (counted.counts or {})[CONTACTS]) == (0, 3)


@pytest.mark.usefixtures("refused")
def test_what_is_refused_again_keeps_a_reason_and_nothing_else_is_written(
    portal: LocalPortal, files: SimulationFiles, writer: Writer
) -> None:
    before = outcomes(files)

    state = repair(portal, files, writer)

    assert (state.repaired, state.still_refused) == (0, 2)
    assert outcomes(files) == before
    assert (portal.count("contacts"), portal.count("notes")) == (3, 2)


@pytest.mark.usefixtures("refused")
def test_a_repair_goes_on_where_its_time_was_over(portal: LocalPortal, files: SimulationFiles, writer: Writer) -> None:
    free_the_address(portal)
    looks = iter([False, True])

    assert not repair(portal, files, writer, lambda: next(looks)).done
    assert files.read(file_names.REPAIR, RepairState) == RepairState(
        last_ledger_file="ledger/000000/contacts.jsonl", repaired=1
    )
    assert repair(portal, files, writer) == RepairState(
        last_ledger_file="ledger/000000/wave-000.jsonl", repaired=2, done=True
    )


@pytest.mark.usefixtures("refused")
def test_a_repair_reads_the_batches_that_were_refused_something(
    portal: LocalPortal, files: SimulationFiles, writer: Writer, api_calls: ApiCalls
) -> None:
    for batch in range(1, 6):
        Ledger(files).write_step(batch, file_names.CONTACTS_STEP, [entry(CONTACTS, batch)])
    free_the_address(portal)

    asked = api_calls.between(lambda: repair(portal, files, writer))

    read = {name.split("/")[1] for name in asked if name.startswith("GetObject ledger/")}
    assert read == {"000000"}
    counted = read_status(files)
    assert counted is not None
    assert (counted.failed, (counted.counts or {})[CONTACTS]) == (0, 8)


@pytest.mark.usefixtures("refused")
def test_an_export_has_each_object_once_with_its_end_and_what_was_generated(files: SimulationFiles) -> None:
    first = export_page(files, None)
    second = export_page(files, first.next_token)

    rows = {row["key"]: row for row in first.rows + second.rows}
    assert second.next_token is None
    assert rows.keys() == outcomes(files).keys()
    assert rows[key(CONTACTS, 0)]["properties"]["email"] == pair_row(0)["contact"]["email"]
    assert rows[key(CONTACTS, 0)]["outcome"] == "written"
    assert "already exists" in rows[key(CONTACTS, 1)]["reason"]
    assert [json.loads(line) for line in to_jsonl(first.rows).splitlines()] == first.rows


@pytest.mark.usefixtures("refused")
def test_a_csv_has_fixed_columns_and_one_header_over_all_pages(files: SimulationFiles) -> None:
    first = export_page(files, None)
    second = export_page(files, first.next_token)

    text = to_csv(first.rows, header=True) + to_csv(second.rows, header=False)

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["key"] for row in rows] == [row["key"] for row in first.rows + second.rows]
    assert json.loads(rows[0]["properties"]) == first.rows[0]["properties"]


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    row = {"key": "k", "type": "notes", "outcome": "refused", "reason": "=HYPERLINK(1)", "properties": {}}

    (shown,) = csv.DictReader(io.StringIO(to_csv([row], header=True)))

    assert shown["reason"] == "'=HYPERLINK(1)"


def test_a_simulation_without_a_ledger_is_an_empty_page(files: SimulationFiles) -> None:
    write_plan(files, plan())

    assert export_page(files, None).rows == []


def pages(files: SimulationFiles, **asked: Any) -> list[list[JsonObject]]:
    found, token = [], None
    while True:
        page = export_page(files, token, **asked)
        found.append(page.rows)
        token = page.next_token
        if token is None:
            return found


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize("limit", [1, 2, 4, 6])
def test_small_pages_hold_together_what_large_ones_do(files: SimulationFiles, limit: int) -> None:
    whole = [row for page in pages(files) for row in page]

    small = pages(files, limit=limit)

    assert [row for page in small for row in page] == whole
    assert max(map(len, small)) == min(limit, 6)


@pytest.mark.usefixtures("refused")
def test_an_export_of_one_type_passes_over_the_others(files: SimulationFiles) -> None:
    (notes,) = pages(files, kind=NOTES)

    assert [row["key"] for row in notes] == [key(NOTES, index, 0) for index in range(3)]
    assert pages(files, kind=ObjectType.TICKETS) == [[]]


@pytest.mark.usefixtures("refused")
def test_a_long_ledger_without_the_type_is_not_read_in_one_answer(files: SimulationFiles) -> None:
    for batch in range(1, MAX_FILES + 1):
        Ledger(files).write_step(batch, file_names.CONTACTS_STEP, [])

    page = export_page(files, None, ObjectType.TICKETS)

    assert (page.rows, page.next_token is None) == ([], False)


@pytest.mark.usefixtures("refused")
def test_a_page_lists_no_more_of_the_ledger_than_it_may_look_at(files: SimulationFiles, api_calls: ApiCalls) -> None:
    for batch in range(1, MAX_FILES + 5):
        Ledger(files).write_step(batch, file_names.CONTACTS_STEP, [])

    asked = api_calls.between(lambda: export_page(files, None, ObjectType.TICKETS))

    assert [name for name in asked if name.startswith("List")] == ["ListObjectsV2 ledger/"]
    assert api_calls.for_operation("ListObjectsV2")[-1]["MaxKeys"] == MAX_FILES + 1


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize("token", ["ledger/000000/contacts.jsonl:-1", "x:y", ":\u0663", "a:" + "9" * 40])
def test_a_token_of_no_page_is_refused(files: SimulationFiles, token: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        export_page(files, token)

    assert caught.value.field == "token"


@pytest.mark.usefixtures("refused")
def test_a_token_leads_to_the_ledger_alone(files: SimulationFiles) -> None:
    assert export_page(files, f"{file_names.PLAN}:1").rows == []


@pytest.mark.usefixtures("refused")
def test_a_token_beyond_its_file_goes_on_with_the_whole_of_the_next(files: SimulationFiles) -> None:
    assert len(export_page(files, f"{file_names.ledger_file(0, file_names.CONTACTS_STEP)}:6").rows) == 3
