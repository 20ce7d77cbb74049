"""Write generated records: JSON lines with everything, or CSV with one row per pair."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from simcrm.core.csv_cells import escape_formula
from simcrm.generation.row_generator import RowGenerator
from simcrm.planning.batches import Batch
from simcrm_cli.offline_generator import ACTIVITY_NAMES, Record, generate_records, to_line


class FileFormat(StrEnum):
    """File format of records."""

    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class FileLayout:
    """File format and, for CSV, the columns: those of the first record, in every process."""

    file_format: FileFormat
    columns: tuple[str, ...] = ()

    @classmethod
    def for_generator(cls, file_format: FileFormat, generator: RowGenerator) -> Self:
        """Return the layout for all records of a generator."""
        if file_format is FileFormat.JSONL:
            return cls(file_format)
        (first,) = generate_records(generator, Batch(0, generator.plan.run_start, 0, 1))
        return cls(file_format, tuple(_row(first)))

    @property
    def header(self) -> str:
        """What precedes the first record: the column names, or nothing."""
        return "" if self.file_format is FileFormat.JSONL else _csv(self.columns, (), header=True)

    def text(self, records: Iterable[Record]) -> str:
        """Return records in the file's format."""
        if self.file_format is FileFormat.JSONL:
            return "".join(map(to_line, records))
        return _csv(self.columns, records, header=False)


def _csv(columns: tuple[str, ...], records: Iterable[Record], *, header: bool) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(map(_row, records))
    return text.getvalue()


def _row(record: Record) -> dict[str, str]:
    """Return contact and company by ``object.property``, safe for spreadsheets, with activities counted."""
    pair = {
        f"{kind}.{name}": escape_formula(str(value))
        for kind in ("contact", "company")
        for name, value in record[kind].items()
    }
    return pair | {name: str(len(record[name])) for name in ACTIVITY_NAMES}
