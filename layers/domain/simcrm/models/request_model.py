"""The base class of request models, and the description of the first error in a request."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from simcrm.core.errors import InvalidInputError


class RequestModel(BaseModel):
    """JSON in camelCase, without unknown fields or type conversion: "10" is not a number."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
    )


ModelT = TypeVar("ModelT", bound=RequestModel)
MAX_WEIGHT, MIN_WEIGHT = 1e12, 1e-12
"""Bounds of weights; hundreds of thousands of weights within them can be added and multiplied without over- or
underflow."""


def _check_weight(value: float) -> float:
    if 0 < value < MIN_WEIGHT:
        raise ValueError(f"should be 0 or at least {MIN_WEIGHT}")
    return value


Weight = Annotated[float, Field(ge=0, le=MAX_WEIGHT, allow_inf_nan=False), AfterValidator(_check_weight)]
"""A relative weight; only the ratios between weights matter."""

Name = Annotated[str, Field(max_length=100)]
"""The name of something defined elsewhere; the limit exceeds any real name but keeps messages that quote it short."""

UNION_BRANCHES = {"constrained-str", "constrained-int", "str", "int"}
"""Path segments that pydantic adds for fields of a union type."""


def parse_request(model: type[ModelT], text: str) -> ModelT:
    """Parse a JSON document as a model.

    Raises:
        InvalidInputError: names the first field that is unknown, missing or invalid.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInputError(*first_error(error, "is not a field of this request")) from None


def first_error(error: ValidationError, unknown: str) -> tuple[str, str]:
    """Return the JSON path and description of the first error; ``unknown`` is the description of unknown fields."""
    problems = error.errors(include_url=False, include_input=False)
    field = _path(problems[0])
    # A field of a union type has one error for each member of the union.
    descriptions = dict.fromkeys(_describe(problem, unknown) for problem in problems if _path(problem) == field)
    return field, ", or ".join(descriptions)


def _path(problem: ErrorDetails) -> str:
    return ".".join(str(part) for part in problem["loc"] if part not in UNION_BRANCHES) or "body"


def _describe(problem: ErrorDetails, unknown: str) -> str:
    description = unknown if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
    return description[0].lower() + description[1:] if description[1:2].islower() else description
