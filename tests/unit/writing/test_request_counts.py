"""What a writer asks of the bucket does not grow with what its batch has settled before."""

from collections import Counter

import pytest
from builders import activity_row, pair_row, write_request
from pydantic import BaseModel
from recorders import ApiCalls
from unit.writing.conftest import Generate

from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.run_totals import TotalsStore
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer

STEP = {
    "GetObject ledger/000000": 1,
    "GetObject activities/000000": 1,
    "GetObject batches/000000.json": 1,
    "GetObject totals/00.json": 1,
    "PutObject ledger/000000": 1,
    "PutObject batches/000000.json": 1,
    "PutObject totals/00.json": 1,
}


def test_each_wave_asks_for_as_much_as_the_first(
    writer: Writer, generated: Generate, files: SimulationFiles, api_calls: ApiCalls
) -> None:
    generated([pair_row(0)])
    writer.write([writer.open(parse_write_request(write_request()))])
    for wave in range(6):
        source, step = file_names.activities_file(0, wave), file_names.wave_step(wave)
        files.write_lines(source, [activity_row(ObjectType.NOTES, 0, wave)])
        request = parse_write_request(write_request(step=step, source=source))

        asked = api_calls.between(lambda request=request: writer.write([writer.open(request)]))  # type: ignore[misc]

        assert Counter("/".join(name.split("/")[:2]) for name in asked) == STEP


def test_a_plan_is_read_once_for_all_messages(writer: Writer, generated: Generate, api_calls: ApiCalls) -> None:
    generated(*[[pair_row(number)] for number in range(5)])
    requests = [parse_write_request(write_request(batch=number)) for number in range(5)]

    asked = api_calls.between(lambda: [writer.open(request) for request in requests])

    assert asked.count("GetObject plan.json") == 1


@pytest.mark.parametrize("place", [file_names.BATCH_DOCUMENTS, file_names.TOTALS])
def test_what_a_writer_settled_and_could_not_count_is_counted_in_the_end(
    writer: Writer, generated: Generate, files: SimulationFiles, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The bucket fails after the ledger's file is written; the message comes again, then a wave."""
    generated([pair_row(0), pair_row(1, email="no address")], waves=[activity_row(ObjectType.NOTES)])
    contacts = parse_write_request(write_request())
    wave = parse_write_request(write_request(step="wave-000", source=file_names.activities_file(0, 0)))
    write = SimulationFiles.write_version

    def fail(self: SimulationFiles, name: str, document: BaseModel, version: str) -> str:
        if name.startswith(place):
            raise ConnectionError(name)
        return write(self, name, document, version)

    with monkeypatch.context() as patch:
        patch.setattr(SimulationFiles, "write_version", fail)
        with pytest.raises(ConnectionError):
            writer.write([writer.open(contacts)])

    again = writer.open(contacts)
    assert again.is_repeat
    writer.write([again])
    writer.write([writer.open(wave)])

    assert TotalsStore(files).read().ledger_totals == LedgerTotals.from_entries(Ledger(files).read_all())
