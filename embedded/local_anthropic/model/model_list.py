"""The models that the stand-in imitates, and their differences."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

EFFORTS = ("low", "medium", "high", "xhigh", "max")


class LocalModel(BaseModel):
    """One model.

    ``tokens_factor`` is the ratio of its tokens to those of :mod:`.tokens`. ``thinking`` is adaptive (on unless turned
    off, which ``thinking_optional`` allows) or manual (only with a budget). ``effort`` is the default, None if the
    parameter is not supported; ``sampling`` says whether temperature, top_p and top_k are.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    aliases: list[str]
    display_name: str
    line: str
    created_at: str
    max_input_tokens: int
    max_tokens: int
    tokens_factor: float = Field(alias="tokensFactor")
    thinking: Literal["adaptive", "manual"]
    thinking_optional: bool = Field(alias="thinkingOptional")
    effort: str | None
    sampling: bool

    def scale_tokens(self, counted: int) -> int:
        """Convert a count of :mod:`.tokens` to this model's tokens."""
        return round(counted * self.tokens_factor)

    def to_json(self) -> dict[str, Any]:
        """Return the model as in the models endpoint."""
        plain = self.model_dump(include={"id", "display_name", "line", "created_at", "max_input_tokens", "max_tokens"})
        nothing = {"deprecated_at": None, "retires_at": None}
        return {"type": "model", "lifecycle": "active", "capabilities": self._capabilities(), **nothing, **plain}

    def _capabilities(self) -> dict[str, Any]:
        adaptive = self.thinking == "adaptive"
        types = {"adaptive": adaptive, "enabled": not adaptive, "disabled": self.thinking_optional}
        kinds = {name: {"supported": answer} for name, answer in {**types, "between_tools": False}.items()}
        efforts = {name: {"supported": self.effort is not None} for name in EFFORTS}
        missing = ("citations", "code_execution", "image_input", "pdf_input", "context_management")
        return {
            "batch": {"supported": True},
            "structured_outputs": {"supported": True},
            "thinking": {"supported": True, "types": kinds},
            "effort": {"supported": self.effort is not None, **efforts},
            "server_tools": {**_NO, "code_execution": _NO, "web_search": _NO},
            **dict.fromkeys(missing, _NO),
        }


_NO = {"supported": False}


@cache
def load_models() -> Mapping[str, LocalModel]:
    """Return the models by id and alias, the newest first."""
    text = files("local_anthropic").joinpath("data/models.json").read_bytes()
    listed = TypeAdapter(list[LocalModel]).validate_json(text)
    return {name: model for model in listed for name in (model.id, *model.aliases)}
