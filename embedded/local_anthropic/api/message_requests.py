"""Requests for a message: their models, and what a language model does not accept."""

import json
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_anthropic.api.schema_rules import check_schema
from local_anthropic.errors import ApiError, invalid_request
from local_anthropic.model.answer import MessageTask
from local_anthropic.model.model_list import EFFORTS, LocalModel, load_models
from local_anthropic.model.tokens import PER_MESSAGE, PER_REQUEST, count_tokens

_MIN_THINKING_BUDGET = 1024
_THINKING_TOKENS = {"low": 40, "medium": 160, "high": 400, "xhigh": 800, "max": 1600}
SCHEMA_NOTE_TOKENS = 60
"""What the API adds to the prompt to explain an output format; assumed, as it is documented only as "slightly"."""


class _RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextBlock(_RequestModel):
    """A block of text, the only kind of content that the stand-in supports."""

    type: Literal["text"]
    text: str = Field(min_length=1)
    cache_control: Any = None
    citations: Any = None


class Turn(_RequestModel):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    content: str | list[TextBlock]


class OutputFormat(_RequestModel):
    """Format of the answer."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(_RequestModel):
    """Effort and output format."""

    effort: Literal[EFFORTS] | None = None  # type: ignore[valid-type]
    format: OutputFormat | None = None


class Thinking(_RequestModel):
    """Thinking configuration of a request."""

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: int | None = None
    display: Literal["summarized", "omitted"] | None = None


class CountRequest(_RequestModel):
    """A request to count tokens."""

    model: str
    messages: list[Turn] = Field(min_length=1)
    system: str | list[TextBlock] | None = None
    output_config: OutputConfig | None = None
    thinking: Thinking | None = None

    @property
    def system_text(self) -> str:
        """The whole system prompt."""
        return _join(self.system or "")

    @property
    def prompt(self) -> str:
        """The user's last message."""
        return next((_join(turn.content) for turn in reversed(self.messages) if turn.role == "user"), "")

    @property
    def schema_text(self) -> str | None:
        """The JSON schema of the answer, as compact text."""
        output_format = self.output_config and self.output_config.format
        return json.dumps(output_format.schema_, separators=(",", ":")) if output_format else None

    def input_tokens(self, model: LocalModel) -> int:
        """Return the number of input tokens for the model."""
        counted = PER_REQUEST + _count(self.system_text)
        counted += sum(PER_MESSAGE + count_tokens(_join(turn.content)) for turn in self.messages)
        schema = self.schema_text
        return model.scale_tokens(counted + (SCHEMA_NOTE_TOKENS + _count(schema) if schema else 0))


class MessageRequest(CountRequest):
    """A request for a message; fields that make no difference here are accepted and ignored."""

    max_tokens: int = Field(ge=1)
    stream: bool = False
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    stop_sequences: list[str] | None = None
    metadata: Any = None
    service_tier: Literal["auto", "standard_only"] | None = None
    cache_control: Any = None
    inference_geo: str | None = None

    def thinking_tokens(self, model: LocalModel) -> int:
        """Return the number of thinking tokens before the answer."""
        if model.thinking == "adaptive":
            off = self.thinking is not None and self.thinking.type == "disabled"
            effort = (self.output_config and self.output_config.effort) or model.effort or ""
            return 0 if off else _THINKING_TOKENS[effort]
        is_enabled = self.thinking is not None and self.thinking.type == "enabled"
        return min(_THINKING_TOKENS["medium"], self.thinking.budget_tokens or 0) if self.thinking and is_enabled else 0


def message_task(body: Any) -> MessageTask:
    """Validate a request for a message and return the task to answer; raises :class:`ApiError`."""
    request = _parse(MessageRequest, body)
    model = _find_model(request.model)
    if request.stream:
        raise invalid_request("stream: the stand-in does not stream")
    if request.max_tokens > model.max_tokens:
        raise invalid_request(
            f"max_tokens: {request.max_tokens} > {model.max_tokens}, which is the maximum allowed number of output "
            f"tokens for {request.model}"
        )
    _check_parameters(request, model)
    _check_thinking(request, model)
    return _task(request, model)


def count_request(body: Any) -> tuple[CountRequest, LocalModel]:
    """Validate a request to count tokens; raises :class:`ApiError`."""
    request = _parse(CountRequest, body)
    return request, _find_model(request.model)


def _parse(shape: type[Any], body: Any) -> Any:
    try:
        return shape.model_validate(body)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in {"list[TextBlock]", "str"})
        raise invalid_request(f"{place}: {first['msg']}") from problem


def _find_model(name: str) -> LocalModel:
    model = load_models().get(name)
    if model is None:
        raise ApiError(404, f"model: {name}")
    return model


def _check_parameters(request: MessageRequest, model: LocalModel) -> None:
    if request.schema_text is not None:
        _check_schema(request.schema_text)
    if request.output_config and request.output_config.effort and model.effort is None:
        raise invalid_request("This model does not support the effort parameter.")
    for name in ("temperature", "top_p", "top_k"):
        value = getattr(request, name)
        if value is not None and not model.sampling and (name == "top_k" or value != 1):
            raise invalid_request(f"`{name}` is deprecated for this model.")


def _check_thinking(request: MessageRequest, model: LocalModel) -> None:
    thinking = request.thinking
    if thinking is None:
        return
    wrong = "enabled" if model.thinking == "adaptive" else "adaptive"
    if thinking.type == wrong or (thinking.type == "disabled" and not model.thinking_optional):
        raise invalid_request(f"thinking.type: '{thinking.type}' is not supported by this model")
    if thinking.type == "enabled" and (thinking.budget_tokens or 0) < _MIN_THINKING_BUDGET:
        raise invalid_request(
            f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_MIN_THINKING_BUDGET}"
        )
    if thinking.type == "enabled" and (thinking.budget_tokens or 0) >= request.max_tokens:
        raise invalid_request("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _task(request: MessageRequest, model: LocalModel) -> MessageTask:
    tokens = request.input_tokens(model)
    if tokens > model.max_input_tokens:
        raise invalid_request(f"prompt is too long: {tokens} tokens > {model.max_input_tokens} maximum")
    return MessageTask(
        model=model,
        prompt=request.prompt,
        system=request.system_text,
        schema_text=request.schema_text,
        max_tokens=request.max_tokens,
        input_tokens=tokens,
        thinking_tokens=request.thinking_tokens(model),
    )


@lru_cache(maxsize=256)
def _check_schema(text: str) -> None:
    check_schema(json.loads(text))


@lru_cache(maxsize=256)
def _count(text: str) -> int:
    return count_tokens(text)


def _join(content: str | list[TextBlock]) -> str:
    return content if isinstance(content, str) else "\n".join(block.text for block in content)
