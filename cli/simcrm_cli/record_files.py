"""Generated records in a file: JSON lines with everything, or CSV with a row a pair."""

import csv
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from simcrm.spreadsheets import safe_cell
from simcrm_cli.output_files import Text
from simcrm_cli.records import ACTIVITY_TYPES, Record, to_line


class FileFormat(StrEnum):
    """How records stand in a file."""

    JSONL = "jsonl"
    CSV = "csv"


def write_records(records: Iterable[Record], file: Text, file_format: FileFormat) -> Iterator[Record]:
    """Write each record as it comes, and pass it on."""
    write = _csv_row(file) if file_format is FileFormat.CSV else lambda record: file.write(to_line(record))
    for record in records:
        write(record)
        yield record


def _csv_row(file: Text) -> Callable[[Record], object]:
    """Writes rows; the first one's columns are the header, since all records of a run have the same properties."""
    writer: csv.DictWriter[str] | None = None

    def write(record: Record) -> None:
        nonlocal writer
        row = _row(record)
        if writer is None:
            writer = csv.DictWriter(file, list(row), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)

    return write


def _row(record: Record) -> dict[str, str]:
    """Contact and company by ``object.property``, safe for spreadsheets; activities are counted."""
    pair = {
        f"{kind}.{name}": safe_cell(str(value))
        for kind in ("contact", "company")
        for name, value in record[kind].items()
    }
    return pair | {name: str(len(record[name])) for name in ACTIVITY_TYPES}
