"""Documents keep the JSON names under which earlier versions stored them, whatever their fields are called."""

from typing import Any

import pytest
from pydantic import BaseModel

from simcrm.generation.message_batches.progress import JobProgress
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.jobs.cleanup_state import CleanupState
from simcrm.jobs.retry_refused import RepairState
from simcrm.operations.schedule_lock import ScheduleLockState
from simcrm.storage.simulation_files import to_json_line

TEXT = {
    "n": "Acme Ledger", "j": "CFO", "s": "Webinar", "c": "Form", "r": "Asked twice", "i": ["Ledger sync"],
    "a": [{"x": "d0", "t": "A deal", "b": "Wants a quote.", "m": 90}],
}  # fmt: skip
ORIGIN = {"method": "ai", "latencyMs": 5, "attempts": 1, "tokens": 7, "inputTokens": 4, "outputTokens": 3}
RESULT = {"index": 3, "origin": ORIGIN, "words": TEXT, "name": "Acme Ledger", "stem": "acmeledger"}
MESSAGE_BATCH = {
    "first": 0, "last": 2, "requests": 9, "reserved": 1200, "at": "2026-03-01T08:00:00Z", "state": "SUBMITTED",
    "batchId": "b-1",
}  # fmt: skip
PROGRESS = {
    "next": 3, "parcels": [MESSAGE_BATCH], "strangers": ["b-0"], "failingSince": "2026-03-01T08:00:00Z",
    "rest": {"category": "auth", "reason": "auth"},
}  # fmt: skip
CLEANUP = {
    "job": "cleanup-1", "archived": {"contacts": 2}, "foreign": 1, "left": {"contacts": ["7"]}, "batch": 4, "chunks": 1,
    "isLedgerDone": True, "quietLooks": 2, "done": True, "doneAt": "2026-03-01T08:00:00Z",
}  # fmt: skip
REPAIR = {"last": "ledger/000000/contacts.jsonl", "repaired": 1, "stillRefused": 2, "done": True}


@pytest.mark.parametrize(
    ("model", "document"),
    [(JobProgress, PROGRESS), (CleanupState, CLEANUP), (RepairState, REPAIR), (ScheduleLockState, {"holder": "sim-1"})],
)
def test_a_document_is_written_as_it_was_read(model: type[BaseModel], document: dict[str, Any]) -> None:
    stored = to_json_line(document).decode().strip()

    assert model.model_validate_json(stored).model_dump_json(by_alias=True, exclude_none=True) == stored


def test_a_text_result_is_written_as_it_was_read() -> None:
    assert to_json_line(RecordTextResult.model_validate(RESULT).to_row()) == to_json_line(RESULT)
