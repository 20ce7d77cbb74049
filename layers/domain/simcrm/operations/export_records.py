"""A simulation's objects as files: what was sent to the portal, with what became of it, page by page."""

import csv
import io
import json
import re

from simcrm.core.csv_cells import safe_cell
from simcrm.hubspot.client import JsonObject
from simcrm.jobs.cleanup_state import CleanupState, now_of, read_cleanup
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.operations.ledger_pages import Page, read_page
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.build_objects import planned_objects

COLUMNS = ("key", "type", "outcome", "id", "reason", "properties")
_SETTLED = re.compile(r"ledger/(\d+)/(contacts|aborted|wave-(\d+))(-begun)?\.jsonl")


def export_page(
    artifacts: Artifacts, token: str | None, kind: ObjectType | None = None, limit: int | None = None
) -> Page:
    """The page after a token, the first without one; of one type and at most ``limit`` of them, if asked.

    Raises:
        LookupError: the simulation was never planned.
        InvalidInputError: no page has such a token.
    """
    plan, state = read_plan(artifacts), read_cleanup(artifacts)

    def rows_of(name: str) -> list[JsonObject]:
        return [row for row in _rows(plan, artifacts, name, state) if kind in {None, row["type"]}]

    return read_page(artifacts, token, _SETTLED, rows_of, limit)


def as_jsonl(rows: list[JsonObject]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows: list[JsonObject], *, header: bool) -> str:
    """Fixed columns; the properties, which differ by type, are one of them, as JSON.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(COLUMNS)
    for row in rows:
        properties = json.dumps(row["properties"], ensure_ascii=False)
        writer.writerow([safe_cell(_text(row.get(name))) for name in COLUMNS[:-1]] + [properties])
    return text.getvalue()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _rows(plan: SimulationPlan, artifacts: Artifacts, name: str, state: CleanupState | None) -> list[JsonObject]:
    match = _SETTLED.fullmatch(name)
    if match is None:
        return []
    batch, step, wave, begun = int(match[1]), match[2], match[3], match[4] is not None
    if step == file_names.ABORTED_STEP:  # never written, perhaps never generated
        return [_row(entry, {}) for entry in Ledger(artifacts).step(batch, step) or []]
    source = file_names.records(batch) if wave is None else file_names.activities(batch, int(wave))
    planned = {item.key: item for item in planned_objects(plan, step, artifacts.read_lines(source) or [])}
    settled = file_names.begun_step(step) if begun else step
    entries = [now_of(entry, state) for entry in Ledger(artifacts).step(batch, settled) or []]
    return [_row(entry, planned[entry.key].properties if entry.key in planned else {}) for entry in entries]


def _row(entry: LedgerEntry, properties: Properties) -> JsonObject:
    shown = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"changed"})
    return shown | {"properties": entry.sent(properties)}
