import pytest
from builders import entry
from recorders import ApiCalls

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.operations import refused_records
from simcrm.operations.refused_records import FILES_PER_READ, PAGE_SIZE, refused_page
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles


def refused_entry(index: int, kind: ObjectType = ObjectType.CONTACTS) -> LedgerEntry:
    return entry(kind, index, outcome=LedgerOutcome.REFUSED, reason=f"no {index}")


def all_pages(files: SimulationFiles) -> list[list[JsonObject]]:
    pages, token = [], ""
    while True:
        page = refused_page(files, token or None)
        pages.append(page.rows)
        if page.next_token is None:
            return pages
        token = page.next_token


def test_a_simulation_without_a_ledger_has_no_failures(files: SimulationFiles) -> None:
    assert all_pages(files) == [[]]


def test_what_was_refused_is_listed_with_its_reason_and_nothing_else(files: SimulationFiles) -> None:
    Ledger(files).write_step(0, "contacts", [entry(index=0), refused_entry(1)])
    Ledger(files).write_step(0, "wave-000", [refused_entry(1, ObjectType.DEALS), entry(ObjectType.NOTES, 2, 0)])

    assert all_pages(files) == [
        [
            {"key": refused_entry(1).key, "type": "contacts", "outcome": "refused", "reason": "no 1"},
            {"key": refused_entry(1, ObjectType.DEALS).key, "type": "deals", "outcome": "refused", "reason": "no 1"},
        ]
    ]


def test_pages_hold_each_failure_once_and_are_short(files: SimulationFiles) -> None:
    for batch in range(4):
        Ledger(files).write_step(
            batch, "contacts", [refused_entry(100 * batch + index) for index in range(PAGE_SIZE - 1)]
        )

    pages = all_pages(files)
    keys = [row["key"] for page in pages for row in page]

    assert sorted(keys) == sorted(
        {refused_entry(100 * batch + index).key for batch in range(4) for index in range(PAGE_SIZE - 1)}
    )
    assert len(pages) > 1
    assert all(len(page) < 2 * PAGE_SIZE for page in pages)


def test_of_a_long_ledger_only_batches_with_failures_are_read(files: SimulationFiles, api_calls: ApiCalls) -> None:
    for batch in range(40):
        Ledger(files).write_step(batch, "contacts", [entry(index=batch)])
    Ledger(files).write_step(39, "contacts", [refused_entry(39)])
    before = len(api_calls.for_operation("GetObject"))

    pages = all_pages(files)

    assert [len(page) for page in pages] == [1]
    read = [call["Key"] for call in api_calls.for_operation("GetObject")[before:] if "/ledger/" in call["Key"]]
    assert read == [files.key("ledger/000039/contacts.jsonl")]


def test_a_page_looks_at_a_bounded_number_of_files(files: SimulationFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_records, "MAX_FILES", FILES_PER_READ)
    Ledger(files).write_step(0, "contacts", [refused_entry(0)])
    for wave in range(FILES_PER_READ):
        files.write_lines(file_names.ledger_file(0, file_names.wave_step(wave)), [])

    assert [len(page) for page in all_pages(files)] == [1, 0]
