"""What the model's part costs and how fast it is, against the stand-in: ``make bench-ai``."""

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from ai_cost import NO_STORY, count_cost
from ai_world import CallLog, LlmBench, llm_bench, record_calls

RESULTS = Path(__file__).parent / "results" / "ai.json"
ROOT = Path(__file__).parents[1]
LIMIT, SECONDS, WARM_UP = 60_000, 90.0, 15.0
FUNCTIONS = 4
ROUNDS = 7
BASE = "boto3 and powertools"
FIRST_REQUESTS = {"page": "/console", "health": "/api/health", "start": "/api/simulations"}


def throughput(here: LlmBench) -> dict[str, Any]:
    """Pairs alone, and whole accounts with all texts."""
    return _throughput(here, "pairs", **NO_STORY) | {"throughputOfAccounts": _throughput(here, "accounts")}


def _throughput(here: LlmBench, name: str, **fields: Any) -> dict[str, float]:
    """A hundred contacts at two seconds a call: one function against one call at a time."""
    here.set(latencyBaseMs=2000)
    here.write_texts("warm", 1, **fields)
    alone = []
    for number in range(3):
        begun = time.monotonic()
        here.write_texts(f"{name}-alone{number}", 1, **fields)
        alone.append(time.monotonic() - begun)
    begun = time.monotonic()
    here.write_texts(f"{name}-together", 100, **fields)
    together = time.monotonic() - begun
    one_by_one = 100 * min(alone)
    return {
        "oneByOneSeconds": round(one_by_one, 1),
        "seconds": round(together, 2),
        "throughputRatio": round(one_by_one / together, 1),
    }


def limits(here: LlmBench, functions: int) -> dict[str, float]:
    """How much of an output limit is used, and how many calls are refused, by so many functions at once."""
    here.reset()
    here.set(outputTokensPerMinute=LIMIT, burstSeconds=10, latencyBaseMs=300, latencyPerOutputTokenMs=4)
    end = time.time() + SECONDS
    workers = [
        multiprocessing.get_context("spawn").Process(target=_work, args=(here.url, here.redis_url, number, end))
        for number in range(functions)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    calls = here.calls()
    first, last = end - SECONDS + WARM_UP, end - 2
    inside = [call for call in calls if first <= call["at"] + call["seconds"] <= last]
    used = sum(call["outputTokens"] for call in inside if call["status"] == 200)  # noqa: PLR2004
    refused = sum(call["status"] == 429 for call in calls)  # noqa: PLR2004
    return {
        "limitUse": round(used / (LIMIT * (last - first) / 60), 3),
        "share429": round(refused / len(calls), 4),
        "calls": len(calls),
    }


def _work(url: str, redis_url: str, number: int, end: float) -> None:
    record_calls(CallLog())
    here, run = LlmBench(url, redis_url), 0
    while time.time() < end:
        here.write_texts(f"limits{number}-{run}", 100)
        run += 1


def imports() -> dict[str, Any]:
    """Seconds of the CPU and peak megabytes of importing each handler beside boto3 and powertools alone.

    The medians of rounds that each take all in turns, so that a busy machine slows the base as it slows a handler;
    ``ratio`` is the median of each round's own.
    """
    codes = _imports()
    rounds = [{name: _imported(*code) for name, code in codes.items()} for _ in range(ROUNDS)]
    return {
        name: {
            "seconds": round(median(done[name][0] for done in rounds), 3),
            "ratio": round(median(done[name][0] / done[BASE][0] for done in rounds), 2),
            "peakMb": round(median(done[name][1] for done in rounds) / 1024, 1),
        }
        for name in codes
    }


def _imports() -> dict[str, tuple[str, str]]:
    """Code and folder by name; the API's first requests import what their paths need."""
    start = "import boto3; boto3.client('s3'); "
    resolver = "from aws_lambda_powertools.event_handler import APIGatewayRestResolver"
    codes = {BASE: (f"{start}import aws_lambda_powertools; {resolver}", "")}
    for folder in sorted((ROOT / "functions").iterdir()):
        codes[folder.name] = (f"{start}import {folder.name.replace('-', '_')}", str(folder))
    for name, path in FIRST_REQUESTS.items():
        first = f"import api, lazy_routes as r; [r.include(api.app, module) for module in r.modules_for_path('{path}')]"
        codes[f"api and its first {name}"] = (start + first, str(ROOT / "functions/api"))
    sdk = "import generate_contact, anthropic; anthropic.AsyncAnthropic(api_key='k')"
    codes["generate-contact with the SDK"] = (start + sdk, str(ROOT / "functions/generate-contact"))
    return codes


def _imported(code: str, path: str) -> tuple[float, int]:
    """Seconds, and kilobytes at the peak."""
    measure = (
        "import time; begun = time.process_time();"
        f"{code}; print(time.process_time() - begun, open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    environment = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "us-east-1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", measure], env=environment, capture_output=True, text=True, check=True)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes)


def _asking(here: LlmBench, parts: set[str]) -> dict[str, Any]:
    """The parts that ask the stand-in."""
    found: dict[str, Any] = {}
    if "cost" in parts:
        found |= count_cost(here)
    if "throughput" in parts:
        found |= throughput(here)
    if "limits" in parts:
        found["limits"] = {str(functions): limits(here, functions) for functions in (1, FUNCTIONS)}
        found["limitUse"] = min(row["limitUse"] for row in found["limits"].values())
        found["share429"] = max(row["share429"] for row in found["limits"].values())
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all parts, or the ones that are named, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="cost, throughput, limits, imports; all without any")
    parts = set(parser.parse_args(arguments).parts) or {"cost", "throughput", "limits", "imports"}
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if asked := parts - {"imports"}:
        with llm_bench() as here:
            time.sleep(0.5)
            found |= _asking(here, asked)
        found["peakMb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    if "imports" in parts:
        found["imports"] = imports()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
