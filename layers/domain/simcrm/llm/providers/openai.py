"""Any server with OpenAI's chat completions API: a thin client, since one POST is all it needs."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx2

from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage
from simcrm.llm.providers.error_messages import explain_error, loggable_message
from simcrm.llm.providers.openai_dialect import LEARNED, Dialect, DialectMemory, ResponseFormat, strict_schema
from simcrm.llm.providers.response_headers import parse_rate_limits, parse_reset_delay, parse_retry_after

LIMIT_HEADER, REMAINING_HEADER = "x-ratelimit-limit-{}", "x-ratelimit-remaining-{}"
RESET_HEADER = "x-ratelimit-reset-{}"
LIMIT_NAMES = (
    ("requests",),
    ("input-tokens", "tokens-prompt", "tokens"),
    ("output-tokens", "tokens-generated", "tokens"),
)
"""A window of all tokens bounds both kinds; what remains of it is read anew from each response."""
RESET_NAMES = ("requests", "tokens", "input-tokens", "output-tokens")
ERROR_STATUS = range(400, 600)
CHARACTERS_PER_TOKEN = 3
"""For servers that do not count tokens: on the high side, because a ceiling of cost depends on it."""
_THINKING = re.compile(r"\A.*?</think>", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL | re.IGNORECASE)


class OpenAiProvider:
    """``POST {base_url}/chat/completions``; a server on the same network needs no key."""

    def __init__(self, api_key: str, base_url: str, dialects: DialectMemory = LEARNED) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=None)
        self._api_key, self._base_url, self._dialects = api_key, base_url, dialects

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Send a completion request; again in another dialect, if the server does not accept this one."""
        server = (self._base_url, request.model)
        while True:
            dialect = self._dialects.read(server)
            response = await self._post(_request_body(request, dialect))
            document = _parse_json(response)
            status = _actual_status(response.status_code, document)
            if status == HTTPStatus.OK:
                return _parse_completion(document, response.headers, request)
            explanation = explain_error(document)
            if not self._dialects.learn(server, dialect, status, explanation):
                message = loggable_message(explanation, self._api_key)
                raise error_from_status(status, _parse_delay(response.headers), message)

    async def _post(self, body: dict[str, Any]) -> httpx2.Response:
        try:
            return await self._client.post("chat/completions", json=body)
        except httpx2.HTTPError as error:
            raise LlmCallError(
                FailureCategory.NETWORK,
                can_retry=True,
                counts_for_breaker=True,
                provider_message=loggable_message(f"{type(error).__name__}: {error}", self._api_key),
            ) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _request_body(request: LlmRequest, dialect: Dialect) -> dict[str, Any]:
    return {
        "model": request.model,
        dialect.token_limit: request.max_tokens,
        "messages": [
            {"role": "system", "content": _instructions(request, dialect.response_format)},
            {"role": "user", "content": request.prompt},
        ],
        **_response_format(request.schema, dialect.response_format),
        **request.options,
    }


def _instructions(request: LlmRequest, response_format: ResponseFormat) -> str:
    """Return the system prompt, with the schema if the server does not take it by itself."""
    if response_format < ResponseFormat.JSON_OBJECT:
        return request.system
    schema = json.dumps(request.schema, separators=(",", ":"))
    return f"{request.system}\n\nAnswer with nothing but a JSON object of this JSON schema:\n{schema}"


def _response_format(schema: Mapping[str, Any], response_format: ResponseFormat) -> dict[str, Any]:
    match response_format:
        case ResponseFormat.STRICT_SCHEMA:
            return _json_schema({"strict": True, "schema": strict_schema(schema)})
        case ResponseFormat.SCHEMA:
            return _json_schema({"strict": False, "schema": schema})
        case ResponseFormat.JSON_OBJECT:
            return {"response_format": {"type": "json_object"}}
        case _:
            return {}


def _json_schema(details: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "records", **details}}}


def _parse_json(response: httpx2.Response) -> Any:
    """Return the document; an error that is no JSON is its text, unless that is a page."""
    try:
        return response.json()
    except ValueError:
        text = response.text.strip()
        return None if response.status_code == HTTPStatus.OK or text.startswith("<") else text


def _actual_status(status: int, document: Any) -> int:
    """Return the status of a response; some gateways report errors with 200 and the status in the document."""
    error = document.get("error") if status == HTTPStatus.OK and isinstance(document, dict) else None
    if not error:
        return status
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    return int(code) if code.isdecimal() and int(code) in ERROR_STATUS else HTTPStatus.BAD_GATEWAY


def _parse_delay(headers: Mapping[str, str]) -> float | None:
    delay = parse_retry_after(headers, datetime.now(UTC))
    return parse_reset_delay(headers, REMAINING_HEADER, RESET_HEADER, RESET_NAMES) if delay is None else delay


def _parse_completion(document: Any, headers: Mapping[str, str], request: LlmRequest) -> LlmResponse:
    try:
        choice = document["choices"][0]
        message = choice["message"]
        text = _join_parts(message.get("content"))
        return LlmResponse(
            text=extract_json(text),
            usage=_parse_usage(document.get("usage") or {}, request, text),
            rate_limits=parse_rate_limits(headers, LIMIT_HEADER, REMAINING_HEADER, LIMIT_NAMES),
            was_refused=bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter",
            was_truncated=choice.get("finish_reason") == "length",
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise LlmCallError(
            FailureCategory.MODEL_ERROR, "unreadable_answer", can_retry=True, counts_for_breaker=True
        ) from error


def _join_parts(content: str | list[Any] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part if isinstance(part, str) else part.get("text") or "" for part in content)


def extract_json(text: str) -> str:
    """Return the JSON in a response: without the model's thinking before it, and without the fence around it."""
    answer = _THINKING.sub("", text).strip()
    fenced = None if answer.startswith("{") else _FENCED.search(answer)
    return fenced[1].strip() if fenced else answer


def _parse_usage(counted: Mapping[str, Any], request: LlmRequest, text: str) -> Usage:
    characters = len(request.system) + len(request.prompt) + len(json.dumps(request.schema))
    return Usage(
        _tokens(counted.get("prompt_tokens"), characters), _tokens(counted.get("completion_tokens"), len(text))
    )


def _tokens(counted: Any, characters: int) -> int:
    """Return the tokens that the server counted, or an estimate."""
    return -(-characters // CHARACTERS_PER_TOKEN) if counted is None else int(counted)
