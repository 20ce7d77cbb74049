"""What a portal holds after a run, beside what the scenario's numbers say it should hold.

``python bench/lived.py`` runs each scenario as a backfill of the last 90 days through the embedded stack, reads the
portal as its users do, and writes ``bench/results/lived.json``. What does not hold is told, and the exit code is 1.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lived_model import (
    KINDS,
    NUMBERS,
    Agreement,
    Facts,
    Times,
    compare_amounts,
    compare_means,
    compare_share,
    simulate_leads,
)
from measured_stack import ROOT, Stack, stack

from simcrm.core.timestamps import to_iso_utc
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.locales import Place
from simcrm.synthetic.time_zones import time_zone_for

RESULT = ROOT / "bench" / "results" / "lived.json"
RECORDS = 2_000
SPAN = timedelta(days=90)
BUDGETS = {"B2B": {"calls": 700}, "B2C": {"notes": 1_500}}
"""Below what the scenario would make, so that they bind."""

FARTHEST, MOST_OUTSIDE = 3.0, 0.1
OPENS, CLOSES, SATURDAY = 9, 18, 5
PROPERTIES = {
    "contacts": "simcrm_record_key,lifecyclestage,simcrm_simulated_at",
    "companies": "simcrm_record_key,state",
    "deals": "simcrm_record_key,dealstage,amount,createdate,closedate",
    "tickets": "simcrm_record_key,simcrm_simulated_at",
    **dict.fromkeys(("notes", "calls", "tasks"), "simcrm_record_key,hs_timestamp"),
}
STAGES = ("lead", "marketingqualifiedlead", "opportunity", "customer")
Portal = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Run:
    """A run that has ended: its scenario, its times in the model's terms, what the portal holds of it by type."""

    scenario: str
    times: Times
    portal: Portal
    stages: Mapping[str, bool | None]
    """Of the portal's pipeline: whether a deal on it is won (True), lost (False) or open."""


def agreements(run: Run) -> dict[str, Agreement]:
    """Each figure that chance moves, beside what is expected of it."""
    deals, numbers, model = run.portal["deals"], NUMBERS[run.scenario], simulate_leads(run.scenario, run.times)
    closed = [deal for deal in deals if run.stages.get(_text(deal, "dealstage")) is not None]
    won = [deal for deal in deals if run.stages.get(_text(deal, "dealstage")) is True]
    reached = [STAGES.index(_text(contact, "lifecyclestage")) for contact in run.portal["contacts"]]
    leads = len(reached)
    counted = {kind: len(run.portal[kind]) for kind in KINDS if kind not in BUDGETS[run.scenario]}
    found = {
        "qualified": compare_means([float(stage >= 1) for stage in reached], _each(model, "qualified")),
        "opportunities": compare_means([float(stage >= 2) for stage in reached], _each(model, "deals")),  # noqa: PLR2004
        "customers": compare_means([float(stage >= 3) for stage in reached], _each(model, "wins")),  # noqa: PLR2004
        "win rate": compare_share([float(deal in won) for deal in closed], numbers.win),
        "days to close": compare_means([_days(deal) for deal in deals], _each(model, "days")),
        **{
            f"{kind} per record": compare_means(_spread(run.portal[kind], leads), _each(model, kind))
            for kind, count in counted.items()
            if count
        },
    }
    amounts = compare_amounts([float(_text(deal, "amount")) for deal in deals], numbers)
    return found | {f"{name} of amounts": agreement for name, agreement in amounts.items()}


def _each(model: Sequence[Facts], name: str) -> list[float]:
    return [facts[name] for facts in model if name in facts]


def _spread(rows: Sequence[Mapping[str, Any]], leads: int) -> list[float]:
    """How many each record has."""
    counts = Counter(map(record_index, rows))
    return [float(counts[index]) for index in range(leads)]


def _days(deal: Mapping[str, Any]) -> float:
    return (_moment(deal, "closedate") - _moment(deal, "createdate")) / timedelta(days=1)


def promises(run: Run, ledger: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Each figure that chance does not move, and the most that it may be; ``ledger`` is the run's own count."""
    moments = list(_activities(run))
    outside = sum(not _is_working(at, zone) for at, _, zone in moments)
    budgets = BUDGETS[run.scenario]
    return {
        "events before their cause": (sum(at < cause for at, cause, _ in moments) + _backwards(run), 0),
        "activities outside working time": (outside / len(moments), MOST_OUTSIDE),
        "deals on a stage that the portal has not": (
            sum(_text(deal, "dealstage") not in run.stages for deal in run.portal["deals"]),
            0,
        ),
        "away from the budgets": (sum(abs(len(run.portal[kind]) - most) for kind, most in budgets.items()), 0),
        "away from the ledger": (sum(abs(len(rows) - ledger[kind]) for kind, rows in run.portal.items()), 0),
    }


def _activities(run: Run) -> Iterator[tuple[datetime, datetime, ZoneInfo]]:
    """The moment of each activity, that of its cause, and the zone of its company."""
    arrived = {record_index(contact): _moment(contact, "simcrm_simulated_at") for contact in run.portal["contacts"]}
    opened = {record_index(deal): _moment(deal, "createdate") for deal in run.portal["deals"]}
    closed = {record_index(deal): _moment(deal, "closedate") for deal in run.portal["deals"]}
    zones = dict(_zones(run.portal["companies"]))
    for kind in ("notes", "calls", "tasks"):
        for row in run.portal[kind]:
            index = record_index(row)
            cause = opened[index] if is_associated(row, "deals") else arrived[index]
            yield _moment(row, "hs_timestamp"), cause, zones[index]
    for row in run.portal["tickets"]:
        yield _moment(row, "simcrm_simulated_at"), closed[record_index(row)], zones[record_index(row)]
    for index, at in opened.items():
        yield at, arrived[index], zones[index]


def _backwards(run: Run) -> int:
    """Deals that close before they open."""
    return sum(_moment(deal, "closedate") < _moment(deal, "createdate") for deal in run.portal["deals"])


def _zones(companies: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, ZoneInfo]]:
    """The clock of each company's state."""
    codes = {name: code for code, name in read_data("locales/en_US/places.json")["regions"].items()}
    for company in companies:
        state = _text(company, "state")
        yield record_index(company), time_zone_for("en_US", Place("", state, codes[state], [], []))


