"""``simcrm demo``."""

import os
import shlex
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from simcrm.core.credentials import cleaned
from simcrm_cli import output
from simcrm_cli.api import Address, Api
from simcrm_cli.external_portal import take_back_command
from simcrm_cli.options import Ai, AsJson, Timeout, with_model
from simcrm_cli.portal_samples import Portal, Sample, read_samples
from simcrm_cli.record_card import card
from simcrm_cli.simulation_input import merge
from simcrm_cli.simulation_status import Standing
from simcrm_cli.stack_addresses import console_url, print_addresses
from simcrm_cli.watch import exit_with, print_standing, watch
from simcrm_embedded.borrowed_stack import Borrowed, borrowed
from simcrm_embedded.local_portal import TOKEN_SETTING
from simcrm_embedded.polling import Interruption, interruptible
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.state import StackState

BACKFILL = timedelta(days=90)
SAMPLES = 3
LIMIT_SECONDS = 1_800


@dataclass(slots=True)
class Begun:
    """Which simulation writes, perhaps into a portal of the user's own, from which it can be taken back."""

    is_own_portal: bool
    simulation_id: str | None = None

    @property
    def take_back(self) -> str | None:
        """The command that takes back what was written; None where it goes with the stack."""
        return take_back_command(self.simulation_id) if self.is_own_portal else None

    def remind(self) -> None:
        """Say on the way out of a failure that records may be in the portal."""
        if self.take_back is not None:
            said = f"Records may be in your portal. To take them back: {self.take_back}"
            output.messages().print(said, markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Demo:
    """A finished simulation, how many seconds it took, some of its records and the stack it ran on.

    ``take_back`` is the command for a portal of the user's own.
    """

    standing: Standing
    seconds: float
    samples: list[Sample]
    state: StackState
    take_back: str | None = None


def run(
    *,
    records: Annotated[int, typer.Option(help="Contact and company pairs to create.")] = 200,
    scenario: Annotated[str, typer.Option(help="B2B or B2C.")] = "B2B",
    seed: Annotated[str | None, typer.Option(help="The same seed generates the same records.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running.")] = False,
    ai: Ai = None,
    timeout: Timeout = LIMIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Start the stack, fill its HubSpot with records of the last 90 days, and show what came of it."""
    simulation = merge(backfill(datetime.now(UTC)), {"totalRecords": records, "scenario": scenario, "seed": seed})
    project, env = find_project(), with_model(os.environ, ai)
    with interruptible() as interruption, borrowed(project, interruption, report=output.report, env=env) as loan:
        begun = Begun(is_own_portal=not loan.state.hubspot_token)
        try:
            demo = _simulate(loan.state, simulation, timeout, interruption, begun)
        except BaseException:
            begun.remind()
            raise
        loan.keep = keep
    output.show(
        _document(demo, runs_on=not loan.has_ended),
        as_json=as_json,
        render=lambda console: _render(console, demo, loan, project),
    )
    exit_with(demo.standing)


def backfill(now: datetime) -> dict[str, Any]:
    """Input for the last whole days: two demos of one day with one seed give the same records."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {"startTime": _text(end - BACKFILL), "endTime": _text(end), "mode": "BACKFILL"}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _simulate(
    state: StackState, simulation: dict[str, Any], timeout: float, interruption: Interruption, begun: Begun
) -> Demo:
    began = time.monotonic()
    with Api(Address(state.api_url, state.operator_token)) as api:
        simulation_id = begun.simulation_id = str(api.start(simulation)["simulationId"])
        standing = watch(api, simulation_id, timeout=timeout, pause=interruption.pause)
    seconds = time.monotonic() - began
    token = state.hubspot_token or cleaned(os.environ.get(TOKEN_SETTING, ""))
    with Portal(state.hubspot_url, token) as portal:
        samples = read_samples(portal, simulation_id, standing.planned, SAMPLES)
    return Demo(standing, seconds, samples, state, begun.take_back)


def _document(demo: Demo, *, runs_on: bool) -> dict[str, Any]:
    standing = demo.standing
    return {
        "ok": standing.succeeded,
        "simulationId": standing.simulation_id,
        "status": standing.status,
        "planned": standing.planned,
        "counts": standing.counts,
        "failed": standing.failed,
        "missing": standing.missing,
        "durationSeconds": round(demo.seconds, 1),
        "hubspotCalls": standing.hubspot_calls,
        "urls": {"hubspot": demo.state.hubspot_url, "api": demo.state.api_url, "console": console_url(demo.state)},
        "stackRunning": runs_on,
        **({"takeBack": demo.take_back} if demo.take_back else {}),
        **({"error": {"code": standing.error["code"], "message": standing.error["message"]}} if standing.error else {}),
    }


def _render(console: Console, demo: Demo, loan: Borrowed, project: Project) -> None:
    print_standing(console, demo.standing, demo.seconds)
    for sample in demo.samples:
        console.print(card(sample), soft_wrap=False)
    if demo.take_back is not None:
        console.print("The records are in your portal. To take them back, with your token:")
        console.print(f"  {demo.take_back}", markup=False, soft_wrap=True)
    if loan.has_ended:
        console.print("The stack has been ended; `simcrm demo --keep` leaves it running, with console and records.")
        return
    print_addresses(console, demo.state)
    console.print(_ending(loan, project), markup=False)


def _ending(loan: Borrowed, project: Project) -> str:
    """What ends a stack that still runs."""
    if loan.state.is_temporary and not loan.keep:
        return "Another demo uses the stack, and ends it."
    place = "" if loan.project == project else f"SIMCRM_STATE_DIR={shlex.quote(str(loan.project.home))} "
    return f"`{place}simcrm down` ends the stack."
