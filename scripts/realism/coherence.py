"""How coherent a scenario's accounts are: outcomes by class, amounts, clock, repetition. See ``make realism``."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from realism_statistics import area_under_curve, cramers_v, rank_correlation

from simcrm.generation.text.account_checker import AccountChecker
from simcrm.planning.account_histories import AccountHistories
from simcrm_cli.offline_generator import OfflineOptions, build_histories

Line = dict[str, Any]
CLOSED = {"closedwon": "won", "closedlost": "lost"}
TIMED = ("notes", "calls", "meetings", "emails", "tasks")
CHANNELS = {
    "referral": ("referral", "introduced", "referred", "partner:", "reseller"),
    "webinar": ("webinar", "roundtable", "lunch & learn", "masterclass"),
    "search": ("google", "bing", "organic", "listing"),
    "social": ("linkedin",),
    "outbound": ("outbound", "sdr"),
    "demo": ("website", "contact form", "trial sign-up"),
    "content": ("paper", "guide", "checklist", "report", "calculator", "study", "e-book", "template", "download"),
}
"""Marks of the channels in the sources of English business accounts."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WIDTH, _BAR = 640, 22


def generate(scenario: str, records: int, seed: str, as_of: str) -> list[Line]:
    """Return a scenario's accounts as ``simcrm generate --by account`` writes them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "accounts.jsonl"
        command = [sys.executable, "-P", "-m", "simcrm_cli.main", "generate", "--by", "account", "--out", str(out)]
        options = ["--pairs", str(records), "--scenario", scenario, "--seed", seed, "--as-of", as_of]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()][1:]


def measure(lines: list[Line]) -> dict[str, float]:
    """Return the figures of some accounts by name; a figure without enough data is left out."""
    figures = {"contacts": sum(len(line["contacts"]) for line in lines), "accounts": len(lines)}
    return figures | _contact_figures(lines) | _deal_figures(lines) | _clock_figures(lines) | _text_figures(lines)


def _contact_figures(lines: list[Line]) -> dict[str, float]:
    scores: dict[str, list[float]] = {"customer": [], "lead": []}
    for properties in (contact["properties"] for line in lines for contact in line["contacts"]):
        scores.setdefault(properties["lifecyclestage"], []).append(float(properties["simcrm_engagement_score"]))
    if not scores["customer"] or not scores["lead"]:
        return {}
    return {"AUC of the score, customers against leads": area_under_curve(scores["customer"], scores["lead"])}


def _deal_figures(lines: list[Line]) -> dict[str, float]:
    deals = [(line, deal) for line in lines for deal in line["deals"]]
    closed = [
        (line, deal, CLOSED[stage]) for line, deal in deals if (stage := deal["properties"]["dealstage"]) in CLOSED
    ]
    if len({outcome for _, _, outcome in closed}) < len(CLOSED):
        return {}
    amounts = [float(deal["properties"]["amount"]) for _, deal, _ in closed]
    won = {
        name: [outcome == "won" for line, deal, outcome in closed if _temperature(line, deal) == name]
        for name in ("hot", "cold")
    }
    return {
        "deals": len(deals),
        "contacts per deal": fmean(len(deal["contacts"]) for _, deal in deals),
        "win rate of closed deals": fmean(outcome == "won" for _, _, outcome in closed),
        "win rate, hot minus cold": fmean(won["hot"] or [0]) - fmean(won["cold"] or [0]),
        "days from opening to close": fmean(_days(deal) for _, deal, _ in closed),
        "correlation of amount and headcount": rank_correlation(amounts, [_headcount(line) for line, _, _ in closed]),
        "correlation of amount and cycle": rank_correlation(amounts, [_days(deal) for _, deal, _ in closed]),
        "Cramer's V of source and outcome": cramers_v([(_source(line), outcome) for line, _, outcome in closed]),
        "deals whose lines do not add up": sum(not _adds_up(deal) for _, deal in deals),
    }


def _clock_figures(lines: list[Line]) -> dict[str, float]:
    times = [datetime.fromisoformat(one["properties"]["hs_timestamp"]) for one in _activities(lines)]
    hours, days = Counter(at.hour for at in times), Counter(at.weekday() for at in times)
    return {
        "activities": len(times),
        "share of the busiest hour": max(hours.values()) / len(times),
        "share of Mondays": days[0] / len(times),
        "share of weekends": (days[5] + days[6]) / len(times),
    }


def _text_figures(lines: list[Line], sample: int = 1_000) -> dict[str, float]:
    names = {word for line in lines for word in _names(line)}
    notes = [note["properties"]["hs_note_body"] for line in lines for note in line["notes"]][:sample]
    sentences = Counter(_mask(sentence, names) for note in notes for sentence in _SENTENCE.split(note))
    recurring = sum(count for count in sentences.values() if count > 1)
    return {f"recurring sentences in {len(notes)} notes": recurring / sentences.total()}


def judge(scenario: str, records: int, seed: str, as_of: str) -> dict[str, float]:
    """Return what a checker finds in the texts of the accounts that ``generate`` returns, and whom they name."""
    histories = build_histories(
        OfflineOptions(records, seed, scenario, datetime.fromisoformat(as_of).replace(tzinfo=UTC))
    )
    checker, found = AccountChecker(histories), Counter[str]()
    for number in range(histories.arrivals.count):
        own, outside = _people(histories, number)
        for judged in checker.judge(number):
            found["texts"] += 1
            found["contradictions"] += len(judged.findings)
            found["named"] += any(name in judged.text for name in own)
            found["outside"] += outside is not None and outside in judged.text
    return {
        "texts judged": found["texts"],
        "contradictions found by the checker": found["contradictions"],
        "texts that name people, of the account or its seller": found["named"] / (found["named"] + found["outside"]),
    }


def _people(histories: AccountHistories, number: int) -> tuple[set[str], str | None]:
    """Return the names of an account's contacts and seller, and of the person outside who referred it."""
    facts, owner = histories.history(number).facts, histories.owner(number)
    return (
        {name for contact in facts.contacts for name in (contact.person.first, contact.person.last)}
        | {owner.first_name, owner.last_name},
        facts.company.origin.get("referrer"),
    )


