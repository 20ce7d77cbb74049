"""Check with a free call whether the provider accepts the key and offers the model."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from simcrm.core.config import LlmCallConfig
from simcrm.core.credentials import fits_http_header
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.providers.endpoints import find_base_url
from simcrm.llm.providers.registry import find_provider
from simcrm.operations.diagnostics import CheckState, DiagnosticCheck

if TYPE_CHECKING:
    import httpx2

NAME = "model"
ANTHROPIC, ANTHROPIC_VERSION = "anthropic", "2023-06-01"
TIMEOUT_SECONDS = 5.0
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def check_model(config: LlmCallConfig, key: str) -> DiagnosticCheck:
    """Check the deployment's model; a missing key is only a warning, because text is then composed from data."""
    try:
        base_url = find_base_url(config.ai_provider, config) if config.ai_enabled else None
    except LlmConfigError as error:
        remedy = "Correct the deployment's parameters, or choose another provider in the console's settings."
        return DiagnosticCheck(NAME, CheckState.FAILED, str(error), remedy)
    if base_url is None:
        return DiagnosticCheck(NAME, CheckState.OK, "no model is used: text is composed from data")
    needs_key = find_provider(config.ai_provider).needs_key
    if needs_key and not key:
        return DiagnosticCheck(
            NAME, CheckState.WARNING, "there is no key: text is composed from data", _key_remedy(config)
        )
    if needs_key and not fits_http_header(key):
        return DiagnosticCheck(
            NAME, CheckState.FAILED, "the key contains characters that no key has", _key_remedy(config)
        )
    return _check_from_status(config, _request_status(config, base_url, key))


def _key_remedy(config: LlmCallConfig) -> str:
    return f"Put a valid {config.ai_provider}ApiKey into the secret, or start simulations with ai.enabled false."


def _check_from_status(config: LlmCallConfig, status: int | None) -> DiagnosticCheck:
    provider = config.ai_provider
    if status == HTTPStatus.OK:
        found = f"accepts the key for {config.ai_model}" if find_provider(provider).needs_key else "answers"
        return DiagnosticCheck(NAME, CheckState.OK, f"{provider} {found}")
    if status in REFUSED:
        return DiagnosticCheck(NAME, CheckState.FAILED, f"{provider} refuses the key ({status})", _key_remedy(config))
    if status == HTTPStatus.NOT_FOUND:
        remedy = "Choose another with the parameter AiModel or in the console's settings."
        return DiagnosticCheck(NAME, CheckState.FAILED, f"{provider} has no model {config.ai_model}", remedy)
    said = f"{provider} cannot be reached ({status or 'no answer'}): text is composed from data meanwhile"
    return DiagnosticCheck(NAME, CheckState.WARNING, said, "Check its status page and base URL.")


def http_client(base_url: str, headers: dict[str, str]) -> "httpx2.Client":
    """Return an HTTP client for one request."""
    import httpx2  # noqa: PLC0415 - only if a request is made

    return httpx2.Client(base_url=base_url, headers=headers, timeout=TIMEOUT_SECONDS)


def _request_status(config: LlmCallConfig, base_url: str, key: str) -> int | None:
    """Request the model and return the HTTP status; None if there was no response."""
    import httpx2  # noqa: PLC0415 - only if a request is made

    path, headers = _request_parts(config, key)
    try:
        with http_client(base_url, headers) as http:
            return http.get(path).status_code
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return None


def _request_parts(config: LlmCallConfig, key: str) -> tuple[str, dict[str, str]]:
    """Return path and headers; other providers are asked for their list, as not all describe one model."""
    if config.ai_provider == ANTHROPIC:
        return f"/v1/models/{config.ai_model}", {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
    return "/models", {"Authorization": f"Bearer {key}"} if key else {}
