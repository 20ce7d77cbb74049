"""How fast the console comes up, and how fast the API answers when it is warm.

``python bench/console.py [--loads 15] [--requests 300]`` writes ``bench/results/console.json``. The console is opened
in a headless Chromium against the embedded stack, each time by a browser that has never seen it: ``firstPaint`` is the
browser's own first contentful paint of the page that asks for a token, ``weightBytes`` what page, style and script are
without compression. ``health`` is ``GET /api/health``. Beside it, request by request, so that a busy machine disturbs
both alike: ``gateway``, a route that there is not, which the emulator refuses without any function, and ``function``,
an answer of the API's function that costs it nothing (the browser has the page). What health adds to that is its own.
Milliseconds; ``loadAverage`` says how busy the machine was.
"""

import argparse
import json
import os
import shutil
import time
from statistics import median, quantiles
from typing import Any

import httpx2
from measured_stack import ROOT, stack
from playwright.sync_api import Browser, sync_playwright

RESULT = ROOT / "bench" / "results" / "console.json"
GOALS = {"firstPaintMs": 1_000, "weightBytes": 150_000, "healthMs": 50}
WARM_UP = 20
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
WEIGHT = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter((entry) => !entry.name.startsWith('data:')).reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


def load(browser: Browser, url: str) -> tuple[float, int]:
    """Open the page as somebody who has never seen it: milliseconds to the first paint, and bytes."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{url}/console")
        page.get_by_label("Token").wait_for()
        page.wait_for_function(f"{PAINT} !== undefined")
        return page.evaluate(PAINT), page.evaluate(WEIGHT)
    finally:
        context.close()


def page_figures(url: str, loads: int) -> dict[str, Any]:
    """First paint and weight, after one load that is not counted."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        load(browser, url)
        found = [load(browser, url) for _ in range(loads)]
        browser.close()
    return {"loads": loads, "firstPaint": spread([paint for paint, _ in found]), "weightBytes": found[-1][1]}


def answer_figures(client: httpx2.Client, requests: int) -> dict[str, Any]:
    """Answers of health, and in turns with them of the gateway and of a function that does nothing."""
    took: dict[str, list[float]] = {"gateway": [], "function": [], "health": []}
    tag = client.get("/console").headers["ETag"]
    asked: dict[str, tuple[str, dict[str, str], int]] = {
        "gateway": ("/api/no-such-route", {}, 404),
        "function": ("/console", {"If-None-Match": tag}, 304),
        "health": ("/api/health", {}, 200),
    }
    for turn in range(requests + WARM_UP):
        for name, (path, headers, status) in asked.items():
            milliseconds = time_request(client, path, headers, status)
            if turn >= WARM_UP:
                took[name].append(milliseconds)
    return {"requests": requests, **{name: spread(values) for name, values in took.items()}}


def time_request(client: httpx2.Client, path: str, headers: dict[str, str], status: int) -> float:
    """Milliseconds of one request, which must be answered as expected."""
    began = time.perf_counter()
    answer = client.get(path, headers=headers)
    milliseconds = (time.perf_counter() - began) * 1e3
    if answer.status_code != status:
        raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:200]}")
    return milliseconds


def spread(values: list[float]) -> dict[str, float]:
    """The middle, and what nineteen in twenty stay below."""
    return {"median": round(median(values), 1), "p95": round(quantiles(values, n=20)[-1], 1)}


def missed_goals(found: dict[str, Any]) -> list[str]:
    """The goals that these figures do not reach."""
    reached = {
        "firstPaintMs": found["page"]["firstPaint"]["median"],
        "weightBytes": found["page"]["weightBytes"],
        "healthMs": found["answers"]["health"]["median"],
    }
    return [f"{name} {reached[name]} is not below {goal}" for name, goal in GOALS.items() if reached[name] >= goal]


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=15)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--url", help="of an API that runs already")
    wanted = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("there is no Chromium on this machine")
    if wanted.url:
        found = measure(wanted.url, wanted)
    else:
        with stack() as measured:
            found = measure(measured.state.api_url, wanted)
    print(json.dumps(found, indent=2), *missed_goals(found), sep="\n")
    RESULT.write_text(json.dumps(found, indent=2) + "\n")


def measure(url: str, wanted: argparse.Namespace) -> dict[str, Any]:
    """All figures of an API."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        answers = answer_figures(client, wanted.requests)
    return {
        "page": page_figures(url, wanted.loads),
        "answers": answers,
        "loadAverage": round(os.getloadavg()[0], 1),
        "goals": GOALS,
    }


if __name__ == "__main__":
    main()
