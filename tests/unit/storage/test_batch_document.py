"""What is kept of a batch: each object's end over all steps, its id, its furthest stage, and why it was refused."""

from datetime import timedelta

import pytest
from bucket_in_memory import BucketInMemory
from builders import SIMULATION, START, entry, key

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortCache, AbortMarker, abort_checker, read_abort_marker, write_abort_marker
from simcrm.storage.batch_document import (
    MAX_REASONS,
    BatchDocument,
    ObjectResult,
    fingerprint,
    later_result,
)
from simcrm.storage.job_record import JobRecord, JobSlot, read_job
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import PARENT_MISSING, LedgerEntry, LedgerOutcome
from simcrm.storage.lifecycle_funnel import later_stage
from simcrm.storage.run_status import RunFailure, StopReason, clear_stop_reason, write_stop_reason
from simcrm.storage.run_totals import BatchTotals, RunTotals
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

COMPANIES, CONTACTS, NOTES = ObjectType.COMPANIES, ObjectType.CONTACTS, ObjectType.NOTES
WRITTEN, REFUSED, ABORTED, DRY_RUN = (
    LedgerOutcome.WRITTEN,
    LedgerOutcome.REFUSED,
    LedgerOutcome.ABORTED,
    LedgerOutcome.DRY_RUN,
)
LEAD, CUSTOMER = LifecycleStage.LEAD, LifecycleStage.CUSTOMER


@pytest.fixture
def bucket() -> BucketInMemory:
    return BucketInMemory()


@pytest.fixture
def files(bucket: BucketInMemory) -> SimulationFiles:
    return SimulationFiles(bucket, "bucket", SIMULATION)  # type: ignore[arg-type]


def document(*entries: LedgerEntry, step: str = "contacts") -> BatchDocument:
    return BatchDocument().with_step(step, "etag", entries)


@pytest.mark.parametrize(
    ("before", "end", "expected"),
    [
        (None, "a", "a"),
        ("w", "a", "w"),
        ("r", "a", "r"),
        (None, "r", "r"),
        ("w", "r", "x"),
        ("d", "r", "x"),
        ("x", "r", "x"),
        ("r", "r", "r"),
        ("a", "r", "r"),
        ("r", "w", "w"),
        ("x", "w", "w"),
    ],
)
def test_neither_an_abort_nor_a_refused_change_undoes_a_write(before: str | None, end: str, expected: str) -> None:
    assert later_result(None if before is None else ObjectResult(before), ObjectResult(end)) == expected


def test_each_file_is_a_revision_of_its_own() -> None:
    first = document(entry())
    second = first.with_step("wave-000", "other", [])

    assert (first.revision, second.revision) == (1, 2)
    assert second.files == {"contacts": "etag", "wave-000": "other"}
    assert fingerprint(first.files) != fingerprint(second.files)


def test_an_object_keeps_its_id_when_a_later_change_is_refused() -> None:
    both = document(entry(index=7)).with_step("wave-000", "e", [entry(index=7, outcome=REFUSED, reason="no")])

    assert both.objects == {"contact:7": "x1007"}
    assert both.hubspot_ids(SIMULATION) == {key(CONTACTS, 7): "1007"}


def test_only_what_is_in_the_portal_is_there() -> None:
    ends = document(
        entry(COMPANIES, 1),
        entry(CONTACTS, 2),
        entry(CONTACTS, 3, outcome=REFUSED),
        entry(CONTACTS, 4, outcome=DRY_RUN),
        entry(NOTES, 2, 0).model_copy(update={"hubspot_id": "9"}),
        entry(NOTES, 3, 0).model_copy(update={"hubspot_id": None}),
    )

    assert ends.in_portal(SIMULATION) == {
        COMPANIES: [("1001", key(COMPANIES, 1))],
        CONTACTS: [("1002", key(CONTACTS, 2))],
        NOTES: [("9", key(NOTES, 2, 0))],
    }


def test_a_contact_keeps_its_furthest_stage_and_none_that_was_refused() -> None:
    ends = document(
        entry(index=1).model_copy(update={"stage": CUSTOMER}),
        entry(index=1).model_copy(update={"stage": LEAD}),
        entry(index=2, outcome=REFUSED).model_copy(update={"stage": CUSTOMER}),
        entry(index=3, outcome=DRY_RUN).model_copy(update={"stage": LEAD}),
    )

    assert ends.stages_by_key(SIMULATION) == {key(CONTACTS, 1): CUSTOMER, key(CONTACTS, 3): LEAD}
    assert later_stage(LEAD, CUSTOMER) is later_stage(CUSTOMER, LEAD) is later_stage(CUSTOMER, None) is CUSTOMER


