"""A rehearsal at size: what reads the ledger of a run, over ledgers of up to a million records.

``python bench/million.py [--sizes 10000 100000 1000000] [--data FOLDER]`` writes ``bench/results/million.json``: for
each consumer a row for each size (see ``million_consumers.py``; ``objects`` are those of the ledger), and ``growth``.
Ledgers are kept in ``FOLDER`` and used again if it is given.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parent
RESULT = BENCH / "results" / "million.json"
SIZES = (10_000, 100_000, 1_000_000)
SETUP_RECORDS = 100
"""One batch: what a consumer needs for it, it needs for any run."""

TICK = 1e-5
"""Seconds: as exactly as they are kept."""

TIMES_SETUP = 2

MOST_MB = 256
CONSUMERS = (
    "plan",
    "finish",
    "describe",
    "describeWithCache",
    "metrics",
    "metricsWithCache",
    "abort",
    "aftermath",
    "cleanupPreview",
    "cleanup",
    "cleanupMerged",
    "export",
    "recount",
    "recountFromLedger",
)
CONSTANT = ("describe", "describeWithCache", "metrics", "metricsWithCache", "abort", "recount")
"""Consumers that ask for as much of a large run as of a small one."""

Row = dict[str, Any]


def run(script: str, *arguments: object) -> str:
    """What a script of this folder prints, in a process of its own."""
    command = [sys.executable, str(BENCH / script), *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def ledger(folder: Path, records: int) -> tuple[Path, int]:
    """The bucket of a run of so many records, and how many objects its ledger has."""
    path, began = folder / f"{records}.db", time.monotonic()
    objects = int(run("million_ledger.py", path, records))
    print(f"a ledger of {objects:,} objects: {time.monotonic() - began:.0f} s", flush=True)
    return path, objects


def rows(folder: Path, sizes: Sequence[int], cache: Path) -> dict[str, list[Row]]:
    """The rows of each consumer, the one for the set-up first."""
    found: dict[str, list[Row]] = {name: [] for name in CONSUMERS}
    for records in (SETUP_RECORDS, *sizes):
        path, objects = ledger(folder, records)
        for name in CONSUMERS:
            row = json.loads(run("million_consumers.py", name, path, records, "--cache", cache))
            found[name].append({"records": records, "objects": objects} | row)
            if records > SETUP_RECORDS:
                print(line(name, found[name][-1]), flush=True)
    return found


def growth(found: list[Row]) -> dict[str, float]:
    """How much more seconds the largest needs for a record than the smallest, as a share.

    ``withoutSetup`` what each run needs is subtracted from both; it is left out where the smallest needs little else.
    """
    setup, smallest, *_, largest = ({**row, "seconds": max(row["seconds"], TICK)} for row in found)
    grown = {"growth": _ratio(smallest, largest, 0)}
    if smallest["seconds"] >= TIMES_SETUP * setup["seconds"]:
        grown["withoutSetup"] = _ratio(smallest, largest, setup["seconds"])
    return grown


def _ratio(smallest: Row, largest: Row, constant: float) -> float:
    least: float = (smallest["seconds"] - constant) / smallest["records"]
    most: float = (largest["seconds"] - constant) / largest["records"]
    return round(most / least - 1, 3)


def misses(consumers: dict[str, list[Row]]) -> Iterator[str]:
    """What is not as it is promised of every run."""
    for name, found in consumers.items():
        if (most := max(row["peakMb"] for row in found)) >= MOST_MB:
            yield f"{name} needs {most} MB"
        if name in CONSTANT and len({row["requests"] for row in found}) > 1:
            yield f"{name} asks for more of a larger run"


def line(name: str, row: Row) -> str:
    """A row of the table."""
    figures = f"{row['records']:,} | {row['objects']:,} | {row['seconds']:.3f} | {row['peakMb']} | {row['requests']:,}"
    return f"| {name} | {figures} |"


HEAD = """\
| | seconds of a core | | | most MB | requests | | | growth |
|---|---|---|---|---|---|---|---|---|
"""


def table(document: dict[str, Any]) -> str:
    """The figures of each consumer side by side, size by size; ``growth`` in percent."""
    return HEAD + "\n".join(
        map(_beside, document["consumers"], document["consumers"].values(), document["growth"].values())
    )


def _beside(name: str, found: list[Row], grown: dict[str, float]) -> str:
    seconds = [f"{row['seconds']:.3f}" for row in found]
    requests = [f"{row['requests']:,}" for row in found]
    share = grown.get("withoutSetup", grown["growth"])
    cells = [f"`{name}`", *seconds, str(max(row["peakMb"] for row in found)), *requests, f"{share:+.0%}"]
    return f"| {' | '.join(cells)} |"


@contextmanager
def redis_server() -> Iterator[Path]:
    """The socket of a Redis of its own."""
    from simcrm_embedded.redis_server import find_server  # noqa: PLC0415 - what counts has no need of it

    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "redis.sock"
        settings = ["--unixsocket", str(socket), "--port", "0", "--save", "", "--dir", folder]
        with subprocess.Popen([str(find_server()), *settings], stdout=subprocess.DEVNULL) as server:
            try:
                yield socket
            finally:
                server.terminate()


@contextmanager
def data_folder(wanted: Path | None) -> Iterator[Path]:
    """Where the ledgers are: they are gone afterwards, unless the folder was named."""
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
        yield wanted
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> None:
    """Measure, print and keep.

    Raises:
        SystemExit: a consumer needs too much memory, or asks for more of a larger run though it should not.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--data", type=Path, help="keep the ledgers in this folder, and use those that are there")
    wanted = parser.parse_args()
    print("| consumer | records | objects | seconds | peak MB | requests |\n|---|---|---|---|---|---|", flush=True)
    with data_folder(wanted.data) as folder, redis_server() as cache:
        found = rows(folder, wanted.sizes, cache)
    grown = {name: growth(of) for name, of in found.items()}
    setup = {name: of.pop(0)["seconds"] for name, of in found.items()}
    document = {"consumers": found, "setupSeconds": setup, "growth": grown}
    print(table(document))
    RESULT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if missed := list(misses(found)):
        raise SystemExit("; ".join(missed))


if __name__ == "__main__":
    main()
