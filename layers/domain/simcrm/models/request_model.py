"""Documents that users send: the base of their models, and what is said of the first thing that is wrong."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from simcrm.core.errors import InvalidInputError


class Options(BaseModel):
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


Given = TypeVar("Given", bound=Options)
HEAVIEST, LIGHTEST = 1e12, 1e-12
"""Weights between them can be added and multiplied by the hundred thousand without becoming infinite or nothing."""


def _weighable(value: float) -> float:
    if 0 < value < LIGHTEST:
        raise ValueError(f"should be 0 or at least {LIGHTEST}")
    return value


Weight = Annotated[float, Field(ge=0, le=HEAVIEST, allow_inf_nan=False), AfterValidator(_weighable)]
"""What something counts beside others; only relations between weights matter."""

Name = Annotated[str, Field(max_length=100)]
"""What names something that exists elsewhere: longer than any such name, short enough to be repeated."""

UNION_BRANCHES = {"constrained-str", "constrained-int", "str", "int"}
"""What pydantic adds to the path of a field that may be one or the other."""


def read_options(model: type[Given], text: str) -> Given:
    """A JSON document as its model.

    Raises:
        InvalidInputError: names the first field that is unknown, missing or has a bad value.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInputError(*first_problem(error, "is not a field of this request")) from None


def first_problem(error: ValidationError, unknown: str) -> tuple[str, str]:
    """JSON path and description of the first thing that is wrong; ``unknown`` is said of a field that is not one."""
    problems = error.errors(include_url=False, include_input=False)
    field = _path(problems[0])
    # A field that may be one thing or another has a problem for each.
    said = dict.fromkeys(_said(problem, unknown) for problem in problems if _path(problem) == field)
    return field, ", or ".join(said)


def _path(problem: ErrorDetails) -> str:
    return ".".join(str(part) for part in problem["loc"] if part not in UNION_BRANCHES) or "body"


def _said(problem: ErrorDetails, unknown: str) -> str:
    said = unknown if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
    return said[0].lower() + said[1:] if said[1:2].islower() else said