def _activities(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        for name in TIMED:
            yield from line[name]


def _temperature(line: Line, deal: Line) -> str:
    contact = line["contacts"][deal["contacts"][0]["position"]]
    return str(contact["properties"]["simcrm_lead_temperature"])


def _days(deal: Line) -> float:
    opened, closed = (datetime.fromisoformat(deal["properties"][name]) for name in ("createdate", "closedate"))
    return (closed - opened) / timedelta(days=1)


def _headcount(line: Line) -> float:
    return float(line["company"]["properties"]["numberofemployees"])


def _source(line: Line) -> str:
    """Return the channel of an account from its source in words; an event has no word of its own."""
    words = str(line["company"]["properties"]["simcrm_original_source"]).lower()
    return next((kind for kind, marks in CHANNELS.items() if any(mark in words for mark in marks)), "event")


def _adds_up(deal: Line) -> bool:
    items = (item["properties"] for item in deal["lineItems"])
    total = sum(float(item["price"]) * float(item["quantity"]) for item in items)
    return abs(total - float(deal["properties"]["amount"])) < 0.005  # noqa: PLR2004


def _names(line: Line) -> Iterator[str]:
    yield from str(line["company"]["properties"]["name"]).split()
    for contact in line["contacts"]:
        yield from (contact["properties"]["firstname"], contact["properties"]["lastname"])


def _mask(sentence: str, names: set[str]) -> str:
    words = ("*" if word.strip(".,;:'!?()") in names else word for word in sentence.split())
    return re.sub(r"\d+", "#", " ".join(words))


def draw(lines: list[Line]) -> str:
    """Return an SVG of the hours in which activities happen."""
    hours = Counter(datetime.fromisoformat(one["properties"]["hs_timestamp"]).hour for one in _activities(lines))
    highest = max(hours.values())
    bars = [
        f'<rect x="{20 + hour * (_BAR + 4)}" y="{180 - 150 * hours[hour] / highest:.1f}" width="{_BAR}"'
        f' height="{150 * hours[hour] / highest:.1f}" fill="#4a6fa5"/>'
        f'<text x="{20 + hour * (_BAR + 4) + _BAR / 2}" y="196" font-size="10" text-anchor="middle">{hour}</text>'
        for hour in range(24)
    ]
    title = '<text x="20" y="18" font-size="13">Activities by hour (UTC)</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 40}" height="210">{title}{"".join(bars)}</svg>'


def main() -> None:
    """Generate accounts, print their figures and draw their clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="B2B")
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--seed", default="7")
    parser.add_argument("--as-of", default="2026-11-01")
    parser.add_argument("--picture", type=Path, default=Path(".simcrm/realism.svg"))
    options = parser.parse_args()
    lines = generate(options.scenario, options.records, options.seed, options.as_of)
    judged = judge(options.scenario, options.records, options.seed, options.as_of)
    for name, value in {**measure(lines), **judged}.items():
        print(f"{name:52} {value:>10,.3f}".replace(".000", ""))
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    options.picture.write_text(draw(lines), encoding="utf-8")
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
