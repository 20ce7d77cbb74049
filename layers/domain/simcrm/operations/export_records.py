"""Export a simulation's objects page by page: what was sent to the portal, and its outcome."""

import csv
import io
import json
import re

from simcrm.core.csv_cells import escape_formula
from simcrm.hubspot.client import JsonObject
from simcrm.jobs.cleanup_state import CleanupState, apply_cleanup, read_cleanup
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.operations.ledger_pages import LedgerPage, read_page
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.build_objects import build_objects

COLUMNS = ("key", "type", "outcome", "id", "reason", "properties")
_LEDGER_FILE = re.compile(r"ledger/(\d+)/(catalogue|contacts|aborted|wave-\d+)(-begun)?\.jsonl")


def export_page(
    files: SimulationFiles, token: str | None, kind: ObjectType | None = None, limit: int | None = None
) -> LedgerPage:
    """Return the page that a token points to, or the first page; optionally one type and at most ``limit`` objects.

    Raises:
        LookupError: the simulation was never planned.
        InvalidInputError: the token is invalid.
    """
    plan, state = read_plan(files), read_cleanup(files)

    def read_rows(name: str) -> list[JsonObject]:
        return [row for row in _rows(plan, files, name, state) if kind in {None, row["type"]}]

    return read_page(files, token, _LEDGER_FILE, read_rows, limit)


def to_jsonl(rows: list[JsonObject]) -> str:
    """Format rows as one JSON object per line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def to_csv(rows: list[JsonObject], *, header: bool) -> str:
    """Format rows as CSV with fixed columns; the properties, which differ by type, are one JSON column.

    Text that a spreadsheet would run as a formula is prefixed with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(COLUMNS)
    for row in rows:
        properties = json.dumps(row["properties"], ensure_ascii=False)
        writer.writerow([escape_formula(_text(row.get(name))) for name in COLUMNS[:-1]] + [properties])
    return text.getvalue()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _rows(plan: SimulationPlan, files: SimulationFiles, name: str, state: CleanupState | None) -> list[JsonObject]:
    match = _LEDGER_FILE.fullmatch(name)
    if match is None:
        return []
    batch, step, begun = int(match[1]), match[2], match[3] is not None
    if step == file_names.ABORTED_STEP:  # never written, perhaps never generated
        return [_row(entry, {}) for entry in Ledger(files).read_step(batch, step) or []]
    source = file_names.source_file(batch, step)
    planned = {item.key: item for item in build_objects(plan, step, files.read_lines(source) or [])}
    settled = file_names.unfinished_step(step) if begun else step
    entries = [apply_cleanup(entry, state) for entry in Ledger(files).read_step(batch, settled) or []]
    return [_row(entry, planned[entry.key].properties if entry.key in planned else {}) for entry in entries]


def _row(entry: LedgerEntry, properties: Properties) -> JsonObject:
    hidden = {"changed", "kept", "last_written"}
    shown = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=hidden)
    return shown | {"properties": entry.apply_changes(properties)}
