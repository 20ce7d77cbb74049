"""Watch a simulation, and end a command with its outcome."""

import time
from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Console

from simcrm_cli import output
from simcrm_cli.api import ApiClient
from simcrm_cli.progress import progress
from simcrm_cli.simulation_status import SimulationStatus, poll_until_done
from simcrm_cli.summary import summary_table
from simcrm_cli.table_layout import print_table
from simcrm_embedded.polling import Pause

STYLES = {"SUCCEEDED": "green", "PARTIAL": "yellow"}


def watch_simulation(
    api: ApiClient, simulation_id: str, *, timeout: float, pause: Pause = time.sleep
) -> SimulationStatus:
    """Show the progress of a simulation until it ends.

    Raises:
        CliError: the API refuses or is unavailable, or ``timeout`` seconds have passed.
    """
    with progress() as show:
        return poll_until_done(
            lambda: api.get_simulation(simulation_id), show, simulation_id=simulation_id, timeout=timeout, pause=pause
        )


def print_result(status: SimulationStatus, *, as_json: bool) -> None:
    """Print the final status.

    Raises:
        Exit: with code 1 or 3, if the simulation did not succeed.
    """
    document = {**status.document, "ok": status.is_successful}
    output.show(document, as_json=as_json, render=lambda console: print_status(console, status))
    exit_with_status(status)


def print_status(console: Console, status: SimulationStatus, seconds: float | None = None) -> None:
    """Print the summary, and the reason for a failure."""
    style = STYLES.get(status.status, "red")
    console.print(f"{status.simulation_id}: {status.status}", style=style)
    print_table(console, summary_table(status, seconds))
    if status.document.get("takenBack"):
        console.print("It was cleaned up: its records are archived.")
    if status.error:
        console.print(format_error(status.error), style=style, markup=False, soft_wrap=True)


def format_error(error: Mapping[str, Any]) -> str:
    """Format a simulation's error on one line."""
    return f"{error.get('code')}: {error.get('message')}"


def exit_with_status(status: SimulationStatus) -> None:
    """End the command with the simulation's outcome.

    Raises:
        Exit: with code 3 if it succeeded only in part, with code 1 if it failed or was aborted.
    """
    if status.exit_code:
        raise typer.Exit(status.exit_code)
