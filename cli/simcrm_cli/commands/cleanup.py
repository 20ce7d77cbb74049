"""``simcrm cleanup``."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.cleanup_route import CleanupTarget
from simcrm_cli.errors import ApiRequestError, NoStackError
from simcrm_cli.external_portal import open_user_portal
from simcrm_cli.options import ApiUrl, AsJson, OptionalSimulationId, Timeout, Token
from simcrm_cli.table_layout import print_table
from simcrm_embedded.errors import ProjectNotFoundError
from simcrm_embedded.project import find_project
from simcrm_embedded.stack import is_alive
from simcrm_embedded.state import load

ONE_DAY = 86_400
MAX_LISTED = 10_000
BUSY_CODES = {"SIMULATION_RUNNING", "JOB_RUNNING"}


def run(
    simulation_id: OptionalSimulationId = None,
    *,
    take_all: Annotated[bool, typer.Option("--all", help="All simulations with records in the portal.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Archive the records instead of only listing them.")] = False,
    timeout: Timeout = ONE_DAY,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Take a simulation's records back from the portal.

    With SIMCRM_HUBSPOT_TOKEN set, also what a stack has written that is not there any more.
    """
    if (simulation_id is None) is not take_all:
        raise typer.BadParameter("specify a simulation id or --all", param_hint="SIMULATION_ID")
    with _open_cleanup(api_url, token) as taking_back:
        if simulation_id is None:
            document = _clean_up_all(taking_back, timeout, yes=yes)
        else:
            document = taking_back.clean_up(simulation_id, timeout) if yes else taking_back.preview(simulation_id)
    render = _render if simulation_id is not None else _render_all
    output.show(document, as_json=as_json, render=lambda console: render(console, document))


@contextmanager
def _open_cleanup(api_url: str | None, token: str | None) -> Iterator[CleanupTarget]:
    """Open the given or running stack, and the portal of the token in the environment.

    Raises:
        CliError: there is neither.
    """
    with ExitStack() as stack:
        portal = stack.enter_context(open_user_portal())
        try:
            api = stack.enter_context(ApiClient(find_api_address(api_url, token)))
        except (NoStackError, ProjectNotFoundError):
            if portal is None:
                raise
            api = None
        yield CleanupTarget(api, portal, is_left_over=api_url is None and api is not None and not _is_alive())


def _is_alive() -> bool:
    """Whether the stack recorded here is still alive."""
    state = load(find_project(env=os.environ).state_file)
    return state is not None and is_alive(state)


def _clean_up_all(taking_back: CleanupTarget, timeout: float, *, yes: bool) -> dict[str, Any]:
    shown = (
        _simulations_in_portal(taking_back) if taking_back.portal is not None else _simulations_in_stack(taking_back)
    )
    rows = [_clean_up_one(taking_back, row, timeout) for row in shown] if yes else shown
    return {"ok": True, "dryRun": not yes, "simulations": rows, "total": sum(row["total"] for row in shown)}


def _simulations_in_portal(taking_back: CleanupTarget) -> list[dict[str, Any]]:
    assert taking_back.portal is not None  # noqa: S101 - for mypy; the caller has checked
    messages = output.messages()
    with messages.status("Searching the portal") as status:
        return taking_back.portal.list_simulations(
            lambda found: status.update(f"Searching the portal: {found:,} records so far")
        )


def _simulations_in_stack(taking_back: CleanupTarget) -> list[dict[str, Any]]:
    """Return the simulations known to the stack that have ended and have not been cleaned up."""
    assert taking_back.api is not None  # noqa: S101 - as above
    listed = taking_back.api.list_simulations(MAX_LISTED)
    open_ones = [row for row in listed if row["status"] not in {"QUEUED", "RUNNING"} and not row["takenBack"]]
    shown = (taking_back.preview(row["simulationId"]) for row in open_ones)
    return [row for row in shown if row["total"]]


def _clean_up_one(taking_back: CleanupTarget, row: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Clean up one simulation; one that is still running is skipped and reported."""
    try:
        return taking_back.clean_up(row["simulationId"], timeout)
    except ApiRequestError as error:
        if error.code not in BUSY_CODES:
            raise
        return {**row, "takenBack": False, "error": {"code": error.code, "message": str(error)}}


def _render(console: Console, document: dict[str, Any]) -> None:
    simulation_id, cleanup = document["simulationId"], document.get("cleanup")
    if document.get("takenBack") and cleanup is None:
        console.print(f"{simulation_id} has already been cleaned up: nothing of it is left.", markup=False)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for kind, count in (document["counts"] if cleanup is None else cleanup["archived"]).items():
        examples = ", ".join(row["key"] for row in document["samples"].get(kind, []))
        table.add_row(kind, f"{count:,}", examples if cleanup is None else "")
    print_table(console, table)
    if cleanup is not None:
        console.print(f"{simulation_id} has been cleaned up.{_describe_left(cleanup)}", markup=False)
    elif document["total"]:
        message = f"These {document['total']:,} records would be archived: `simcrm cleanup {simulation_id} --yes`."
        console.print(message, markup=False)
    else:
        console.print(f"The portal has no records of {simulation_id}.", markup=False)


def _describe_left(cleanup: Mapping[str, Any]) -> str:
    foreign = cleanup.get("foreign") or 0
    if not foreign:
        return ""
    return f" {foreign:,} records remain: they were merged with other records or no longer carry its id."


def _render_all(console: Console, document: dict[str, Any]) -> None:
    rows = document["simulations"]
    if not rows:
        console.print("There are no SimCRM records to archive.")
        return
    kinds = list(rows[0]["counts"])
    table = Table("simulation", *kinds, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        archived = (row.get("cleanup") or {}).get("archived") or {}
        counts = row["counts"] if document["dryRun"] else archived
        table.add_row(row["simulationId"], *(f"{counts.get(kind, 0):,}" for kind in kinds))
    print_table(console, table)
    for row in rows:
        message = (row.get("error") or {}).get("message") or _describe_left(row.get("cleanup") or {}).strip()
        if message:
            console.print(f"{row['simulationId']}: {message}", markup=False)
    if document["dryRun"]:
        message = f"These {document['total']:,} records would be archived: `simcrm cleanup --all --yes`."
        console.print(message, markup=False)
