"""The benchmark of plans still fits the plan that it measures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scale import fits

SCALE = Path(__file__).parents[3] / "bench" / "scale.py"


def test_a_plan_is_measured_in_a_process_of_its_own() -> None:
    done = subprocess.run([sys.executable, SCALE, "--plan", "300"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["records"] == 300
    assert measured["seconds"] > 0
    assert measured["peakMb"] > 0


@pytest.mark.parametrize(("seconds", "does"), [(0, False), (19.9, False), (20.1, True)])
def test_a_run_begins_where_its_records_as_dear_as_the_last_ones_leave_it_time(seconds: float, *, does: bool) -> None:
    assert fits([{"records": 1_000, "seconds": 2.0}], 10_000, seconds) is does


def test_the_first_run_begins_whatever_it_takes() -> None:
    assert fits([], 1_000, 0)
