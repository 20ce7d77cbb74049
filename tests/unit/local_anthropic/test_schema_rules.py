"""Which schemas the API compiles, by the messages that it is known to answer."""

import re
from typing import Any

import pytest

from local_anthropic.api.schema_rules import check_schema
from local_anthropic.errors import ApiError


def closed_object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}

GOOD = [
    closed_object(name=TEXT, size={"type": ["integer", "null"]}),
    closed_object(rows={"type": "array", "items": closed_object(k={"enum": [1, 2]}), "minItems": 1}),
    closed_object(when={"type": "string", "format": "date"}, code={"type": "string", "pattern": "^[a-z]+$"}),
    closed_object(row={"$ref": "#/$defs/row"}) | {"$defs": {"row": closed_object(name=TEXT)}},
    closed_object(row={"anyOf": [closed_object(name=TEXT), {"type": "null"}]}),
]

BAD = [
    ({"type": "object", "properties": {}}, "'additionalProperties' must be explicitly set to false"),
    (closed_object() | {"additionalProperties": True}, "'additionalProperties: true' is not supported"),
    (closed_object(n={"type": "integer", "minimum": 1}), "For 'integer' type, property 'minimum' is not supported"),
    (
        closed_object(n={"type": "number", "minimum": 1, "maximum": 2}),
        "For 'number' type, properties maximum, minimum are not supported",
    ),
    (closed_object(t={"type": "string", "maxLength": 9}), "For 'string' type, property 'maxLength' is not supported"),
    (closed_object(a={"type": "array", "items": TEXT, "maxItems": 3}), "property 'maxItems' is not supported"),
    (closed_object(a={"type": "array", "items": TEXT, "minItems": 2}), "'minItems' values other than 0 or 1"),
    (closed_object(x={"type": "text"}), "Invalid schema type 'text'"),
    (closed_object(x={"$ref": "#/$defs/none"}), "cannot be resolved"),
    (closed_object(x={"$ref": "other.json"}), "cannot be resolved"),
    (closed_object(x=True), "should be a valid schema"),
    ({"type": "array", "items": {"type": "object"}}, "must be explicitly set to false"),
]


@pytest.mark.parametrize("schema", GOOD)
def test_a_schema_within_the_rules_is_taken(schema: dict[str, Any]) -> None:
    check_schema(schema)


@pytest.mark.parametrize(("schema", "words"), BAD)
def test_a_schema_beyond_the_rules_is_refused_with_the_reason(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=re.escape(words)) as caught:
        check_schema(schema)

    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")


def test_a_schema_that_contains_itself_is_refused() -> None:
    node = closed_object(next={"$ref": "#/$defs/node"})

    with pytest.raises(ApiError, match="Recursive schemas are not supported"):
        check_schema(closed_object(first={"$ref": "#/$defs/node"}) | {"$defs": {"node": node}})


@pytest.mark.parametrize(("optional", "taken"), [(24, True), (25, False)])
def test_at_most_24_properties_may_be_left_out(optional: int, taken: bool) -> None:  # noqa: FBT001  # a table's column
    schema = closed_object(**{f"p{number}": TEXT for number in range(optional)}) | {"required": []}

    if taken:
        check_schema(schema)
    else:
        with pytest.raises(ApiError, match=r"too many optional parameters \(25\)"):
            check_schema(schema)


def test_at_most_16_properties_may_have_several_types() -> None:
    schema = closed_object(**{f"p{number}": {"type": ["string", "null"]} for number in range(17)})

    with pytest.raises(ApiError, match="17 parameters with type arrays"):
        check_schema(schema)
