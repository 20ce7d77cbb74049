"""Claude by Anthropic's own SDK, which is imported where a provider is made and not before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simcrm.llm.errors import CallFailedError, Category, of_status
from simcrm.llm.providers.base import ModelAnswer, ModelRequest, Usage, retry_after, windows_of

LIMIT, REMAINING = "anthropic-ratelimit-{}-limit", "anthropic-ratelimit-{}-remaining"
NAMES = ("requests", "input-tokens", "output-tokens")


class AnthropicProvider:
    """The Messages API; retries and time-outs are the caller's, who cancels."""

    def __init__(self, api_key: str, base_url: str | None) -> None:
        # Here and not in a call: seconds of import would be taken from the time that the call has.
        from anthropic import AsyncAnthropic  # noqa: PLC0415 - seconds of import

        self._client = AsyncAnthropic(api_key=api_key, base_url=base_url, max_retries=0)
        self._messages = self._client.messages.with_raw_response  # imports the other half

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """One message."""
        with failures():
            response = await self._messages.create(**parameters(request))
            message = await response.parse()
        return answer_of(message, response.headers)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


@contextmanager
def failures() -> Iterator[None]:
    """The SDK's errors as ours.

    Raises:
        CallFailedError: the call inside gave nothing.
    """
    from anthropic import APIConnectionError, APIStatusError, APITimeoutError  # noqa: PLC0415 - seconds of import

    try:
        yield
    except APIStatusError as error:
        raise of_status(error.status_code, retry_after(error.response.headers)) from error
    except APITimeoutError as error:
        raise CallFailedError(Category.TIMEOUT, can_retry=True, is_sick=True) from error
    except APIConnectionError as error:
        raise CallFailedError(Category.NETWORK, can_retry=True, is_sick=True) from error


def parameters(request: ModelRequest) -> dict[str, Any]:
    """The arguments of a message, also of one in a batch."""
    output_config = {"format": {"type": "json_schema", "schema": request.schema}}
    return {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": request.system,
        "messages": [{"role": "user", "content": request.prompt}],
        "output_config": output_config,
        **request.options,
    }


def answer_of(message: Any, headers: Any) -> ModelAnswer:
    """What a message says."""
    text = "".join(block.text for block in message.content if block.type == "text")
    return ModelAnswer(
        text=text,
        usage=Usage(message.usage.input_tokens, message.usage.output_tokens),
        windows=windows_of(headers, LIMIT, REMAINING, NAMES),
        refused=message.stop_reason == "refusal",
        cut_off=message.stop_reason in {"max_tokens", "model_context_window_exceeded"},
    )
