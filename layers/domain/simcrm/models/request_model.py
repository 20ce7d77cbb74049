"""Documents that users send: the base of their models, and what is said of the first thing that is wrong."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from simcrm.core.errors import InvalidInputError


class RequestModel(BaseModel):
    """JSON in camelCase, nothing unknown, nothing converted: "10" is no number."""

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
"""Weights between them can be added and multiplied by the hundred thousand without becoming infinite or nothing."""


def _check_weight(value: float) -> float:
    if 0 < value < MIN_WEIGHT:
        raise ValueError(f"should be 0 or at least {MIN_WEIGHT}")
    return value


Weight = Annotated[float, Field(ge=0, le=MAX_WEIGHT, allow_inf_nan=False), AfterValidator(_check_weight)]
"""What something counts beside others; only relations between weights matter."""

Name = Annotated[str, Field(max_length=100)]
"""What names something that exists elsewhere: longer than any such name, short enough to be repeated."""

UNION_BRANCHES = {"constrained-str", "constrained-int", "str", "int"}
"""What pydantic adds to the path of a field that may be one or the other."""


def parse_request(model: type[ModelT], text: str) -> ModelT:
    """A JSON document as its model.

    Raises:
        InvalidInputError: names the first field that is unknown, missing or has a bad value.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInputError(*first_error(error, "is not a field of this request")) from None


def first_error(error: ValidationError, unknown: str) -> tuple[str, str]:
    """JSON path and description of the first thing that is wrong; ``unknown`` is said of a field that is not one."""
    problems = error.errors(include_url=False, include_input=False)
    field = _path(problems[0])
    # A field that may be one thing or another has a problem for each.
    descriptions = dict.fromkeys(_describe(problem, unknown) for problem in problems if _path(problem) == field)
    return field, ", or ".join(descriptions)


def _path(problem: ErrorDetails) -> str:
    return ".".join(str(part) for part in problem["loc"] if part not in UNION_BRANCHES) or "body"


def _describe(problem: ErrorDetails, unknown: str) -> str:
    description = unknown if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
    return description[0].lower() + description[1:] if description[1:2].islower() else description
