"""Documents that users send: the base of their models, and what is said of the first thing that is wrong."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from simcrm.errors import InvalidInputError


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
UNION_BRANCHES = {"str", "int"}
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
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"] if part not in UNION_BRANCHES) or "body"
    problem = unknown if first["type"] == "extra_forbidden" else first["msg"]
    return field, problem[0].lower() + problem[1:]
