"""``simcrm demo``."""

import os
import shlex
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from simcrm.core.credentials import strip_credential
from simcrm_cli import output
from simcrm_cli.api import ApiAddress, ApiClient
from simcrm_cli.external_portal import cleanup_command
from simcrm_cli.model_options import Ai, AiModel, AiUrl, with_model
from simcrm_cli.options import AsJson, Timeout
from simcrm_cli.portal_samples import PortalReader, Sample, read_samples
from simcrm_cli.record_card import sample_card
from simcrm_cli.simulation_input import merge
from simcrm_cli.simulation_status import SimulationStatus
from simcrm_cli.stack_addresses import console_url, print_addresses
from simcrm_cli.watch import exit_with_status, print_status, watch_simulation
from simcrm_embedded.borrowed_stack import BorrowedStack, borrow_stack
from simcrm_embedded.local_portal import TOKEN_SETTING
from simcrm_embedded.polling import Interruption, interruptible
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.state import StackState

BACKFILL = timedelta(days=90)
SAMPLES = 3
LIMIT_SECONDS = 1_800


@dataclass(slots=True)
class StartedDemo:
    """The started simulation; ``is_own_portal`` if it writes to the user's own portal, where it can be cleaned up."""

    is_own_portal: bool
    simulation_id: str | None = None

    @property
    def cleanup_command(self) -> str | None:
        """The command that cleans up the records; None if they disappear with the stack."""
        return cleanup_command(self.simulation_id) if self.is_own_portal else None

    def print_cleanup_hint(self) -> None:
        """On failure, warn that records may be in the portal."""
        if self.cleanup_command is not None:
            message = f"Records may be in your portal. To archive them: {self.cleanup_command}"
            output.messages().print(message, markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """A finished simulation, its duration in seconds, some of its records, and the stack it ran on.

    ``cleanup_command`` is set for a portal of the user's own.
    """

    status: SimulationStatus
    seconds: float
    samples: list[Sample]
    state: StackState
    cleanup_command: str | None = None


def run(
    *,
    records: Annotated[int, typer.Option(help="Contact and company pairs to create.")] = 200,
    scenario: Annotated[str, typer.Option(help="B2B or B2C.")] = "B2B",
    seed: Annotated[str | None, typer.Option(help="The same seed generates the same records.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running.")] = False,
    ai: Ai = None,
    ai_url: AiUrl = None,
    ai_model: AiModel = None,
    timeout: Timeout = LIMIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Start the stack, fill its HubSpot with records of the last 90 days, and show what came of it."""
    simulation = merge(backfill(datetime.now(UTC)), {"totalRecords": records, "scenario": scenario, "seed": seed})
    project, env = find_project(), with_model(os.environ, ai, ai_url, ai_model)
    with interruptible() as interruption, borrow_stack(project, interruption, report=output.report, env=env) as loan:
        begun = StartedDemo(is_own_portal=not loan.state.hubspot_token)
        try:
            demo = _simulate(loan.state, simulation, timeout, interruption, begun)
        except BaseException:
            begun.print_cleanup_hint()
            raise
        loan.keep = keep
    output.show(
        _document(demo, runs_on=not loan.has_ended),
        as_json=as_json,
        render=lambda console: _render(console, demo, loan, project),
    )
    exit_with_status(demo.status)


def backfill(now: datetime) -> dict[str, Any]:
    """Return input for the last 90 whole days, so that demos on the same day with the same seed match."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {"startTime": _iso_text(end - BACKFILL), "endTime": _iso_text(end), "mode": "BACKFILL"}


def _iso_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _simulate(
    state: StackState, simulation: dict[str, Any], timeout: float, interruption: Interruption, started: StartedDemo
) -> DemoResult:
    began = time.monotonic()
    with ApiClient(ApiAddress(state.api_url, state.operator_token)) as api:
        simulation_id = started.simulation_id = str(api.start(simulation)["simulationId"])
        status = watch_simulation(api, simulation_id, timeout=timeout, pause=interruption.pause)
    seconds = time.monotonic() - began
    token = state.hubspot_token or strip_credential(os.environ.get(TOKEN_SETTING, ""))
    with PortalReader(state.hubspot_url, token) as portal:
        samples = read_samples(portal, simulation_id, status.planned, SAMPLES)
    return DemoResult(status, seconds, samples, state, started.cleanup_command)


def _document(demo: DemoResult, *, runs_on: bool) -> dict[str, Any]:
    status = demo.status
    return {
        "ok": status.is_successful,
        "simulationId": status.simulation_id,
        "status": status.status,
        "planned": status.planned,
        "counts": status.counts,
        "failed": status.failed,
        "missing": status.missing,
        "durationSeconds": round(demo.seconds, 1),
        "hubspotCalls": status.hubspot_calls,
        "urls": {"hubspot": demo.state.hubspot_url, "api": demo.state.api_url, "console": console_url(demo.state)},
        "stackRunning": runs_on,
        **({"takeBack": demo.cleanup_command} if demo.cleanup_command else {}),
        **({"error": {"code": status.error["code"], "message": status.error["message"]}} if status.error else {}),
    }


def _render(console: Console, demo: DemoResult, borrowed: BorrowedStack, project: Project) -> None:
    print_status(console, demo.status, demo.seconds)
    for sample in demo.samples:
        console.print(sample_card(sample), soft_wrap=False)
    if demo.cleanup_command is not None:
        console.print("The records are in your portal. To archive them, with your token:")
        console.print(f"  {demo.cleanup_command}", markup=False, soft_wrap=True)
    if borrowed.has_ended:
        console.print("The stack has been stopped; `simcrm demo --keep` keeps it running, with console and records.")
        return
    print_addresses(console, demo.state)
    console.print(_end_command(borrowed, project), markup=False)


def _end_command(borrowed: BorrowedStack, project: Project) -> str:
    """Return how to stop a stack that is still running."""
    if borrowed.state.is_temporary and not borrowed.keep:
        return "Another demo is using the stack and will stop it."
    place = "" if borrowed.project == project else f"SIMCRM_STATE_DIR={shlex.quote(str(borrowed.project.home))} "
    return f"`{place}simcrm down` stops the stack."
