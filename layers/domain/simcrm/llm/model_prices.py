"""Which models are known: a model is known if it has a price."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from simcrm.llm.errors import AiError
from simcrm.llm.providers.base import Usage

FREE_PROVIDERS = {"local", "synthetic"}


class Model(BaseModel):
    """List prices in USD per million tokens, and what a request to it carries beside."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    input_price: float = Field(alias="input", ge=0)
    output_price: float = Field(alias="output", ge=0)
    batch_share: float = Field(default=0.5, ge=0, le=1)
    """What a call in a batch costs of one alone."""
    options: dict[str, Any] = {}

    def micro_usd(self, usage: Usage, *, in_batch: bool = False) -> int:
        """The price of a call in millionths of a dollar, rounded up."""
        exact = usage.input_tokens * self.input_price + usage.output_tokens * self.output_price
        return -int(-exact * (self.batch_share if in_batch else 1) // 1)


FREE = Model(input_price=0, output_price=0)
_TABLE = TypeAdapter(dict[str, Model])


@cache
def _listed() -> dict[str, Model]:
    return _TABLE.validate_json(resources.files("simcrm.llm").joinpath("data/models.json").read_bytes())


def known_models(overrides: str | None = None) -> Mapping[str, Model]:
    """The table with the rows of a JSON object on top.

    Raises:
        AiError: the object is no table of models.
    """
    if not overrides:
        return _listed()
    try:
        return _listed() | _TABLE.validate_python(json.loads(overrides))
    except (ValidationError, ValueError) as error:
        raise AiError("AI_MODELS is no JSON object of models with input and output prices") from error


def find_model(provider: str, name: str, overrides: str | None = None) -> Model:
    """The row of a model, or of the model whose dated version it is.

    Raises:
        AiError: it has no price, so nobody knows what it would cost.
    """
    table = known_models(overrides)
    named = [row for row in table if name == row or name.startswith(f"{row}-20")]
    if named:
        return table[max(named, key=len)]
    if provider in FREE_PROVIDERS:
        return FREE
    raise AiError(f"unknown model {name}; there are: {', '.join(table)}; AI_MODELS adds others with their prices")
