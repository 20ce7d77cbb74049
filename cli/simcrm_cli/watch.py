"""Watching a simulation, and ending a command as the simulation ended."""

import time
from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Console

from simcrm_cli import output
from simcrm_cli.api import Api
from simcrm_cli.progress import progress
from simcrm_cli.simulation_status import Standing, follow
from simcrm_cli.summary import summary_table
from simcrm_cli.table_layout import print_table
from simcrm_embedded.polling import Pause

STYLES = {"SUCCEEDED": "green", "PARTIAL": "yellow"}


def watch(api: Api, simulation_id: str, *, timeout: float, pause: Pause = time.sleep) -> Standing:
    """Show the progress of a simulation until its end.

    Raises:
        CliError: the API refuses or stays away, or ``timeout`` seconds have passed.
    """
    with progress() as show:
        return follow(
            lambda: api.simulation(simulation_id), show, simulation_id=simulation_id, timeout=timeout, pause=pause
        )


def conclude(standing: Standing, *, as_json: bool) -> None:
    """Print the final standing.

    Raises:
        Exit: with code 1 or 3, when the simulation did not succeed.
    """
    document = {**standing.document, "ok": standing.succeeded}
    output.show(document, as_json=as_json, render=lambda console: print_standing(console, standing))
    exit_with(standing)


def print_standing(console: Console, standing: Standing, seconds: float | None = None) -> None:
    """The summary, and the reason of a failure."""
    style = STYLES.get(standing.status, "red")
    console.print(f"{standing.simulation_id}: {standing.status}", style=style)
    print_table(console, summary_table(standing, seconds))
    if standing.document.get("takenBack"):
        console.print("It was taken back: what it had written is archived.")
    if standing.error:
        console.print(reason(standing.error), style=style, markup=False, soft_wrap=True)


def reason(error: Mapping[str, Any]) -> str:
    """A simulation's error in one line."""
    return f"{error.get('code')}: {error.get('message')}"


def exit_with(standing: Standing) -> None:
    """End the command as the simulation ended.

    Raises:
        Exit: with code 3 where it arrived in part, with code 1 where it failed or was aborted.
    """
    if standing.exit_code:
        raise typer.Exit(standing.exit_code)
