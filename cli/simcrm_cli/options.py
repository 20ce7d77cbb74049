"""Options shared by several commands."""

import re
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import typer

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print a single JSON document.")]
ApiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option("--api-url", envvar="SIMCRM_API_URL", help="URL of a deployed API; default: the embedded stack."),
]
Token: TypeAlias = Annotated[
    str | None, typer.Option("--token", envvar="SIMCRM_API_TOKEN", help="The operator token of that API.")
]
Timeout: TypeAlias = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the end.")]


def _simulation_id(value: str | None) -> str | None:
    """Validate the id, which is part of an API path: anything else could lead to another route."""
    if value is not None and re.fullmatch(r"[A-Za-z0-9_-]{1,72}", value) is None:
        raise typer.BadParameter("is not a simulation id, which consists of letters, digits, - and _")
    return value


SimulationId: TypeAlias = Annotated[
    str, typer.Argument(metavar="SIMULATION_ID", show_default=False, callback=_simulation_id)
]
OptionalSimulationId: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="SIMULATION_ID", show_default=False, callback=_simulation_id)
]

AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
"""A fixed day, so that a seed gives the same bytes on any day."""

AsOf: TypeAlias = Annotated[datetime, typer.Option(help="Day before which the records end.")]
Seed: TypeAlias = Annotated[str, typer.Option(help="The same seed generates the same bytes.")]
Scenario: TypeAlias = Annotated[str, typer.Option(help="B2B, B2C, or a pack by its name.")]
Locale: TypeAlias = Annotated[
    list[str] | None, typer.Option(help="Language and country, such as de_DE; several with weights, such as de_DE=0.3.")
]
Pack: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="A scenario pack of your own, or a folder.")
]
ContactsPerCompany: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, help="Average number of contacts for each company; default: 1, by account the scenario's."),
]
DomainSuffix: TypeAlias = Annotated[str | None, typer.Option(help="Put all domains under a domain you own.")]
Undeliverable: TypeAlias = Annotated[
    bool, typer.Option("--undeliverable", help="Put all domains under one that never receives mail.")
]
Bom: TypeAlias = Annotated[
    bool, typer.Option("--bom", help="Begin with a byte order mark, so that Excel recognizes UTF-8; CSV only.")
]


def require_csv(*, bom: bool, is_csv: bool) -> None:
    """Reject a byte order mark for JSON.

    Raises:
        BadParameter: one is requested.
    """
    if bom and not is_csv:
        raise typer.BadParameter("a byte order mark is only valid with --format csv", param_hint="--bom")
