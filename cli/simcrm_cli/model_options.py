"""The options of commands that start a stack, for the model that writes its text."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import httpx2
import typer

from simcrm.core.config import LlmEndpointConfig
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.providers.endpoints import find_base_url
from simcrm_cli.errors import CliError
from simcrm_cli.http_client import http_client
from simcrm_embedded.local_model import MODEL_SETTING

Ai: TypeAlias = Annotated[
    Literal["stand-in", "local"] | None,
    typer.Option(
        "--ai", help="Who writes the text: a stand-in for the model, without a key, or your own server (see --ai-url)."
    ),
]
AiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ai-url", help="Base URL of a server with OpenAI's API, for --ai local, such as http://127.0.0.1:11434/v1/."
    ),
]
AiModel: TypeAlias = Annotated[
    str | None, typer.Option("--ai-model", help="The server's model, for --ai local; default: the only one it has.")
]

LOCAL = "local"
LOCAL_DEFAULTS = {"AI_TIMEOUT_MS": "120000"}
"""A model on this machine writes slowly."""
TIMEOUT_SECONDS = 10.0
MAX_NAMED = 20


def with_model(
    env: Mapping[str, str], ai: str | None, url: str | None = None, model: str | None = None
) -> Mapping[str, str]:
    """Return the environment of a stack whose text this model writes.

    Raises:
        BadParameter: the options do not fit together, or the URL is none.
        CliError: no model is named, and the server does not have exactly one.
    """
    if ai != LOCAL:
        _require_local(url, "--ai-url")
        _require_local(model, "--ai-model")
        return env if ai is None else {**env, MODEL_SETTING: ai}
    if url is None:
        raise typer.BadParameter("--ai local needs it, such as http://127.0.0.1:11434/v1/", param_hint="--ai-url")
    chosen = {MODEL_SETTING: "", "AI_ENABLED": "true", "AI_PROVIDER": LOCAL, "AI_BASE_URL": url}
    try:
        find_base_url(LOCAL, LlmEndpointConfig.load(chosen))
    except LlmConfigError:
        raise typer.BadParameter("must begin with http:// or https://", param_hint="--ai-url") from None
    return {**LOCAL_DEFAULTS, **env, **chosen, "AI_MODEL": model or find_only_model(url)}


def _require_local(value: str | None, option: str) -> None:
    if value is not None:
        raise typer.BadParameter("is only valid with --ai local", param_hint=option)


def find_only_model(url: str) -> str:
    """Return the name of a server's model.

    Raises:
        CliError: the server does not list its models, or not exactly one.
    """
    try:
        with http_client(url, "", TIMEOUT_SECONDS) as http:
            response = http.get("models").raise_for_status()
        names = _model_names(response.json())
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, LookupError, TypeError) as error:
        message = f"{url} does not list its models ({error}): is the server running? --ai-model names one."
        raise CliError("AI_SERVER", message) from None
    if len(names) != 1:
        listed = ", ".join(names[:MAX_NAMED]) or "no models"
        raise CliError("AI_SERVER", f"{url} has {listed}: choose one with --ai-model.")
    return names[0]


def _model_names(document: Any) -> list[str]:
    return [str(row["id"]) for row in document["data"]]
