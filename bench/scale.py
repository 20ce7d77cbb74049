"""How planning and running grow with the number of records.

``python bench/scale.py [--plan-only] [--runs 1000 5000 20000]`` writes ``bench/results/scale.json``. A plan is made in
a process of its own, with everything it does but the network: ``seconds`` are of one core, the least of some rounds,
``peakMb`` is the most memory of the process with all it imported. A run goes through the embedded stack as a backfill;
its portal's limit is raised, so that the limit is not what is measured. ``coreSeconds`` are those of the emulator with
its functions, which other jobs on the machine do not change.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "bench" / "results" / "scale.json"
PLANS = (1, 1_000, 10_000, 100_000, 1_000_000)
RUNS = (1_000, 5_000, 20_000)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MONTH = {"startTime": "2026-05-02T00:00:00Z", "endTime": "2026-06-01T00:00:00Z", "timeScale": 0}
CALLS_PER_TEN_SECONDS = 100_000
MB = 1024
ROUNDS_UP_TO = 10_000
ROUNDS = 9


class Discarding:
    """An S3 that keeps nothing, so that memory is the plan's own."""

    def put_object(self, **_: Any) -> None:
        """Take a whole file."""

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
    from simcrm.planning import PlanRequest, plan_simulation  # noqa: PLC0415 - the import is set-up, not planning
    from simcrm.storage.artifacts import Artifacts  # noqa: PLC0415

    document = {"totalRecords": records, "dryRun": True, "seed": "scale", **MONTH}
    request = PlanRequest("scale", NOW, document)
    artifacts = Artifacts(Discarding(), "bench", "scale")  # type: ignore[arg-type]
    took = []
    for _ in range(ROUNDS if records <= ROUNDS_UP_TO else 1):
        began = time.process_time()
        plan_simulation(request, None, artifacts)  # type: ignore[arg-type]
        took.append(time.process_time() - began)
    return {"records": records, "seconds": round(min(took), 4), "peakMb": peak_mb()}


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


def runs(sizes: list[int]) -> list[dict[str, float]]:
    """Backfills through the embedded stack, the smallest first; the first run warms it up and is left out."""
    from simcrm_embedded.project import find_project  # noqa: PLC0415 - not needed to plan
    from simcrm_embedded.stack import down, up  # noqa: PLC0415
    from simcrm_embedded.waiting import Interruption  # noqa: PLC0415

    project = find_project(ROOT, {**os.environ, "SIMCRM_STATE_DIR": str(ROOT / ".simcrm" / "bench")})
    state = up(project, Interruption(), report=print).state
    try:
        limits = {"callsPerTenSeconds": CALLS_PER_TEN_SECONDS}
        httpx2.put(f"{state.hubspot_url}/_local/settings", json=limits, timeout=30).raise_for_status()
        emulator = next(psutil.Process(process.pid) for process in state.processes if process.name == "MiniStack")
        with httpx2.Client(base_url=state.api_url, headers={"Authorization": f"Bearer {state.operator_token}"}) as api:
            api.timeout = 60
            run(api, emulator, 100)
            return [run(api, emulator, size) for size in sizes]
    finally:
        down(project, Interruption())


def run(api: httpx2.Client, emulator: psutil.Process, records: int) -> dict[str, float]:
    """One backfill from its start to its end."""
    began, cores = time.monotonic(), core_seconds(emulator)
    body = {"totalRecords": records, "ai": {"enabled": False}, **MONTH}
    simulation = api.post("/api/simulations", json=body).raise_for_status().json()["simulationId"]
    peak = 0
    while True:
        peak = max(peak, emulator.memory_info().rss)
        document = api.get(f"/api/simulations/{simulation}").raise_for_status().json()
        if document["status"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(1)
    if (document["status"], document["counts"]["contacts"], document["failed"]) != ("SUCCEEDED", records, 0):
        raise SystemExit(f"the run of {records} did not succeed: {document}")
    seconds = time.monotonic() - began
    row = {
        "records": records,
        "seconds": round(seconds, 1),
        "peakMb": peak // MB // MB,
        "coreSeconds": round(core_seconds(emulator) - cores, 1),
        "millisecondsPerRecord": round(seconds / records * 1e3, 2),
        "hubspotCalls": document["hubspotCalls"],
    }
    print("run", row)
    return row


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
    parser.add_argument("--plan-only", action="store_true", help="keep the runs of the last time")
    parser.add_argument("--runs", type=int, nargs="+", default=RUNS)
    wanted = parser.parse_args()
    if wanted.plan:
        print(json.dumps(plan(wanted.plan)))
        return
    planned = plans()
    found = json.loads(RESULT.read_text())["run"] if wanted.plan_only and RESULT.exists() else []
    ran = found if wanted.plan_only else runs(wanted.runs)
    document: dict[str, Any] = {
        "plan": planned,
        "run": ran,
        "growth": {"plan": growth(planned, "microsecondsPerRecord")},
    }
    if ran:
        document["growth"]["run"] = growth(ran, "millisecondsPerRecord")
    RESULT.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
