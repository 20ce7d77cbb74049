"""What a run has left open is found by its totals, without a look at the ledger."""

import pytest
from builders import batch, plan, status
from recorders import ApiCalls

from simcrm.jobs.failure_causes import record_batch_failure
from simcrm.jobs.ledger_totals import reconcile_totals
from simcrm.jobs.settle_abort import planned_keys
from simcrm.jobs.unfinished_batches import count_missing, has_unfinished_batches
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.run_status import RunState
from simcrm.storage.simulation_files import SimulationFiles

BATCHES = [batch(number, first_index=10 * number, count=10) for number in range(3)]
OF_A_RECORD = {ObjectType.CONTACTS, ObjectType.COMPANIES}
ENDED = status(RunState.SUCCEEDED, failed=0, missing=0)


@pytest.fixture
def planned(files: SimulationFiles) -> SimulationPlan:
    made = plan(totalRecords=30, contactsPerCompany=5, timeScale=0)
    write_plan(files, made)
    files.write_lines(file_names.BATCHES, (item.to_row() for item in BATCHES))
    return made


def settle(files: SimulationFiles, made: SimulationPlan, found: Batch, *, waves: bool = True) -> None:
    """Write a batch's contacts and, in one wave, its activities."""
    keys = {str(key): key.object_type for key in planned_keys(files, AccountHistories.from_plan(made), found)}
    entries = [LedgerEntry(key=key, object_type=kind, outcome=LedgerOutcome.WRITTEN) for key, kind in keys.items()]
    pairs = [entry for entry in entries if entry.object_type in OF_A_RECORD]
    Ledger(files).write_step(found.number, file_names.CONTACTS_STEP, pairs)
    files.write_lines(file_names.activities_file(found.number, 0), [])
    if waves:
        activities = [entry for entry in entries if entry.object_type not in OF_A_RECORD]
        Ledger(files).write_step(found.number, file_names.wave_step(0), activities)


def missing(files: SimulationFiles, *, stopped: bool = False) -> int:
    return count_missing(files, reconcile_totals(files), 1, stopped=stopped)


def keys_of(files: SimulationFiles, made: SimulationPlan, *batches: Batch) -> set[str]:
    return {str(key) for found in batches for key in planned_keys(files, AccountHistories.from_plan(made), found)}


def test_a_run_that_is_written_has_no_gaps(files: SimulationFiles, planned: SimulationPlan) -> None:
    for found in BATCHES:
        settle(files, planned, found)

    assert (missing(files), has_unfinished_batches(files, ENDED)) == (0, False)


def test_a_batch_that_was_not_begun_is_missing_but_for_companies_of_its_neighbours(
    files: SimulationFiles, planned: SimulationPlan
) -> None:
    settle(files, planned, BATCHES[0])
    settle(files, planned, BATCHES[2])

    left = keys_of(files, planned, *BATCHES) - keys_of(files, planned, BATCHES[0], BATCHES[2])
    assert (missing(files), has_unfinished_batches(files, ENDED)) == (len(left), True)


def test_companies_that_two_missing_batches_share_are_missing_once(
    files: SimulationFiles, planned: SimulationPlan
) -> None:
    settle(files, planned, BATCHES[0])

    left = keys_of(files, planned, *BATCHES) - keys_of(files, planned, BATCHES[0])
    assert missing(files) == missing(files, stopped=True) == len(left)


def test_activities_that_were_generated_and_not_written_are_missing(
    files: SimulationFiles, planned: SimulationPlan
) -> None:
    for found in BATCHES:
        settle(files, planned, found, waves=found.number != 1)

    left = {key for key in keys_of(files, planned, BATCHES[1]) if ":contact:" not in key and ":company:" not in key}
    assert missing(files) == len(left) > 0


def test_a_batch_that_failed_is_a_gap(files: SimulationFiles, planned: SimulationPlan) -> None:
    for found in BATCHES:
        settle(files, planned, found)
    record_batch_failure(files, 1, {"item": {"batch": 1}, "failure": {"Error": "States.Timeout"}})

    assert has_unfinished_batches(files, ENDED)


def test_what_was_missing_at_the_end_is_a_gap(files: SimulationFiles) -> None:
    assert has_unfinished_batches(files, ENDED.model_copy(update={"missing": 1}))


def test_whether_there_are_gaps_asks_no_ledger(
    files: SimulationFiles, planned: SimulationPlan, api_calls: ApiCalls
) -> None:
    for found in BATCHES:
        settle(files, planned, found)

    asked = api_calls.between(lambda: has_unfinished_batches(files, ENDED))

    assert [name for name in asked if "ledger/" in name or "activities/" in name] == []
