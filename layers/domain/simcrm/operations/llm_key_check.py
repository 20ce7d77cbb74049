"""Whether the model's key is accepted and the model is there, by a call that costs nothing."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from simcrm.core.config import ModelCallConfig
from simcrm.core.credentials import is_sendable
from simcrm.llm.providers.registry import find_provider
from simcrm.operations.diagnostics import Check, State

if TYPE_CHECKING:
    import httpx2

NAME = "model"
ANTHROPIC, ANTHROPIC_URL, ANTHROPIC_VERSION = "anthropic", "https://api.anthropic.com", "2023-06-01"
SECONDS = 5.0
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def check_model(config: ModelCallConfig, key: str) -> Check:
    """The model of the deployment; without a key words are composed from data, which works."""
    kind = find_provider(config.ai_provider)
    if not config.ai_enabled or kind.make is None:
        return Check(NAME, State.OK, "no model is asked: words are composed from data")
    if kind.needs_key and not key:
        return Check(NAME, State.WARNING, "there is no key: words are composed from data", _mend_key(config))
    if not is_sendable(key):
        return Check(NAME, State.FAILED, "the key holds characters that are in no key", _mend_key(config))
    return _of_status(config, _asked(config, key))


def _mend_key(config: ModelCallConfig) -> str:
    return f"Put a valid {config.ai_provider}ApiKey into the secret, or start simulations with ai.enabled false."


def _of_status(config: ModelCallConfig, status: int | None) -> Check:
    provider = config.ai_provider
    if status == HTTPStatus.OK:
        return Check(NAME, State.OK, f"{provider} takes the key for {config.ai_model}")
    if status in REFUSED:
        return Check(NAME, State.FAILED, f"{provider} refuses the key ({status})", _mend_key(config))
    if status == HTTPStatus.NOT_FOUND:
        remedy = "Name another: parameter AiModel, or the settings in the console."
        return Check(NAME, State.FAILED, f"{provider} has no model {config.ai_model}", remedy)
    said = f"{provider} cannot be asked ({status or 'no answer'}): words are composed from data meanwhile"
    return Check(NAME, State.WARNING, said, "See its status page and AiBaseUrl.")


def connect(base_url: str, headers: dict[str, str]) -> "httpx2.Client":
    """An HTTP client for one question."""
    import httpx2  # noqa: PLC0415 - only where it is asked

    return httpx2.Client(base_url=base_url, headers=headers, timeout=SECONDS)


def _asked(config: ModelCallConfig, key: str) -> int | None:
    """The status of a look at the model, None where there was no answer."""
    import httpx2  # noqa: PLC0415 - only where it is asked

    base, path, headers = _place(config, key)
    try:
        with connect(base, headers) as http:
            return http.get(path).status_code
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return None


def _place(config: ModelCallConfig, key: str) -> tuple[str, str, dict[str, str]]:
    """Base URL, path and headers; of other providers the list is asked, because a server need not know one model."""
    if config.ai_provider == ANTHROPIC:
        base = config.ai_base_url or config.anthropic_base_url or ANTHROPIC_URL
        return base, f"/v1/models/{config.ai_model}", {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
    return config.ai_base_url or "", "/models", {"Authorization": f"Bearer {key}"} if key else {}
