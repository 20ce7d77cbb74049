"""Any server that speaks OpenAI's chat completions: a thin client, since one POST is all that is needed."""

from http import HTTPStatus
from typing import Any

import httpx2

from simcrm.llm.errors import CallFailedError, Category, of_status
from simcrm.llm.providers.base import ModelAnswer, ModelRequest, Usage, retry_after, windows_of

LIMIT, REMAINING = "x-ratelimit-limit-{}", "x-ratelimit-remaining-{}"
NAMES = ("requests", "input-tokens", "output-tokens")


class OpenAiProvider:
    """``POST {base_url}/chat/completions``; without a key for a server on the same network."""

    def __init__(self, api_key: str, base_url: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=None)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """One completion."""
        try:
            response = await self._client.post("chat/completions", json=_body(request))
        except httpx2.HTTPError as error:
            raise CallFailedError(Category.NETWORK, can_retry=True, is_sick=True) from error
        if response.status_code != HTTPStatus.OK:
            raise of_status(response.status_code, retry_after(response.headers))
        return _answer(response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _body(request: ModelRequest) -> dict[str, Any]:
    schema = {"name": "records", "strict": False, "schema": request.schema}
    return {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        **request.options,
    }


def _answer(response: httpx2.Response) -> ModelAnswer:
    try:
        document = response.json()
        choice, usage = document["choices"][0], document.get("usage") or {}
        message = choice["message"]
        return ModelAnswer(
            text=message.get("content") or "",
            usage=Usage(int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))),
            windows=windows_of(response.headers, LIMIT, REMAINING, NAMES),
            refused=bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter",
            cut_off=choice.get("finish_reason") == "length",
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CallFailedError(Category.MODEL_ERROR, "unreadable_answer", can_retry=True, is_sick=True) from error
