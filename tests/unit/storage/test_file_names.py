import pytest

from simcrm.storage import file_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (file_names.records_file(12), "records/000012.jsonl"),
        (file_names.activities_file(12, 3), "activities/000012/003.jsonl"),
        (file_names.batch_failures_prefix(2), "failures/002/"),
        (file_names.batch_failure_file(2, 12), "failures/002/000012.json"),
        (file_names.texts_file(12), "words/000012.jsonl"),
        (file_names.call_texts_file(12, "0000003-ab12"), "words/000012/0000003-ab12.jsonl"),
        (file_names.batch_document_file(12), "batches/000012.json"),
        (file_names.totals_file(3), "totals/03.json"),
        (file_names.aborted_ledger_file(12), "ledger/000012/aborted.jsonl"),
        (file_names.ledger_file(12, file_names.CONTACTS_STEP), "ledger/000012/contacts.jsonl"),
        (file_names.ledger_file(12, file_names.wave_step(3)), "ledger/000012/wave-003.jsonl"),
    ],
)
def test_the_layout_of_a_simulation_is_stable(name: str, expected: str) -> None:
    assert name == expected


def test_names_sort_as_their_numbers_up_to_the_last_batch_of_a_run() -> None:
    batches = [file_names.records_file(number) for number in (9, 10, 99, 100, 39_999)]
    waves = [file_names.wave_step(number) for number in (2, 10, 49)]

    assert batches == sorted(batches)
    assert waves == sorted(waves)


def test_the_ledger_of_one_batch_is_no_prefix_of_another() -> None:
    assert not file_names.ledger_file(10, "contacts").startswith(file_names.batch_ledger_prefix(1))


def test_names_tell_the_batch_that_they_are_of() -> None:
    assert file_names.batch_from_activities_file(file_names.activities_file(12, 3)) == 12
    assert file_names.parse_failure_batch(file_names.batch_failure_file(2, 12)) == 12
