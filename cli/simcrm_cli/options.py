"""Options that several commands share."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import typer

from simcrm_embedded.local_model import MODEL_SETTING

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ApiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option("--api-url", envvar="SIMCRM_API_URL", help="A deployed API; without it the embedded stack."),
]
Token: TypeAlias = Annotated[
    str | None, typer.Option("--token", envvar="SIMCRM_API_TOKEN", help="The operator token of that API.")
]
Timeout: TypeAlias = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the end.")]
Ai: TypeAlias = Annotated[
    Literal["stand-in"] | None,
    typer.Option("--ai", help="Let a stand-in for the model write the words, without a key."),
]
SimulationId: TypeAlias = Annotated[str, typer.Argument(metavar="SIMULATION_ID", show_default=False)]


def with_model(env: Mapping[str, str], ai: str | None) -> Mapping[str, str]:
    """The environment of a stack whose words this model writes."""
    return env if ai is None else {**env, MODEL_SETTING: ai}
