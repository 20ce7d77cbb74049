"""Totals say what a count of the whole ledger says, whatever was settled, in whatever order, and whoever died."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import pytest
from bucket_in_memory import BucketInMemory
from builders import START, entry
from hypothesis import given
from hypothesis import strategies as st

from simcrm.jobs.ledger_totals import count_ledger, most_common_reason, reconcile_totals
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome, LedgerTotals
from simcrm.storage.run_totals import SHARDS, BatchTotals, TotalsStore
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

CONTACTS, COMPANIES, DEALS, NOTES = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.DEALS, ObjectType.NOTES
PER_BATCH = 3
"""Contacts and companies of a batch; its last company is the first one of the next batch."""


def in_bucket(bucket: BucketInMemory) -> SimulationFiles:
    return SimulationFiles(bucket, "bucket", "sim-test")  # type: ignore[arg-type]


@pytest.fixture
def bucket() -> BucketInMemory:
    return BucketInMemory()


@pytest.fixture
def files(bucket: BucketInMemory) -> SimulationFiles:
    return in_bucket(bucket)


def staged(index: int, stage: LifecycleStage | None, outcome: LedgerOutcome = LedgerOutcome.WRITTEN) -> LedgerEntry:
    return entry(index=index, outcome=outcome).model_copy(update={"stage": stage})


OUTCOMES = st.sampled_from([LedgerOutcome.WRITTEN, LedgerOutcome.REFUSED, LedgerOutcome.DRY_RUN])
STAGES = st.sampled_from([None, *LifecycleStage])


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[int, str, list[LedgerEntry]]]:
    """A few batches as writers leave them: contacts, changes of contacts and deals, what an abort left."""
    ledger_files: list[tuple[int, str, list[LedgerEntry]]] = []
    for batch in range(draw(st.integers(1, 4))):
        contacts = range(batch * PER_BATCH, (batch + 1) * PER_BATCH)
        companies = range(batch * (PER_BATCH - 1), batch * (PER_BATCH - 1) + PER_BATCH)
        first = [entry(COMPANIES, index, outcome=draw(OUTCOMES)) for index in companies]
        first += [staged(index, draw(STAGES), draw(OUTCOMES)) for index in contacts]
        if draw(st.booleans()):
            ledger_files.append((batch, file_names.CONTACTS_STEP, first))
            for wave in range(draw(st.integers(0, 2))):
                of_wave = [staged(index, draw(STAGES), draw(OUTCOMES)) for index in contacts if draw(st.booleans())]
                of_wave += [entry(DEALS, index, 0, draw(OUTCOMES)) for index in contacts if draw(st.booleans())]
                ledger_files.append((batch, file_names.wave_step(wave), of_wave))
        else:
            ledger_files.append(
                (
                    batch,
                    file_names.ABORTED_STEP,
                    [entry(COMPANIES, i, outcome=LedgerOutcome.ABORTED) for i in companies],
                )
            )
    return ledger_files


def settled(files: SimulationFiles, ledger_files: Iterable[tuple[int, str, list[LedgerEntry]]]) -> None:
    for batch, step, entries in ledger_files:
        Ledger(files).write_step(batch, step, entries)


def counted_anew(files: SimulationFiles) -> LedgerTotals:
    return LedgerTotals.from_entries(Ledger(files).read_all())


@given(steps())
def test_totals_are_those_of_the_whole_ledger(ledger_files: list[tuple[int, str, list[LedgerEntry]]]) -> None:
    files = in_bucket(BucketInMemory())

    settled(files, ledger_files)

    assert TotalsStore(files).read().ledger_totals == counted_anew(files)


@given(steps(), st.randoms(use_true_random=False))
def test_a_step_that_is_settled_again_replaces_what_was_counted_of_it(
    ledger_files: list[tuple[int, str, list[LedgerEntry]]], random: Random
) -> None:
    files = in_bucket(BucketInMemory())
    settled(files, ledger_files)
    again = [
        (batch, step, [found for found in entries if random.random() < 0.5]) for batch, step, entries in ledger_files
    ]

    settled(files, again)

    assert TotalsStore(files).read().ledger_totals == counted_anew(files)


@given(steps(), st.data())
def test_what_was_lost_of_the_totals_is_made_of_the_ledger_again(
    ledger_files: list[tuple[int, str, list[LedgerEntry]]], data: st.DataObject
) -> None:
    """Writers die after their file, before or between the documents that are derived from it."""
    bucket = BucketInMemory()
    files, kept = in_bucket(bucket), bucket.objects
    settled(files, ledger_files)
    before = dict(kept)
    derived = [key for key in kept if "/batches/" in key or "/totals/" in key]
    settled(files, ((batch, step, entries[1:]) for batch, step, entries in ledger_files))
    for key in derived:
        match data.draw(st.sampled_from(["kept", "lost", "stale"])):
            case "lost":
                del kept[key]
            case "stale":
                kept[key] = before[key]

    totals = reconcile_totals(files)

    assert totals.ledger_totals == counted_anew(files)
    assert TotalsStore(files).read() == totals


def test_totals_are_read_in_as_many_requests_for_any_number_of_batches(
    bucket: BucketInMemory, files: SimulationFiles
) -> None:
    requests = []
    for batches in (1, 40, 200):
        for batch in range(batches):
            Ledger(files).write_step(batch, file_names.CONTACTS_STEP, [entry(index=batch)])
        before = bucket.requests
        assert count_ledger(files).counters["contacts_created"] == batches
        requests.append(bucket.requests - before)

    assert requests == [SHARDS] * 3


def test_a_run_that_is_counted_is_not_read_again(bucket: BucketInMemory, files: SimulationFiles) -> None:
    for batch in range(40):
        Ledger(files).write_step(batch, file_names.CONTACTS_STEP, [entry(index=batch)])
    before = bucket.requests

    reconcile_totals(files)

    assert bucket.requests - before == SHARDS + 1


def test_lost_totals_of_many_batches_are_written_once(bucket: BucketInMemory, files: SimulationFiles) -> None:
    for batch in range(10 * SHARDS):
        Ledger(files).write_step(batch, file_names.CONTACTS_STEP, [entry(index=batch)])
    for shard in range(SHARDS):
        del bucket.objects[files.key(file_names.totals_file(shard))]
    bucket.calls.clear()

    totals = reconcile_totals(files)

    assert totals.ledger_totals.written[CONTACTS] == 10 * SHARDS
    assert bucket.calls.count("PutObject") == SHARDS


def test_the_ends_of_a_batch_are_read_in_one_request_however_many_steps_it_has(
    bucket: BucketInMemory, files: SimulationFiles
) -> None:
    requests = []
    for wave in range(12):
        step = file_names.wave_step(wave - 1) if wave else file_names.CONTACTS_STEP
        ledger, before = Ledger(files), bucket.requests
        known = ledger.batch_before(0, step)
        assert ledger.create_step(0, step, [entry(NOTES, wave, 0)])
        assert len(known.hubspot_ids("sim-test")) == wave
        requests.append(bucket.requests - before)

    assert requests == [5] * 12  # the ends, the file, the ends; the shard, the shard


def test_a_step_whose_writer_died_is_kept_when_its_message_comes_again(files: SimulationFiles) -> None:
    Ledger(files).write_step(0, file_names.CONTACTS_STEP, [entry()])
    files.replace_lines(
        file_names.ledger_file(0, file_names.wave_step(0)),
        [entry(NOTES, 0, 0).model_dump(by_alias=True, exclude_none=True)],
    )

    Ledger(files).catch_up(0, file_names.wave_step(0))

    assert TotalsStore(files).read().ledger_totals == counted_anew(files)
    assert "sim-test:note:0:0" in Ledger(files).batch_before(0, file_names.wave_step(1)).hubspot_ids("sim-test")


def test_a_wave_knows_what_a_step_has_left_that_was_not_kept(files: SimulationFiles) -> None:
    files.replace_lines(
        file_names.ledger_file(0, file_names.CONTACTS_STEP),
        [entry(index=4).model_dump(by_alias=True, exclude_none=True)],
    )

    assert Ledger(files).batch_before(0, file_names.wave_step(0)).hubspot_ids("sim-test") == {
        "sim-test:contact:4": "1004"
    }


def test_what_was_written_when_adds_up_and_is_counted_once(files: SimulationFiles) -> None:
    now = [START]

    def clock() -> datetime:
        return now[0]

    def ends(count: int, etag: str) -> BatchDocument:
        return BatchDocument().with_step(file_names.CONTACTS_STEP, etag, [entry(index=index) for index in range(count)])

    for seconds, count, etag in ((0, 3, "a"), (10, 3, "a"), (20, 5, "b")):
        now[0] = START + timedelta(seconds=seconds)
        TotalsStore(files, clock).update({0: BatchTotals.from_document(ends(count, etag))})

    begin = int(START.timestamp())
    assert TotalsStore(files).read().buckets == {begin: 3, begin + 20: 2}


def test_older_ends_of_a_batch_do_not_replace_newer_ones(files: SimulationFiles) -> None:
    older = BatchDocument().with_step(file_names.CONTACTS_STEP, "a", [entry()])
    newer = older.with_step(file_names.wave_step(0), "b", [entry(NOTES, 0, 0)])

    for found in (newer, older):
        TotalsStore(files).update({0: BatchTotals.from_document(found)})

    assert TotalsStore(files).read().ledger_totals.written[NOTES] == 1


def test_writers_that_count_at_the_same_moment_lose_nothing(
    bucket: BucketInMemory, files: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches 0 and 16 share a document: another writer is faster three times."""
    write, rivals = files.write_version, [16, 32, 48]

    def later(name: str, document: object, version: str) -> str:
        if rivals and name.startswith(file_names.TOTALS):
            rival = rivals.pop()
            Ledger(rivals_own).write_step(rival, file_names.CONTACTS_STEP, [entry(index=rival)])
        return write(name, document, version)  # type: ignore[arg-type]

    rivals_own = in_bucket(bucket)
    monkeypatch.setattr(files, "write_version", later)
    Ledger(files).write_step(0, file_names.CONTACTS_STEP, [entry()])

    assert TotalsStore(files).read().ledger_totals.written[CONTACTS] == 4


