"""How planning and running grow with the number of records.

``python bench/scale.py [--parts plan scaled run counted] [--runs 1000 5000] [--minutes 15]`` writes
``bench/results/scale.json``.
A plan is made in a process of its own, with everything it does but the network: ``seconds`` are of one core, the mean
of as many plans as make 100,000 records, ``peakMb`` is the most memory of the process with all it imported. A run goes
through the embedded stack as a backfill; its portal's limit is raised, so that the limit is not what is measured, and
so are its budgets, so that each record has as many activities in a large run as in a small one.
No run is begun that would not end within the minutes, were its records as dear as those of the largest before it.
``coreSeconds`` are those of the emulator with its functions, which other jobs on the machine do not change. ``scaled``
is a day in a minute: the delay that half of the contacts have in the portal, and how far their arrivals are from the
curve once it is taken off. ``counted`` is what a batch, a wave and a call to the model ask of AWS.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import mean, median, quantiles
from typing import Any

import psutil
from botocore.exceptions import ClientError
from measured_stack import MONTH, ROOT, Stack, backfill, stack
from scaled_run import RECORDS, REQUEST, ScaledRun, distance, front_loaded

RESULT = ROOT / "bench" / "results" / "scale.json"
PARTS = ("plan", "scaled", "run", "counted")
PLANS = (1, 1_000, 10_000, 100_000, 1_000_000)
RUNS = (1_000, 5_000, 20_000, 50_000, 100_000)
MINUTES = 15.0
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MB = 1024
PLANNED_AT_LEAST = 100_000
"""Records that each size plans in all: a small plan is made so often that its mean is as sound as a large one's."""


class Discarding:
    """An S3 that keeps nothing, so that memory is the plan's own."""

    def put_object(self, **_: Any) -> dict[str, str]:
        """Take a whole file."""
        return {"ETag": "1"}

    def get_object(self, **_: Any) -> None:
        """Have none.

        Raises:
            ClientError: always, as S3 does for a key that it does not hold.
        """
        raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        """Begin a long file."""
        return {"UploadId": "1"}

    def upload_part(self, **_: Any) -> dict[str, str]:
        """Take a part of it."""
        return {"ETag": "1"}

    def complete_multipart_upload(self, **_: Any) -> None:
        """End it."""


def plan(records: int) -> dict[str, float]:
    """Plan once, in this process."""
    from simcrm.planning.plan_simulation import PlanRequest, plan_simulation  # noqa: PLC0415 - the import is set-up, not planning
    from simcrm.storage.simulation_files import SimulationFiles  # noqa: PLC0415

    document = {"totalRecords": records, "dryRun": True, "seed": "scale", **MONTH}
    request = PlanRequest("scale", NOW, document)
    files = SimulationFiles(Discarding(), "bench", "scale")  # type: ignore[arg-type]
    took = []
    for _ in range(max(1, PLANNED_AT_LEAST // max(records, 1_000))):
        began = time.process_time()
        plan_simulation(request, None, files)  # type: ignore[arg-type]
        took.append(time.process_time() - began)
    return {"records": records, "seconds": round(mean(took), 4), "peakMb": peak_mb()}


def peak_mb() -> int:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB


def plans() -> list[dict[str, float]]:
    """All sizes, each in a process of its own; the set-up that a plan of one record needs is told apart."""
    rows = []
    for records in PLANS:
        command = [sys.executable, __file__, "--plan", str(records)]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    setup = rows.pop(0)["seconds"]
    for row in rows:
        row["setupSeconds"] = setup
        row["microsecondsPerRecord"] = round((row["seconds"] - setup) / row["records"] * 1e6, 1)
        print("plan", row)
    return rows


def run(measured: Stack, records: int) -> dict[str, float]:
    """One backfill from its start to its end."""
    began, cores = time.monotonic(), core_seconds(measured.emulator)
    document, peak = measured.run(backfill(records))
    seconds = time.monotonic() - began
    row = {
        "records": records,
        "seconds": round(seconds, 1),
        "peakMb": peak // MB // MB,
        "coreSeconds": round(core_seconds(measured.emulator) - cores, 1),
        "millisecondsPerRecord": round(seconds / records * 1e3, 2),
        "objects": sum(document["counts"].values()),
        "hubspotCalls": document["hubspotCalls"],
    }
    print("run", row)
    return row


def runs(measured: Stack, sizes: Sequence[int], minutes: float) -> list[dict[str, float]]:
    """Backfills of growing size, as far as the time carries them."""
    end, rows = time.monotonic() + minutes * 60, list[dict[str, float]]()
    for size in sorted(sizes):
        if not fits(rows, size, end - time.monotonic()):
            print(f"no time for a run of {size} records")
            break
        rows.append(run(measured, size))
    return rows


def fits(rows: Sequence[dict[str, float]], records: int, seconds: float) -> bool:
    """Whether a run ends in these seconds, if its records take as long as those of the last row; the first one does."""
    return not rows or rows[-1]["seconds"] / rows[-1]["records"] * records <= seconds


def run_scaled(measured: Stack) -> dict[str, float]:
    """A day in a minute."""
    document, _ = measured.run(REQUEST)
    found = ScaledRun.from_simulation(
        document, measured.records("contacts", document["simulationId"], "simcrm_record_key")
    )
    row = {
        "records": RECORDS,
        "medianDelaySeconds": round(median(found.delays), 2),
        "delayOfNineInTenSeconds": round(quantiles(found.delays, n=10)[-1], 2),
        "ks": round(distance(found.shares(found.created), front_loaded), 3),
    }
    print("scaled", row)
    return row


def count_requests() -> dict[str, Any]:
    """What runs ask of AWS, with a stand-in for the model."""
    from counted import measure_units  # noqa: PLC0415 - not needed to plan

    with stack(SIMCRM_AI="stand-in") as measured:
        return measure_units(measured)


def core_seconds(process: psutil.Process) -> float:
    """Of the process, its running children and those that have ended."""
    own = process.cpu_times()
    living = sum(sum(child.cpu_times()[:2]) for child in process.children())
    return own.user + own.system + own.children_user + own.children_system + living


def growth(rows: list[dict[str, float]], name: str) -> float:
    """How much more the largest needs for a record than the smallest, as a share."""
    return round(rows[-1][name] / rows[0][name] - 1, 3)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="the others stay as they were")
    parser.add_argument("--runs", type=int, nargs="+", default=RUNS)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all runs together")
    wanted = parser.parse_args()
    if wanted.plan:
        print(json.dumps(plan(wanted.plan)))
        return
    found: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if "plan" in wanted.parts:
        found["plan"] = plans()
    if {"scaled", "run"} & set(wanted.parts):
        with stack() as measured:
            if "scaled" in wanted.parts:
                found["scaled"] = run_scaled(measured)
            if "run" in wanted.parts:
                found["run"] = runs(measured, wanted.runs, wanted.minutes)
    if "counted" in wanted.parts:
        found["counted"] = count_requests()
    figures = (("plan", "microsecondsPerRecord"), ("run", "millisecondsPerRecord"))
    found["growth"] = {part: growth(found[part], name) for part, name in figures if found.get(part)}
    RESULT.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
