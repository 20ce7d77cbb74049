"""Any server with OpenAI's chat completions API: a thin client, since one POST is all it needs."""

from http import HTTPStatus
from typing import Any

import httpx2

from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage, parse_rate_limit_headers, parse_retry_after

LIMIT_HEADER, REMAINING_HEADER = "x-ratelimit-limit-{}", "x-ratelimit-remaining-{}"
LIMIT_NAMES = ("requests", "input-tokens", "output-tokens")


class OpenAiProvider:
    """``POST {base_url}/chat/completions``; a server on the same network needs no key."""

    def __init__(self, api_key: str, base_url: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=None)

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Send one completion request."""
        try:
            response = await self._client.post("chat/completions", json=_request_body(request))
        except httpx2.HTTPError as error:
            raise LlmCallError(FailureCategory.NETWORK, can_retry=True, counts_for_breaker=True) from error
        if response.status_code != HTTPStatus.OK:
            raise error_from_status(response.status_code, parse_retry_after(response.headers))
        return _parse_response(response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _request_body(request: LlmRequest) -> dict[str, Any]:
    schema = {"name": "records", "strict": False, "schema": request.schema}
    return {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        **request.options,
    }


def _parse_response(response: httpx2.Response) -> LlmResponse:
    try:
        document = response.json()
        choice, usage = document["choices"][0], document.get("usage") or {}
        message = choice["message"]
        return LlmResponse(
            text=message.get("content") or "",
            usage=Usage(int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))),
            rate_limits=parse_rate_limit_headers(response.headers, LIMIT_HEADER, REMAINING_HEADER, LIMIT_NAMES),
            was_refused=bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter",
            was_truncated=choice.get("finish_reason") == "length",
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise LlmCallError(
            FailureCategory.MODEL_ERROR, "unreadable_answer", can_retry=True, counts_for_breaker=True
        ) from error
