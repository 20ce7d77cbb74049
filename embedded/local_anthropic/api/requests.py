"""A request for a message: its shape, and what a model does not take."""

import json
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_anthropic.api.schema_rules import check_schema
from local_anthropic.errors import ApiError, invalid
from local_anthropic.model.answer import Task
from local_anthropic.model.model_list import EFFORTS, Model, models
from local_anthropic.model.tokens import PER_MESSAGE, PER_REQUEST, tokens_in

_LEAST_BUDGET = 1024
_THINKING_TOKENS = {"low": 40, "medium": 160, "high": 400, "xhigh": 800, "max": 1600}
SCHEMA_NOTE_TOKENS = 60
"""What the API adds to the prompt to explain an output format; an assumption, it is documented only as "slightly"."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextBlock(_Shape):
    """A block of text, the only kind of content that the stand-in reads."""

    type: Literal["text"]
    text: str = Field(min_length=1)
    cache_control: Any = None
    citations: Any = None


class Turn(_Shape):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    content: str | list[TextBlock]


class Format(_Shape):
    """How the answer shall look."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(_Shape):
    """Effort and format."""

    effort: Literal[EFFORTS] | None = None  # type: ignore[valid-type]
    format: Format | None = None


class Thinking(_Shape):
    """What the request says about thinking."""

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: int | None = None
    display: Literal["summarized", "omitted"] | None = None


class CountRequest(_Shape):
    """What tokens are counted for."""

    model: str
    messages: list[Turn] = Field(min_length=1)
    system: str | list[TextBlock] | None = None
    output_config: OutputConfig | None = None
    thinking: Thinking | None = None

    @property
    def system_text(self) -> str:
        """The system prompt in one piece."""
        return _joined(self.system or "")

    @property
    def prompt(self) -> str:
        """The last message of the user."""
        return next((_joined(turn.content) for turn in reversed(self.messages) if turn.role == "user"), "")

    @property
    def schema_text(self) -> str | None:
        """The JSON schema that the answer must fit, as compact text."""
        wanted = self.output_config and self.output_config.format
        return json.dumps(wanted.schema_, separators=(",", ":")) if wanted else None

    def input_tokens(self, model: Model) -> int:
        """Count what goes in, as the model does."""
        counted = PER_REQUEST + _counted(self.system_text)
        counted += sum(PER_MESSAGE + tokens_in(_joined(turn.content)) for turn in self.messages)
        schema = self.schema_text
        return model.tokens(counted + (SCHEMA_NOTE_TOKENS + _counted(schema) if schema else 0))


class MessageRequest(CountRequest):
    """A request for a message; what changes nothing here is taken and left alone."""

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

    def thinking_tokens(self, model: Model) -> int:
        """Return how many tokens the model thinks before it answers."""
        if model.thinking == "adaptive":
            off = self.thinking is not None and self.thinking.type == "disabled"
            effort = (self.output_config and self.output_config.effort) or model.effort or ""
            return 0 if off else _THINKING_TOKENS[effort]
        asked = self.thinking is not None and self.thinking.type == "enabled"
        return min(_THINKING_TOKENS["medium"], self.thinking.budget_tokens or 0) if self.thinking and asked else 0


def message_task(body: Any) -> Task:
    """Check the body of a request for a message and return what to answer; raises :class:`ApiError`."""
    request = _parsed(MessageRequest, body)
    model = _model(request.model)
    if request.stream:
        raise invalid("stream: the stand-in does not stream")
    if request.max_tokens > model.max_tokens:
        raise invalid(
            f"max_tokens: {request.max_tokens} > {model.max_tokens}, which is the maximum allowed number of output "
            f"tokens for {request.model}"
        )
    _check_parameters(request, model)
    _check_thinking(request, model)
    return _task(request, model)


def count_request(body: Any) -> tuple[CountRequest, Model]:
    """Check the body of a request for a count; raises :class:`ApiError`."""
    request = _parsed(CountRequest, body)
    return request, _model(request.model)


def _parsed(shape: type[Any], body: Any) -> Any:
    try:
        return shape.model_validate(body)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in {"list[TextBlock]", "str"})
        raise invalid(f"{place}: {first['msg']}") from problem


def _model(name: str) -> Model:
    found = models().get(name)
    if found is None:
        raise ApiError(404, f"model: {name}")
    return found


def _check_parameters(request: MessageRequest, model: Model) -> None:
    if request.schema_text is not None:
        _check_schema(request.schema_text)
    if request.output_config and request.output_config.effort and model.effort is None:
        raise invalid("This model does not support the effort parameter.")
    for name in ("temperature", "top_p", "top_k"):
        value = getattr(request, name)
        if value is not None and not model.sampling and (name == "top_k" or value != 1):
            raise invalid(f"`{name}` is deprecated for this model.")


def _check_thinking(request: MessageRequest, model: Model) -> None:
    given = request.thinking
    if given is None:
        return
    wrong = "enabled" if model.thinking == "adaptive" else "adaptive"
    if given.type == wrong or (given.type == "disabled" and not model.thinking_optional):
        raise invalid(f"thinking.type: '{given.type}' is not supported by this model")
    if given.type == "enabled" and (given.budget_tokens or 0) < _LEAST_BUDGET:
        raise invalid(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}")
    if given.type == "enabled" and (given.budget_tokens or 0) >= request.max_tokens:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _task(request: MessageRequest, model: Model) -> Task:
    tokens = request.input_tokens(model)
    if tokens > model.max_input_tokens:
        raise invalid(f"prompt is too long: {tokens} tokens > {model.max_input_tokens} maximum")
    return Task(
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
def _counted(text: str) -> int:
    return tokens_in(text)


def _joined(content: str | list[TextBlock]) -> str:
    return content if isinstance(content, str) else "\n".join(block.text for block in content)
