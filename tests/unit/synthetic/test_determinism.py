"""The same seed and index give the same bytes, wherever and in whatever order."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from unit.synthetic.conftest import ARRIVAL, MakeEvent, MakeRun

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger
from simcrm.synthetic import GenerationSettings, SyntheticGenerator

PACKAGE = Path(__file__).parents[3] / "layers" / "domain"
SCRIPT = """
import hashlib, json, sys
from datetime import UTC, datetime
from simcrm.synthetic import GenerationSettings, SyntheticGenerator
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.models.crm_objects import ObjectType
at = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
made = {}
order = [int(number) for number in sys.argv[1].split(",")]
for scenario in ("B2B", "B2C"):
    generator = SyntheticGenerator(GenerationSettings(seed="7", scenario=scenario))
    for index in order:
        note = generator.activity(index, ActivityEvent(ObjectType.NOTES, 0, at, LifecycleTrigger.CREATED))
        made[f"{scenario}{index}"] = [generator.pair(index, at), note]
print(hashlib.blake2b(json.dumps(made, sort_keys=True).encode()).hexdigest())
"""
INDEXES = [0, 1, 2, 17, 4_711, 999_999, 49_999_999]


def digest(python: str, order: list[int], hash_seed: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE), "PYTHONHASHSEED": hash_seed}
    arguments = [python, "-c", SCRIPT, ",".join(map(str, order))]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_two_processes_in_different_order_agree() -> None:
    assert digest(sys.executable, INDEXES, "1") == digest(sys.executable, INDEXES[::-1], "2")


def interpreter(version: str) -> str | None:
    """A Python of this version that runs; a version manager's shim may be there without one behind it."""
    managed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = [*map(str, reversed(managed)), shutil.which(f"python{version}")]
    return next((python for python in found if python is not None and _runs(python)), None)


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_python_versions_agree(version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")

    assert digest(python, INDEXES, "3") == digest(sys.executable, INDEXES, "3")


def test_a_record_is_what_it_was_in_every_earlier_version(run: MakeRun) -> None:
    """A change here changes the data of everyone's seeds: say so in the change log."""
    _, pairs = run(3)
    made = hashlib.blake2b(json.dumps(pairs, sort_keys=True).encode(), digest_size=8).hexdigest()

    assert made == "d41dc1ad0714eb92"


def test_the_order_of_asking_does_not_matter(run: MakeRun) -> None:
    _, pairs = run(50)
    again = SyntheticGenerator(GenerationSettings(seed="7"))

    assert [again.pair(index, ARRIVAL) for index in reversed(range(50))] == pairs[:50][::-1]


def test_another_seed_gives_other_records(run: MakeRun) -> None:
    one, other = run(200)[1], run(200, seed="8")[1]

    assert all(left.contact["email"] != right.contact["email"] for left, right in zip(one, other, strict=False))


def test_the_time_of_arrival_changes_dates_but_no_facts(run: MakeRun, event: MakeEvent) -> None:
    generator, pairs = run(50)
    later = ARRIVAL.replace(year=2027)

    for index in range(50):
        pair = generator.pair(index, later)
        for name in ("firstname", "email", "phone", "city", "simcrm_original_source", "simcrm_engagement_score"):
            assert pair.contact[name] == pairs[index].contact[name]
        assert pair.contact["simcrm_simulated_at"].startswith("2027")
    note = generator.activity(0, event(ObjectType.NOTES, LifecycleTrigger.CREATED, at=later))
    assert note["hs_timestamp"] == "2027-03-04T10:30:00.000Z"
