"""Which models are known: a model is known if it has a price."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from simcrm.llm.errors import FallbackReason, LlmConfigError
from simcrm.llm.providers.base import Usage

FREE_PROVIDERS = {"local", "synthetic"}


class ModelPrice(BaseModel):
    """List prices in USD per million tokens, and extra options for requests to the model."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    input_price: float = Field(alias="input", ge=0)
    output_price: float = Field(alias="output", ge=0)
    batch_share: float = Field(default=0.5, ge=0, le=1)
    """The price of a call in a message batch, as a share of the price of a single call."""
    options: dict[str, Any] = {}

    def micro_usd(self, usage: Usage, *, in_batch: bool = False) -> int:
        """The price of a call in millionths of a dollar, rounded up."""
        exact = usage.input_tokens * self.input_price + usage.output_tokens * self.output_price
        return -int(-exact * (self.batch_share if in_batch else 1) // 1)


FREE_PRICE = ModelPrice(input_price=0, output_price=0)
_TABLE = TypeAdapter(dict[str, ModelPrice])


@cache
def _built_in_prices() -> dict[str, ModelPrice]:
    return _TABLE.validate_json(resources.files("simcrm.llm").joinpath("data/models.json").read_bytes())


def load_prices(overrides: str | None = None) -> Mapping[str, ModelPrice]:
    """The built-in prices, overridden by the entries of a JSON object.

    Raises:
        LlmConfigError: the object is not a table of models.
    """
    return _built_in_prices() | _own_prices(overrides)


def _own_prices(overrides: str | None) -> dict[str, ModelPrice]:
    if not overrides:
        return {}
    try:
        return _TABLE.validate_python(json.loads(overrides))
    except (ValidationError, ValueError) as error:
        raise LlmConfigError(
            "AI_MODELS is not a JSON object of models with input and output prices",
            setting="model",
            reason=FallbackReason.UNKNOWN_MODEL,
        ) from error


def find_price(provider: str, name: str, overrides: str | None = None) -> ModelPrice:
    """The price of a model, or of the model of which it is a dated version; without one, a free provider costs nothing.

    Raises:
        LlmConfigError: the model has no price, so its cost would be unknown.
    """
    table = _own_prices(overrides) if provider in FREE_PROVIDERS else load_prices(overrides)
    named = [row for row in table if name == row or name.startswith(f"{row}-20")]
    if named:
        return table[max(named, key=len)]
    if provider in FREE_PROVIDERS:
        return FREE_PRICE
    raise LlmConfigError(
        f"unknown model {name}; available: {', '.join(table)}; AI_MODELS adds others with their prices",
        setting="model",
        reason=FallbackReason.UNKNOWN_MODEL,
    )
