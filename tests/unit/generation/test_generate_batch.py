"""What an abort leaves of a batch."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import START, batch, plan

from simcrm.cache.run_counters import RunCounters
from simcrm.generation import generate_batch
from simcrm.generation.generate_batch import generate_contact_batch
from simcrm.planning.plan_document import write_plan
from simcrm.storage import abort_marker, file_names
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.batch_history import read_history
from simcrm.storage.simulation_files import SimulationFiles


def test_a_run_that_is_aborted_while_its_text_is_written_stores_no_rows(
    files: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def open_session(_plan: object, is_aborted: Callable[[], bool]) -> Any:
        seen.append(is_aborted())
        return is_aborted

    def write_texts(_files: object, _histories: object, _batch: object, is_aborted: Any) -> dict[int, Any]:
        write_abort_marker(files, AbortMarker(at=START))
        seen.append(is_aborted())
        return {}

    monkeypatch.setattr(abort_marker, "MAX_AGE_SECONDS", 0)
    monkeypatch.setattr(generate_batch, "texts_for_batch", write_texts)
    write_plan(files, plan(totalRecords=3))

    made = generate_contact_batch(files, batch(), RunCounters(None, files.simulation_id), open_session)

    assert seen == [False, True]
    assert (made.count, made.waves) == (0, [])
    assert files.read_lines(file_names.records_file(0)) is None
    assert read_history(files, 0) is None
