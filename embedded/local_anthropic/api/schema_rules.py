"""Which JSON schemas the API accepts as an output format."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_anthropic.errors import invalid_request

_WHERE = "output_config.format.schema"
_UNSUPPORTED = {
    "integer": ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    "number": ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    "string": ("maxLength", "minLength"),
    "array": ("contains", "maxItems", "prefixItems", "uniqueItems"),
    "object": ("maxProperties", "minProperties", "patternProperties"),
}
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
MAX_OPTIONAL = 24
MAX_UNIONS = 16
_MAX_DEPTH = 64


def check_schema(schema: Mapping[str, Any]) -> None:
    """Check that the API can compile the schema; raises :class:`ApiError` (400) otherwise."""
    parts = list(_parts(schema, 0))
    for part in parts:
        _check_keywords(part)
        _check_reference(part, schema)
    optional = sum(len(part.get("properties", {})) - len(part.get("required", [])) for part in parts)
    if optional > MAX_OPTIONAL:
        raise invalid_request(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation "
            f"inefficient. Reduce the number of optional parameters in your tool schemas (limit: {MAX_OPTIONAL})."
        )
    unions = sum("anyOf" in part or isinstance(part.get("type"), list) for part in parts)
    if unions > MAX_UNIONS:
        raise invalid_request(
            f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf) "
            f"(limit: {MAX_UNIONS} parameters with unions)."
        )


def _parts(schema: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        raise invalid_request(f"{_WHERE}: Input should be a valid schema")
    yield schema
    for word in ("properties", "$defs", "definitions"):
        for inner in schema.get(word, {}).values():
            yield from _parts(inner, depth + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(word, []):
            yield from _parts(inner, depth + 1)
    if "items" in schema:
        yield from _parts(schema["items"], depth + 1)


def _check_keywords(part: Mapping[str, Any]) -> None:
    kinds = part.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in _TYPES:
            raise invalid_request(f"{_WHERE}: Invalid schema type '{kind}'")
        unsupported = [word for word in _UNSUPPORTED.get(kind, ()) if word in part]
        if unsupported:
            subject = (
                f"property '{unsupported[0]}' is"
                if len(unsupported) == 1
                else f"properties {', '.join(unsupported)} are"
            )
            raise invalid_request(f"{_WHERE}: For '{kind}' type, {subject} not supported")
        if kind == "array" and part.get("minItems", 0) not in {0, 1}:
            raise invalid_request(f"{_WHERE}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
        if kind == "object":
            _check_closed(part)


def _check_closed(part: Mapping[str, Any]) -> None:
    if "additionalProperties" not in part:
        raise invalid_request(f"{_WHERE}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if part["additionalProperties"] is not False:
        raise invalid_request(
            f"{_WHERE}: For 'object' type, 'additionalProperties: {str(part['additionalProperties']).lower()}' is not "
            "supported. Please set 'additionalProperties' to false"
        )


def _check_reference(part: Mapping[str, Any], root: Mapping[str, Any], seen: tuple[str, ...] = ()) -> None:
    if "$ref" not in part:
        return
    name = str(part["$ref"])
    if name in seen:
        raise invalid_request(f"{_WHERE}: Recursive schemas are not supported")
    target = _target(name, root)
    for inner in _parts(target, 0):
        _check_reference(inner, root, (*seen, name))


def _target(name: str, root: Mapping[str, Any]) -> Any:
    inner: Any = root
    for step in name.removeprefix("#/").split("/"):
        if not name.startswith("#/") or not isinstance(inner, Mapping) or step not in inner:
            raise invalid_request(f"{_WHERE}: '$ref' {name} cannot be resolved")
        inner = inner[step]
    return inner