def _is_working(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    return local.weekday() < SATURDAY and OPENS <= local.hour < CLOSES


def record_index(row: Mapping[str, Any]) -> int:
    """The record that an object belongs to, by its key."""
    return int(_text(row, "simcrm_record_key").split(":")[2])


def is_associated(row: Mapping[str, Any], kind: str) -> bool:
    """Whether an object is associated with one of a type."""
    return bool((row.get("associations") or {}).get(kind, {}).get("results"))


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row["properties"][name])


def _moment(row: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(_text(row, name))


def run_and_measure(measured: Stack, scenario: str) -> tuple[Run, Mapping[str, int]]:
    """Run a scenario over the last 90 days; the run, and what its ledger counts."""
    now = datetime.now(UTC).replace(microsecond=0)
    body = {
        "totalRecords": RECORDS,
        "scenario": scenario,
        "seed": f"lived-{scenario}",
        "startTime": to_iso_utc(now - SPAN),
        "endTime": to_iso_utc(now),
        "ai": {"enabled": False},
        "activities": {"budgets": BUDGETS[scenario]},
    }
    document, _ = measured.run(body)
    portal = {
        kind: measured.records(kind, document["simulationId"], names, associations="deals")
        for kind, names in PROPERTIES.items()
    }
    return Run(scenario, last_90_days(now), portal, _stages(measured)), document["counts"]


def last_90_days(now: datetime) -> Times:
    """A run of the last 90 days by the clock of most records."""
    local = (now - SPAN).astimezone(ZoneInfo("America/Chicago"))
    begin = local.weekday() + (local.hour + local.minute / 60) / 24
    return Times(begin, begin + SPAN / timedelta(days=1))


def _stages(measured: Stack) -> dict[str, bool | None]:
    pipelines = measured.portal.get("/crm/v3/pipelines/deals").raise_for_status().json()["results"]
    return {stage["id"]: _is_won(stage["metadata"]) for pipeline in pipelines for stage in pipeline["stages"]}


def _is_won(metadata: Mapping[str, str]) -> bool | None:
    return float(metadata["probability"]) == 1 if str(metadata["isClosed"]).lower() == "true" else None


def to_document(run: Run, ledger: Mapping[str, int]) -> dict[str, Any]:
    """Both kinds of figures as they are kept."""
    chance = {
        name: {
            "seen": round(found.seen, 4),
            "expected": round(found.expected, 4),
            "standardErrors": round(found.distance, 2),
        }
        for name, found in agreements(run).items()
    }
    kept = {name: {"seen": round(seen, 4), "most": most} for name, (seen, most) in promises(run, ledger).items()}
    return {"records": len(run.portal["contacts"]), "chance": chance, "promised": kept}


def failed_figures(document: Mapping[str, Any]) -> list[str]:
    """The figures of a scenario that are farther away than they may be."""
    far = [name for name, row in document["chance"].items() if row["standardErrors"] > FARTHEST]
    return far + [name for name, row in document["promised"].items() if row["seen"] > row["most"]]


def tables(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Both kinds of figures as ``docs/data.md`` shows them."""
    scenarios = list(found)
    columns = " | ".join(f"{scenario} | expected | standard errors" for scenario in scenarios)
    lines = [f"| | {columns} |", "|---" * (1 + 3 * len(scenarios)) + "|"]
    for name in dict.fromkeys(name for scenario in scenarios for name in found[scenario]["chance"]):
        cells = (cell for scenario in scenarios for cell in _cells(found[scenario]["chance"].get(name)))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"| | {' | '.join(scenarios)} | at most |", "|---" * (2 + len(scenarios)) + "|"]
    for name, row in found[scenarios[0]]["promised"].items():
        seen = (f"{found[scenario]['promised'][name]['seen']:g}" for scenario in scenarios)
        lines.append(f"| {name} | {' | '.join(seen)} | {row['most']:g} |")
    return "\n".join(lines)


def _cells(row: Mapping[str, float] | None) -> tuple[str, str, str]:
    """Empty where a budget binds."""
    return (
        ("", "", "")
        if row is None
        else (f"{row['seen']:.4g}", f"{row['expected']:.4g}", f"{row['standardErrors']:.1f}")
    )


def main() -> int:
    """Run, print and keep."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    with stack() as measured:
        for scenario in NUMBERS:
            found[scenario] = to_document(*run_and_measure(measured, scenario))
    print(tables(found))
    RESULT.write_text(json.dumps(found, indent=2) + "\n")
    failures = [f"{scenario}: {name}" for scenario, document in found.items() for name in failed_figures(document)]
    print("does not hold:", failures or "nothing")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
