import pytest
from builders import entry

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome, LedgerTotals
from simcrm.storage.simulation_files import SimulationFiles

CONTACTS, COMPANIES, NOTES = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.NOTES


@pytest.fixture
def ledger(files: SimulationFiles) -> Ledger:
    return Ledger(files)


def test_a_step_that_is_not_settled_has_no_entries(ledger: Ledger) -> None:
    assert ledger.read_step(0, "contacts") is None


def test_a_step_with_nothing_to_write_is_settled_too(ledger: Ledger) -> None:
    ledger.write_step(0, "wave-000", [])

    assert ledger.read_step(0, "wave-000") == []


def test_entries_are_read_as_they_were_settled(ledger: Ledger) -> None:
    entries = [entry(), entry(COMPANIES, outcome=LedgerOutcome.REFUSED, reason="bad domain"), entry(NOTES, 0, 2)]

    ledger.write_step(3, "contacts", entries)

    assert ledger.read_step(3, "contacts") == entries


def test_the_first_record_of_a_step_stands(ledger: Ledger) -> None:
    assert ledger.create_step(3, "contacts", [entry(index=1)])
    assert not ledger.create_step(3, "contacts", [entry(index=2)])

    assert ledger.read_step(3, "contacts") == [entry(index=1)]


def test_a_repair_replaces_the_record_of_a_step(ledger: Ledger) -> None:
    ledger.create_step(3, "contacts", [entry(outcome=LedgerOutcome.REFUSED, reason="bad domain")])

    ledger.write_step(3, "contacts", [entry()])

    assert ledger.read_step(3, "contacts") == [entry()]


def test_a_line_of_the_ledger_holds_what_an_export_needs(ledger: Ledger, files: SimulationFiles) -> None:
    ledger.write_step(3, "contacts", [entry(index=7)])

    assert files.read_lines("ledger/000003/contacts.jsonl") == [
        {"key": "sim-test:contact:7", "type": "contacts", "outcome": "written", "id": "1007"}
    ]


def test_a_batch_has_the_entries_of_all_its_steps_and_of_no_other(ledger: Ledger) -> None:
    ledger.write_step(1, file_names.CONTACTS_STEP, [entry(index=1)])
    ledger.write_step(1, file_names.wave_step(0), [entry(NOTES, 1, 0)])
    ledger.write_step(11, file_names.CONTACTS_STEP, [entry(index=11)])

    assert [found.key for found in ledger.read_batch(1)] == ["sim-test:contact:1", "sim-test:note:1:0"]


def test_the_ledger_has_the_entries_of_all_batches_in_order(ledger: Ledger) -> None:
    for number in reversed(range(40)):
        ledger.write_step(number, file_names.CONTACTS_STEP, [entry(index=number)])

    assert [found.key for found in ledger.read_all()] == [f"sim-test:contact:{number}" for number in range(40)]


def test_an_empty_ledger_counts_nothing() -> None:
    nothing = dict.fromkeys(ObjectType, 0)
    stages = dict.fromkeys(LifecycleStage, 0)
    assert LedgerTotals.from_entries([]) == LedgerTotals(written=nothing, refused=0, settled=nothing, funnel=stages)


def test_a_tally_counts_by_type_what_is_in_the_portal_and_apart_what_was_refused() -> None:
    totals = LedgerTotals.from_entries(
        [entry(index=0), entry(index=1), entry(NOTES, 0, 0), entry(index=2, outcome=LedgerOutcome.REFUSED)]
    )

    assert {kind: count for kind, count in totals.written.items() if count} == {CONTACTS: 2, NOTES: 1}
    assert totals.refused == 1
    assert {kind: count for kind, count in totals.settled.items() if count} == {CONTACTS: 3, NOTES: 1}


def test_what_an_abort_left_is_not_settled() -> None:
    totals = LedgerTotals.from_entries([entry(index=0), entry(index=1, outcome=LedgerOutcome.ABORTED)])

    assert (totals.settled[CONTACTS], totals.aborted) == (1, 1)


def test_a_company_that_two_batches_share_is_counted_once() -> None:
    assert (
        LedgerTotals.from_entries([entry(COMPANIES), entry(index=0), entry(COMPANIES), entry(index=1)]).written[
            COMPANIES
        ]
        == 1
    )


def test_what_a_dry_run_kept_back_is_counted_as_what_would_be_there() -> None:
    totals = LedgerTotals.from_entries([entry(outcome=LedgerOutcome.DRY_RUN)])

    assert (totals.written[CONTACTS], totals.refused) == (1, 0)


def test_of_an_object_that_was_refused_and_written_later_the_later_end_counts() -> None:
    refused, written = entry(outcome=LedgerOutcome.REFUSED, reason="locked"), entry()

    assert LedgerTotals.from_entries([refused, written]).refused == 0
    assert LedgerTotals.from_entries([written, refused]).refused == 1
