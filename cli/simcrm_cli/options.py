"""Options that several commands share."""

from typing import Annotated, TypeAlias

import typer

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ApiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option("--api-url", envvar="SIMCRM_API_URL", help="A deployed API; without it the embedded stack."),
]
Token: TypeAlias = Annotated[
    str | None, typer.Option("--token", envvar="SIMCRM_API_TOKEN", help="The operator token of that API.")
]
Timeout: TypeAlias = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the end.")]
SimulationId: TypeAlias = Annotated[str, typer.Argument(metavar="SIMULATION_ID", show_default=False)]
