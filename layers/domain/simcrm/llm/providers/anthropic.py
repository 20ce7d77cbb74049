"""Claude through Anthropic's own SDK, which is imported only when a provider is created."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage
from simcrm.llm.providers.error_messages import explain_error, loggable_message
from simcrm.llm.providers.response_headers import parse_rate_limits, parse_retry_after

LIMIT_HEADER, REMAINING_HEADER = "anthropic-ratelimit-{}-limit", "anthropic-ratelimit-{}-remaining"
LIMIT_NAMES = (("requests",), ("input-tokens",), ("output-tokens",))


class AnthropicProvider:
    """The Messages API; the caller handles retries and time-outs, the latter by cancelling."""

    def __init__(self, api_key: str, base_url: str) -> None:
        # Imported here and not in a call: the import takes seconds, which would count against the call's time-out.
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient  # noqa: PLC0415 - the import takes seconds

        self._api_key = api_key
        http = DefaultAsyncHttpxClient(follow_redirects=False)  # a redirect would carry the key to another host
        self._client = AsyncAnthropic(api_key=api_key, base_url=base_url, max_retries=0, http_client=http)
        self._messages = self._client.messages.with_raw_response  # imports the rest of the SDK

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Send one message."""
        with translate_errors(self._api_key):
            response = await self._messages.create(**message_parameters(request))
            message = await response.parse()
        return parse_message(message, response.headers)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


@contextmanager
def translate_errors(api_key: str) -> Iterator[None]:
    """Translate the SDK's errors; the key is masked in what they say.

    Raises:
        LlmCallError: the call inside failed.
    """
    from anthropic import APIConnectionError, APIStatusError, APITimeoutError  # noqa: PLC0415 - the import takes seconds

    try:
        yield
    except APIStatusError as error:
        delay = parse_retry_after(error.response.headers, datetime.now(UTC))
        message = loggable_message(explain_error(error.body), api_key)
        raise error_from_status(error.status_code, delay, message) from error
    except APITimeoutError as error:
        raise LlmCallError(FailureCategory.TIMEOUT, can_retry=True, counts_for_breaker=True) from error
    except APIConnectionError as error:
        raise LlmCallError(
            FailureCategory.NETWORK,
            can_retry=True,
            counts_for_breaker=True,
            provider_message=loggable_message(str(error.__cause__ or error), api_key),
        ) from error


def message_parameters(request: LlmRequest) -> dict[str, Any]:
    """The arguments of a message, alone or in a batch."""
    output_config = {"format": {"type": "json_schema", "schema": _without_bounds(request.schema)}}
    return {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": request.system,
        "messages": [{"role": "user", "content": request.prompt}],
        "output_config": output_config,
        **request.options,
    }


def _without_bounds(schema: Any) -> Any:
    """Return a schema without the lengths of its lists, which the API refuses."""
    if not isinstance(schema, Mapping):
        return schema
    return {word: _without_bounds(value) for word, value in schema.items() if word != "maxItems"}


def parse_message(message: Any, headers: Any) -> LlmResponse:
    """Convert a message into a response."""
    text = "".join(block.text for block in message.content if block.type == "text")
    return LlmResponse(
        text=text,
        usage=Usage(message.usage.input_tokens, message.usage.output_tokens),
        rate_limits=parse_rate_limits(headers, LIMIT_HEADER, REMAINING_HEADER, LIMIT_NAMES),
        was_refused=message.stop_reason == "refusal",
        was_truncated=message.stop_reason in {"max_tokens", "model_context_window_exceeded"},
    )