def test_a_batch_that_cannot_be_counted_now_is_counted_later(
    files: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, *_: object) -> str:
        raise ConcurrentWriteError(name)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_version", refuse)
        Ledger(files).write_step(0, file_names.CONTACTS_STEP, [entry()])

    assert TotalsStore(files).read().ledger_totals.written[CONTACTS] == 0
    assert reconcile_totals(files).ledger_totals.written[CONTACTS] == 1


def test_the_commonest_reason_is_a_cause_and_not_what_follows_from_it(files: SimulationFiles) -> None:
    def refused(index: int, reason: str | None) -> LedgerEntry:
        return entry(index=index, outcome=LedgerOutcome.REFUSED).model_copy(update={"reason": reason})

    assert most_common_reason(files, reconcile_totals(files)) is None
    orphans = [refused(index, "sim-test:company:0 is not in the portal") for index in range(5)]
    unlinked = entry(index=9).model_copy(update={"reason": "an association was refused"})
    Ledger(files).write_step(0, file_names.CONTACTS_STEP, [*orphans, refused(5, "HubSpot answered 400"), unlinked])
    others = [refused(6, "HubSpot answered 400"), refused(7, "another"), refused(8, None)]
    Ledger(files).write_step(1, file_names.CONTACTS_STEP, others)

    assert most_common_reason(files, reconcile_totals(files)) == "HubSpot answered 400"
