import io
from typing import Any

import pytest
from rich.console import Console

from simcrm_cli.progress import Speed, describe_status, progress
from simcrm_cli.simulation_status import SimulationStatus, parse_status


def make_status(contacts: int = 0, **changes: Any) -> SimulationStatus:
    document = {"simulationId": "sim-1", "status": "RUNNING", "planned": 2_000, "counts": {"contacts": contacts}}
    return parse_status({**document, **changes})


def test_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed(window=10)

    assert speed.add(0, 0) == 0
    assert speed.add(5, 100) == 20
    assert speed.add(10, 200) == 20
    assert speed.add(20, 1_200) == 100


def test_a_standing_is_described_by_records_objects_and_speed() -> None:
    assert describe_status(make_status(1_500), 12.6) == "1,500 of 2,000 records, 1,500 objects, 13/s"
    assert describe_status(make_status(10, failed=2), 0) == "10 of 2,000 records, 10 objects, 2 failed, 0/s"


def test_a_run_that_waits_says_where_it_is_on_its_timeline() -> None:
    wave = {"simulatedTime": "2026-03-02T14:05:30.000Z", "batchesDone": 3, "batches": 40}
    coming = make_status(wave={**wave, "nextDue": "2026-11-23T08:00:00.000Z"})

    assert describe_status(coming, 0).endswith(
        "batch 3 of 40, simulated 2026-03-02 14:05 UTC, next batch due 2026-11-23 08:00 UTC"
    )
    assert describe_status(make_status(wave={**wave, "nextDue": None}), 0).endswith("simulated 2026-03-02 14:05 UTC")


@pytest.mark.parametrize("wave", [None, {"simulatedTime": None, "nextDue": None, "batchesDone": 1, "batches": 2}])
def test_of_a_run_at_once_no_time_is_told(wave: object) -> None:
    assert describe_status(make_status(wave=wave), 0).endswith("objects, 0/s")


def test_a_young_simulation_without_counts_stands_at_zero() -> None:
    young = parse_status({"simulationId": "sim-1", "status": "QUEUED", "counts": None, "error": None})

    assert (young.objects, young.planned, young.percent, young.is_final) == (0, 0, 0, False)


def test_off_a_terminal_there_are_a_few_lines_and_always_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr("simcrm_cli.progress.time.monotonic", iter([0.0, 1.0, 6.0, 7.0, 8.0]).__next__)

    with progress(Console(file=text, width=40)) as show:
        for contacts in (0, 100, 600, 700):
            show(make_status(contacts, percentComplete=contacts / 2_000))
        show(make_status(2_000, status="SUCCEEDED", percentComplete=1))

    lines = text.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "RUNNING 0%: 0 of 2",
        "RUNNING 30%: 600 of 2",
        "SUCCEEDED 100%: 2",
    ]


def test_on_a_terminal_a_bar_shows_share_records_and_speed() -> None:
    text = io.StringIO()

    with progress(Console(file=text, force_terminal=True, width=160)) as show:
        show(make_status(500, percentComplete=0.25))

    assert "RUNNING" in text.getvalue()
    assert "25%" in text.getvalue()
    assert "500 of 2,000 records" in text.getvalue()