def test_reasons_are_counted_but_for_those_that_follow_from_another() -> None:
    reasons = ["bad address", "bad address", f"{key(COMPANIES)} {PARENT_MISSING}", None]
    ends = document(
        entry(index=9).model_copy(update={"reason": "an association was refused"}),
        *(entry(index=number, outcome=REFUSED, reason=reason) for number, reason in enumerate(reasons)),
    )

    assert ends.reasons == {"bad address": 2}


def test_at_most_fifty_reasons_are_counted() -> None:
    refused = [entry(index=number, outcome=REFUSED, reason=f"reason {number}") for number in range(MAX_REASONS + 2)]

    ends = document(*refused, *refused)

    assert ends.reasons == {f"reason {number}": 2 for number in range(50)}


@pytest.mark.parametrize(
    ("known", "step", "expected"),
    [
        ((), "contacts", True),
        ((), "wave-000", False),
        (("contacts",), "contacts", False),
        (("contacts",), "wave-000", True),
        (("contacts",), "wave-001", False),
        (("contacts", "wave-000"), "wave-001", True),
        (("contacts", "wave-001"), "wave-000", False),
        (("contacts",), "aborted", False),
    ],
)
def test_a_step_is_appended_only_after_all_before_it(known: tuple[str, ...], step: str, *, expected: bool) -> None:
    assert BatchDocument(files=dict.fromkeys(known, "e")).can_take(step) is expected


def test_changed_properties_replace_generated_ones_and_omitted_ones_are_gone() -> None:
    changed = entry().model_copy(update={"changed": {"email": "b@x.example", "phone": None}})
    generated = {"email": "a@x.example", "phone": "1", "name": "Ada"}

    assert changed.apply_changes(generated) == {"email": "b@x.example", "name": "Ada"}
    assert entry().apply_changes(generated) == generated


def test_the_companies_at_both_ends_of_a_batch_are_counted_apart() -> None:
    ends = document(*(entry(COMPANIES, index) for index in (4, 5, 6)), entry(COMPANIES, 7, outcome=REFUSED))
    counted = BatchTotals.from_document(ends)

    assert counted.edge == {4: ObjectResult.WRITTEN, 7: ObjectResult.REFUSED}
    assert counted.ends == {ObjectResult.WRITTEN: {COMPANIES: 2}}
    assert (counted.successful_count, counted.refused_count, counted.has_contacts, counted.waves) == (3, 1, True, 0)


def test_only_settled_waves_count() -> None:
    steps = ("wave-000", "wave-001", "wave-002-begun")
    counted = BatchTotals.from_document(BatchDocument(files=dict.fromkeys(steps, "e")))

    assert (counted.waves, counted.has_contacts) == (2, False)


def test_batches_with_a_type_are_those_that_have_it_in_the_portal() -> None:
    batches = {
        3: BatchTotals.from_document(document(entry(CONTACTS, 1))),
        1: BatchTotals.from_document(document(entry(CONTACTS, 2, outcome=REFUSED), entry(COMPANIES, 2))),
        2: BatchTotals.from_document(document(entry(CONTACTS, 3, outcome=DRY_RUN))),
        4: BatchTotals.from_document(document(entry(COMPANIES, 3, outcome=REFUSED))),
    }
    totals = RunTotals(batches, {})

    assert list(totals.batches_with(CONTACTS)) == [3]
    assert list(totals.batches_with(COMPANIES)) == [1]
    assert list(totals.batches_with(NOTES)) == []
    assert totals.in_portal[CONTACTS] == 1


def test_names_of_ledger_files_tell_batch_and_step() -> None:
    name = file_names.ledger_file(12, file_names.unfinished_step(file_names.wave_step(3)))

    assert name == "ledger/000012/wave-003-begun.jsonl"
    assert file_names.parse_ledger_batch(name) == 12
    assert file_names.step_from_ledger_file(name) == "wave-003-begun"
    assert file_names.steps_before("wave-002-begun") == ["contacts", "wave-000", "wave-001"]


