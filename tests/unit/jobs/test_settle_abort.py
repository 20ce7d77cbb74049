"""What an abort leaves: each planned object is in the ledger once, with the end that it has in the portal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import START, plan, status, write_request
from portal_in_process import LocalPortal
from recorders import ApiCalls

from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.jobs.clean_up import preview_cleanup
from simcrm.jobs.settle_abort import AbortSettlement, planned_keys
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.export_records import export_page
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, write_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.batch_history import write_history
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome, LedgerTotals
from simcrm.storage.run_status import RunState, read_status, write_status
from simcrm.storage.run_totals import SHARDS
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

RECORDS, WRITER_SECONDS = 250, 90.0
LATER = START + timedelta(seconds=WRITER_SECONDS)


def write_planned(files: SimulationFiles, **fields: Any) -> tuple[SimulationPlan, list[Batch]]:
    """A simulation whose plan is written."""
    given: dict[str, Any] = {"totalRecords": RECORDS, "timeScale": 0, "endTime": "2026-03-20T00:00:00Z", **fields}
    made = plan(**given)
    batches = list(AccountHistories.from_plan(made).batches())
    write_plan(files, made)
    files.write_lines(file_names.BATCHES, [batch.to_row() for batch in batches])
    write_status(files, status(planned=made.total_records))
    return made, batches


def write_contacts(files: SimulationFiles, portal: LocalPortal, made: SimulationPlan, batch: Batch) -> None:
    history = generate_history(RowGenerator.from_plan(made), batch)
    write_history(files, batch.number, history)
    files.write_lines(file_names.records_file(batch.number), history.rows[file_names.CONTACTS_STEP])
    writer = Writer(BatchWriter(portal.client()), lambda _: files)
    writer.write([writer.open(parse_write_request(write_request(batch=batch.number)))])


def aftermath(
    files: SimulationFiles, pauses: list[float] | None = None, *, over: Sequence[bool] = ()
) -> AbortSettlement:
    looks = iter(over)
    pause = (pauses if pauses is not None else []).append
    return AbortSettlement(files, lambda: next(looks, False), pause, WRITER_SECONDS)


def test_every_planned_object_is_in_the_ledger_once_and_the_counts_are_the_portals(
    files: SimulationFiles, portal: LocalPortal
) -> None:
    made, batches = write_planned(files)
    write_contacts(files, portal, made, batches[1])
    write_abort_marker(files, AbortMarker(at=START))

    assert aftermath(files).run(LATER) is True

    histories = AccountHistories.from_plan(made)
    wanted = {str(key) for batch in batches for key in planned_keys(files, histories, batch)}
    entries = list(Ledger(files).read_all())
    assert Counter(entry.key for entry in entries) == Counter(wanted)
    assert {entry.key for entry in entries if entry.outcome is LedgerOutcome.WRITTEN} == (
        portal.by_key("contacts").keys() | portal.by_key("companies").keys()
    )
    ended = read_status(files)
    assert ended is not None
    assert (ended.status, ended.aborted, (ended.counts or {})[ObjectType.CONTACTS]) == (
        "ABORTED",
        len(wanted) - batches[1].count - len(histories.accounts(batches[1])),
        batches[1].count,
    )


def test_what_a_batch_has_begun_is_taken_from_what_it_stored(files: SimulationFiles, portal: LocalPortal) -> None:
    """The code that settles an abort may be newer than the code that began the batch."""
    made, batches = write_planned(files)
    other = made.model_copy(update={"seed": "another generator"})
    write_contacts(files, portal, other, batches[0])
    begun = {str(key) for key in planned_keys(files, AccountHistories.from_plan(made), batches[0])}
    write_abort_marker(files, AbortMarker(at=START))

    aftermath(files).run(LATER)

    kept = {entry.key for entry in Ledger(files).read_all()}
    again = AccountHistories.from_plan(made)
    assert begun <= kept
    assert begun == {str(key) for key in planned_keys(files, again, batches[0])}
    assert begun != {str(key) for key in planned_keys(files, again, replace(batches[0], number=999))}


def test_a_live_runs_changes_of_stage_are_not_objects_of_their_own(files: SimulationFiles) -> None:
    _, batches = write_planned(files, totalRecords=30, timeScale=1)
    write_abort_marker(files, AbortMarker(at=START))

    aftermath(files).run(LATER)

    keys = Counter(entry.key for entry in Ledger(files).read_all())
    assert set(keys.values()) == {1}
    assert sum(":contact:" in key for key in keys) == 30
    assert any(":deal:" in key for key in keys)
    assert 1 < len(batches) < 30


def test_it_waits_until_the_last_writer_must_have_ended(files: SimulationFiles) -> None:
    write_planned(files)
    write_abort_marker(files, AbortMarker(at=START))
    pauses: list[float] = []

    first = aftermath(files, pauses).run(START + timedelta(seconds=10))
    nothing_yet = list(Ledger(files).read_all())
    second = aftermath(files, pauses).run(START + timedelta(seconds=70))

    assert (first, second) == (False, True)
    assert pauses == [60, 20]
    assert nothing_yet == []


def test_the_totals_of_many_batches_are_written_once(files: SimulationFiles, api_calls: ApiCalls) -> None:
    write_planned(files, totalRecords=3 * SHARDS, contactsPerCompany=1, timeScale=1, activities={"enabled": False})
    write_abort_marker(files, AbortMarker(at=START))

    asked = api_calls.between(lambda: aftermath(files).run(LATER))

    assert sum(name.startswith("PutObject ledger/") for name in asked) == 3 * SHARDS
    assert sum(name.startswith("PutObject totals/") for name in asked) == SHARDS


def test_it_goes_on_where_its_time_was_over(files: SimulationFiles) -> None:
    write_planned(files, totalRecords=40, contactsPerCompany=1, timeScale=1, activities={"enabled": False})
    write_abort_marker(files, AbortMarker(at=START))

    first = aftermath(files, over=[False, True]).run(LATER)
    reached = read_status(files)
    second = aftermath(files).run(LATER)

    assert (first, second) == (False, True)
    assert reached is not None
    assert reached.status is RunState.RUNNING
    assert Counter(entry.key for entry in Ledger(files).read_all()).most_common(1)[0][1] == 1
    assert LedgerTotals.from_entries(Ledger(files).read_all()).aborted == 80


def test_a_run_that_was_never_planned_leaves_nothing(files: SimulationFiles) -> None:
    write_abort_marker(files, AbortMarker(at=START))

    assert aftermath(files).run(LATER) is True
    assert list(Ledger(files).read_all()) == []


def test_a_run_that_was_not_aborted_is_left_alone(files: SimulationFiles) -> None:
    write_planned(files)

    assert aftermath(files).run(LATER) is True
    assert list(Ledger(files).read_all()) == []


def test_a_run_that_recorded_its_own_end_first_keeps_it(files: SimulationFiles) -> None:
    write_planned(files)
    write_status(files, status(RunState.SUCCEEDED))
    write_abort_marker(files, AbortMarker(at=START))

    aftermath(files).run(LATER)

    ended = read_status(files)
    assert ended is not None
    assert ended.status is RunState.SUCCEEDED


@pytest.mark.parametrize(
    "order", [[LedgerOutcome.WRITTEN, LedgerOutcome.ABORTED], [LedgerOutcome.ABORTED, LedgerOutcome.WRITTEN]], ids=str
)
def test_what_one_step_left_and_another_wrote_is_in_the_portal(order: list[LedgerOutcome]) -> None:
    entries = [LedgerEntry(key="sim:company:1", object_type=ObjectType.COMPANIES, outcome=one) for one in order]

    totals = LedgerTotals.from_entries(entries)

    assert (totals.written[ObjectType.COMPANIES], totals.aborted, totals.refused) == (1, 0, 0)


def test_an_aborted_run_can_be_shown_exported_and_cleaned(files: SimulationFiles, portal: LocalPortal) -> None:
    made, batches = write_planned(files, contactsPerCompany=1, activities={"enabled": False})
    write_contacts(files, portal, made, batches[0])
    write_abort_marker(files, AbortMarker(at=START))
    aftermath(files).run(LATER)

    rows: list[Any] = []
    token: str | None = None
    while True:
        page = export_page(files, token)
        rows += page.rows
        token = page.next_token
        if token is None:
            break

    assert Counter(row["outcome"] for row in rows) == {"written": 200, "aborted": 300}
    assert preview_cleanup(files)["total"] == 200
