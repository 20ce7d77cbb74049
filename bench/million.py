"""A rehearsal at size: what reads the ledger of a run, over ledgers of up to a million records.

``python bench/million.py [--sizes 10000 100000 1000000] [--data FOLDER]`` writes ``bench/results/million.json``: for
each consumer a row for each size (see ``million_consumers.py``; ``objects`` are those of the ledger), and
``growth``: how much more the largest needs for a record than the smallest, as a share, once what a run of
``SETUP_RECORDS`` takes is subtracted from both. Ledgers are kept in ``FOLDER`` and used again if it is given.
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


def built(folder: Path, records: int) -> Path:
    """The bucket of a run of so many records."""
    path = folder / f"{records}.db"
    if not path.exists():
        began = time.monotonic()
        run("million_ledger.py", path, records)
        print(f"a ledger of {records:,} records was written in {time.monotonic() - began:.0f} s", flush=True)
    return path
