"""The benchmark of plans still fits the plan that it measures."""

import json
import subprocess
import sys
from pathlib import Path

SCALE = Path(__file__).parents[3] / "bench" / "scale.py"


def test_a_plan_is_measured_in_a_process_of_its_own() -> None:
    done = subprocess.run([sys.executable, SCALE, "--plan", "300"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["records"] == 300
    assert measured["seconds"] > 0
    assert measured["peakMb"] > 0