def test_a_document_that_others_change_all_the_time_is_tried_ten_times(
    files: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[str] = []

    def refuse(_files: SimulationFiles, name: str, *_: object) -> str:
        attempts.append(name)
        raise ConcurrentWriteError(name)

    monkeypatch.setattr(SimulationFiles, "write_version", refuse)

    ends = Ledger(files).write_aborted(0, [entry(outcome=ABORTED)])

    assert attempts == ["batches/000000.json"] * 10
    assert ends.objects == {"contact:0": "a"}


def test_a_document_is_read_as_it_is_kept_and_made_of_the_files_if_it_is_behind(
    files: SimulationFiles, bucket: BucketInMemory
) -> None:
    ledger = Ledger(files)
    assert ledger.create_step(0, "contacts", [entry(index=1)]) is True
    assert ledger.create_step(0, "contacts", [entry(index=2)]) is False
    (found,) = ledger.batches()
    before = bucket.calls.count("GetObject")
    kept = Ledger(files).read_document(found)
    assert (kept.objects, bucket.calls.count("GetObject") - before) == ({"contact:1": "w1001"}, 1)

    files.write(file_names.batch_document_file(0), BatchDocument())
    again = Ledger(files).read_document(found)

    assert (again.objects, again.files) == (kept.objects, kept.files)
    assert files.read(file_names.batch_document_file(0), BatchDocument) == BatchDocument()


def test_files_of_batches_with_refusals_come_in_order_and_only_after_a_name(files: SimulationFiles) -> None:
    ledger = Ledger(files)
    for batch in (0, 1, 2, 3):
        outcome = WRITTEN if batch == 1 else REFUSED
        ledger.write_step(batch, "contacts", [entry(index=batch, outcome=outcome, reason="no")])
        ledger.write_step(batch, "wave-000", [])
    names = [f"ledger/00000{batch}/{step}.jsonl" for batch in (0, 2, 3) for step in ("contacts", "wave-000")]

    assert list(ledger.refused_files()) == names
    for place, name in enumerate(names):
        assert list(ledger.refused_files(name)) == names[place + 1 :]


def test_batches_already_passed_are_not_listed_again(files: SimulationFiles, bucket: BucketInMemory) -> None:
    ledger = Ledger(files)
    for batch in (0, 1, 2):
        ledger.write_step(batch, "contacts", [entry(index=batch, outcome=REFUSED, reason="no")])
    before = bucket.calls.count("ListObjectsV2")

    list(ledger.refused_files("ledger/000001/contacts.jsonl"))

    assert bucket.calls.count("ListObjectsV2") - before == 2


# Aborts, stops and jobs


def test_a_void_marker_aborts_nothing(files: SimulationFiles) -> None:
    assert read_abort_marker(files) is None
    write_abort_marker(files, AbortMarker(at=START, is_void=True))
    assert read_abort_marker(files) is None
    write_abort_marker(files, AbortMarker(at=START))
    assert read_abort_marker(files) == AbortMarker(at=START)


def test_an_abort_is_seen_two_seconds_after_the_last_look(files: SimulationFiles, bucket: BucketInMemory) -> None:
    now = [100.0]
    aborts = AbortCache(lambda _: files, lambda: now[0])
    looks = [SIMULATION in aborts]
    write_abort_marker(files, AbortMarker(at=START))
    for moment in (101.99, 102.0, 102.0, 500.0):
        now[0] = moment
        looks.append(SIMULATION in aborts)

    assert looks == [False, False, True, True, True]
    assert bucket.calls.count("GetObject") == 2


def test_a_run_that_goes_on_is_looked_at_every_two_seconds(files: SimulationFiles, bucket: BucketInMemory) -> None:
    now = [0.0]
    aborts = AbortCache(lambda _: files, lambda: now[0])
    for moment in range(9):
        now[0] = float(moment)
        assert SIMULATION not in aborts

    assert bucket.calls.count("GetObject") == 5


def test_a_run_is_told_of_its_own_abort(files: SimulationFiles) -> None:
    is_aborted = abort_checker(files)
    write_abort_marker(files, AbortMarker(at=START))

    assert is_aborted() is True


def test_the_first_reason_of_a_stop_stands_until_it_is_cleared(files: SimulationFiles) -> None:
    for code in ("first", "second"):
        write_stop_reason(files, RunFailure(code=code, message="why"))
    assert stop_code(files) == "first"

    clear_stop_reason(files)
    assert stop_code(files) is None
    write_stop_reason(files, RunFailure(code="third", message="why"))
    assert stop_code(files) == "third"


def stop_code(files: SimulationFiles) -> str | None:
    stop = files.read(file_names.STOP, StopReason)
    return None if stop is None or stop.reason is None else stop.reason.code


def test_the_last_job_is_known_by_its_execution(files: SimulationFiles) -> None:
    assert read_job(files) is None
    files.write(file_names.JOB, JobSlot())
    assert read_job(files) is None
    record = JobRecord(action="repair", execution="arn:aws:states:x:1:execution:m:name-1", since=START)
    files.write(file_names.JOB, JobSlot(job=record))

    assert read_job(files) == record
    assert record.name == "name-1"
    assert record.since - START == timedelta(0)
