"""What a portal holds after a run, beside what the scenario's numbers say it should hold.

``python bench/lived.py`` runs each scenario as a backfill of 90 days, which ended when its first deals had time to end,
through the embedded stack, reads the portal as its users do, and writes ``bench/results/lived.json``. What does not
hold is told, and the exit code is 1. How coherent the accounts are within themselves is what ``make realism`` measures.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lived_model import (
    FUNNEL,
    KINDS,
    NUMBERS,
    SPAN,
    Agreement,
    Facts,
    compare_amounts,
    compare_days,
    compare_ratios,
    compare_share,
    simulate_accounts,
)
from measured_stack import ROOT, Stack, stack

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.locales import Place
from simcrm.synthetic.time_zones import time_zone_for

RESULT = ROOT / "bench" / "results" / "lived.json"
RECORDS = 2_000
DAY = timedelta(days=1)
BUDGETS = {"B2B": {"calls": 700}, "B2C": {"notes": 1_500}}
"""Below what the scenario would make, so that they bind."""

FARTHEST, MOST_OUTSIDE = 3.0, 0.1
OPENS, CLOSES, SATURDAY = 9, 18, 5
BY_SELLERS = ("notes", "calls", "tasks", "meetings")
"""Activities for which somebody is at work; customers write when they like."""

TIMED = (*BY_SELLERS, "emails")
PROPERTIES = {
    "contacts": "simcrm_record_key,lifecyclestage,simcrm_simulated_at",
    "companies": "simcrm_record_key,state",
    "deals": "simcrm_record_key,dealstage,amount,createdate,closedate",
    "tickets": "simcrm_record_key,simcrm_simulated_at",
    **dict.fromkeys(TIMED, "simcrm_record_key,hs_timestamp"),
    **dict.fromkeys(("line_items", "products"), "simcrm_record_key"),
}
STAGES = ("lead", "marketingqualifiedlead", "opportunity", "customer")
Row = Mapping[str, Any]
Portal = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Run:
    """A run that has ended: its scenario, the time at which it began, and what the portal holds of it by type."""

    scenario: str
    began_at: datetime
    portal: Portal
    stages: Mapping[str, bool | None]
    """Of the portal's pipeline: whether a deal on it is won (True), lost (False) or open."""


class Event(NamedTuple):
    """Something that happened: its type, when, when what caused it did, and the zone of its company."""

    kind: str
    at: datetime
    cause: datetime
    zone: ZoneInfo


def agreements(run: Run) -> dict[str, Agreement]:
    """Each figure that chance moves, beside what is expected of it."""
    numbers, model, accounts = NUMBERS[run.scenario], simulate_accounts(run.scenario), list(_accounts(run))
    first = [deal for deal in run.portal["deals"] if _text(deal, "simcrm_record_key").endswith(":0")]
    closed = [deal for deal in first if run.stages.get(_text(deal, "dealstage")) is not None]
    won = [float(run.stages[_text(deal, "dealstage")] is True) for deal in closed]
    free = [kind for kind in KINDS if kind not in BUDGETS[run.scenario] and run.portal[kind]]
    found = {
        **{name: compare_ratios(accounts, model, name) for name in FUNNEL},
        "win rate": compare_share(won, numbers.win),
        "days to close": compare_days([_days(deal) for deal in closed], numbers),
        **{f"{kind} per record": compare_ratios(accounts, model, kind) for kind in free},
    }
    amounts = compare_amounts([float(_text(deal, "amount")) for deal in first], numbers)
    return found | {f"{name} of amounts": agreement for name, agreement in amounts.items()}


