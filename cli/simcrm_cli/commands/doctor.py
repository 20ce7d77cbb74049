"""``simcrm doctor``."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from simcrm.operations.diagnostics import CheckState, DiagnosticCheck
from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.diagnostics_view import diagnose
from simcrm_cli.options import ApiUrl, AsJson, Token

SECONDS = 180.0
STYLES = {CheckState.OK: "green", CheckState.WARNING: "yellow", CheckState.FAILED: "red"}
WIDEST = max(map(len, CheckState))


def run(
    *,
    api_url: ApiUrl = None,
    token: Token = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the dry run.")] = SECONDS,
    as_json: AsJson = False,
) -> None:
    """Check each part of a deployment, and say what to do where one does not work."""
    with ApiClient(find_api_address(api_url, token)) as api:
        checks = []
        for check in diagnose(api, timeout=timeout):
            checks.append(check)
            if not as_json:
                _print(output.results(), check)
    failed = [check for check in checks if check.state is CheckState.FAILED]
    document = {"ok": not failed, "checks": [check.to_document() for check in checks]}
    output.show(document, as_json=as_json, render=lambda console: _conclude(console, failed))
    if failed:
        raise typer.Exit(1)


def _print(console: Console, check: DiagnosticCheck) -> None:
    console.print(check.state.ljust(WIDEST), style=STYLES[check.state], end=" ", markup=False)
    console.print(f"{check.name}: {check.found}", markup=False)
    if check.remedy:
        console.print(f"{' ' * WIDEST} {check.remedy}", markup=False)


def _conclude(console: Console, failed: Sequence[DiagnosticCheck]) -> None:
    names = ", ".join(check.name for check in failed)
    console.print(f"To fix: {names}." if failed else "Ready for a simulation.", markup=False)