def _accounts(run: Run) -> Iterator[Facts]:
    """What each account has: contacts, how many of them reached a stage, and how many of each thing."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for contact in run.portal["contacts"]:
        reached = STAGES.index(_text(contact, "lifecyclestage"))
        found[_company(contact)].update(["contacts", *FUNNEL[:reached]])
    for kind in KINDS:
        for row in run.portal[kind]:
            found[_company(row)][kind] += 1
    yield from ({name: float(own[name]) for name in ("contacts", *FUNNEL, *KINDS)} for own in found.values())


def _days(deal: Row) -> float:
    return (_moment(deal, "closedate") - _moment(deal, "createdate")) / DAY


def promises(run: Run, ledger: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Each figure that chance does not move, and the most that it may be; ``ledger`` is the run's own count."""
    events = list(_events(run))
    working = [event for event in events if event.kind in BY_SELLERS]
    outside = sum(not _is_working(event.at, event.zone) for event in working)
    budgets = BUDGETS[run.scenario]
    return {
        "events before their cause": (sum(event.at < event.cause for event in events) + _backwards(run), 0),
        "activities outside working time": (outside / len(working), MOST_OUTSIDE),
        "deals on a stage that the portal has not": (
            sum(_text(deal, "dealstage") not in run.stages for deal in run.portal["deals"]),
            0,
        ),
        "away from the budgets": (sum(abs(len(run.portal[kind]) - most) for kind, most in budgets.items()), 0),
        "away from the ledger": (sum(abs(len(rows) - ledger[kind]) for kind, rows in run.portal.items()), 0),
        "events after the run began": (
            sum(event.at > run.began_at for event in events if event.kind != ObjectType.TASKS),
            0,
        ),
    }


def _events(run: Run) -> Iterator[Event]:
    """All activities and deals.

    Each comes after its contact, an activity also after the opening of its deal and a ticket after its deal's end. The
    time of a task is when it is due.
    """
    arrived = {record_index(contact): _moment(contact, "simcrm_simulated_at") for contact in run.portal["contacts"]}
    deals = {deal["id"]: deal for deal in run.portal["deals"]}
    zones = dict(_zones(run.portal["companies"]))

    def event(kind: str, row: Row, time: str, cause: str) -> Event:
        causes = (_moment(deals[deal], cause) for deal in associated_ids(row, "deals"))
        return Event(kind, _moment(row, time), max((arrived[record_index(row)], *causes)), zones[_company(row)])

    for kind in TIMED:
        yield from (event(kind, row, "hs_timestamp", "createdate") for row in run.portal[kind])
    yield from (event("tickets", row, "simcrm_simulated_at", "closedate") for row in run.portal["tickets"])
    yield from (event("deals", row, "createdate", "createdate") for row in run.portal["deals"])


def _backwards(run: Run) -> int:
    """Deals that close before they open."""
    return sum(_days(deal) < 0 for deal in run.portal["deals"])


def _zones(companies: Iterable[Row]) -> Iterator[tuple[str, ZoneInfo]]:
    """The clock of each company's state."""
    codes = {name: code for code, name in read_data("locales/en_US/places.json")["regions"].items()}
    for company in companies:
        state = _text(company, "state")
        yield company["id"], time_zone_for("en_US", Place("", state, codes[state], [], []))


def _is_working(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    return local.weekday() < SATURDAY and OPENS <= local.hour < CLOSES


def record_index(row: Row) -> int:
    """The record that an object belongs to, by its key."""
    return int(_text(row, "simcrm_record_key").split(":")[2])


def associated_ids(row: Row, kind: str) -> list[str]:
    """The objects of a type that an object is associated with."""
    return [found["id"] for found in (row.get("associations") or {}).get(kind, {}).get("results", ())]


def _company(row: Row) -> str:
    return associated_ids(row, "companies")[0]


def _text(row: Row, name: str) -> str:
    return str(row["properties"][name])


def _moment(row: Row, name: str) -> datetime:
    return datetime.fromisoformat(_text(row, name))


def run_and_measure(measured: Stack, scenario: str) -> tuple[Run, Mapping[str, int]]:
    """Run a scenario; the run, and what its ledger counts."""
    body = {
        "totalRecords": RECORDS,
        "scenario": scenario,
        "seed": "lived",
        "ai": {"enabled": False},
        "activities": {"budgets": BUDGETS[scenario]},
        **span(scenario, datetime.now(UTC).replace(microsecond=0)),
    }
    document, _ = measured.run(body)
    portal = {
        kind: measured.records(kind, document["simulationId"], names, associations="companies,deals")
        for kind, names in PROPERTIES.items()
    }
    ledger = {kind: document["counts"][ObjectType(kind).json_name] for kind in portal}
    return Run(scenario, datetime.fromisoformat(document["startedAt"]), portal, _stages(measured)), ledger


def span(scenario: str, now: datetime) -> dict[str, str]:
    """The days in which the accounts of a run arrive."""
    end = now - NUMBERS[scenario].ended * DAY
    return {"startTime": to_iso_utc(end - SPAN * DAY), "endTime": to_iso_utc(end)}


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
