"""A JSON schema as a tree of nodes to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_anthropic.model.field_purpose import UNKNOWN, FieldPurpose, find_explanation, find_purpose
from local_anthropic.model.prompt_facts import KEY_NAMES

_KEY_WORDS = (
    "index",
    "identifier",
    "record number",
    "record's number",
    "key of the record",
    "number of the record",
    "code of the",
    "its code",
)


@dataclass(frozen=True, slots=True)
class LiteralNode:
    """One of the values that the schema allows."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TextNode:
    """Text; ``name`` is the field's, and ``is_key`` is set if it identifies a record."""

    name: str
    purpose: FieldPurpose
    format: str = ""
    pattern: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class NumberNode:
    """A number; ``whole`` for integers."""

    name: str
    whole: bool
    purpose: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class BooleanNode:
    """A boolean."""

    name: str


@dataclass(frozen=True, slots=True)
class NullNode:
    """The null value."""


@dataclass(frozen=True, slots=True)
class ArrayNode:
    """A list with at least ``min_items`` items."""

    name: str
    item: "Node"
    min_items: int = 0


@dataclass(frozen=True, slots=True)
class ObjectNode:
    """An object with all of its properties."""

    name: str
    properties: Mapping[str, "Node"]


Node = LiteralNode | TextNode | NumberNode | BooleanNode | NullNode | ArrayNode | ObjectNode


def compile_schema(schema: Mapping[str, Any], glossary: str) -> Node:
    """Convert a validated schema to nodes; ``glossary`` may explain its names."""
    return _Compiler(schema, glossary).node(schema, ())


class _Compiler:
    def __init__(self, root: Mapping[str, Any], glossary: str) -> None:
        self._root = root
        self._glossary = glossary

    def node(self, schema: Mapping[str, Any], path: tuple[str, ...], outer: str = "") -> Node:
        schema = self._resolve(schema)
        name = path[-1] if path else ""
        if "const" in schema:
            return LiteralNode(name, (schema["const"],))
        if schema.get("enum"):
            return LiteralNode(name, tuple(schema["enum"]))
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.node(_first_real(schema[word]), path, outer)
        description = f"{outer} {schema.get('description', '')} {schema.get('title', '')}".strip()
        return self._node_of_type(_type(schema), schema, path, description)

    def _node_of_type(self, kind: str, schema: Mapping[str, Any], path: tuple[str, ...], description: str) -> Node:
        name = path[-1] if path else ""
        explained = f"{description} {find_explanation(name, self._glossary)}".strip()
        if kind == "object":
            properties = schema.get("properties", {})
            return ObjectNode(name, {key: self.node(inner, (*path, key)) for key, inner in properties.items()})
        if kind == "array":
            return ArrayNode(
                name, self.node(schema.get("items", {"type": "string"}), path, description), schema.get("minItems", 0)
            )
        if kind in {"integer", "number"}:
            return NumberNode(
                name, kind == "integer", f"{name} {explained}".lower(), name in KEY_NAMES or _is_key(explained)
            )
        if kind == "boolean":
            return BooleanNode(name)
        if kind == "null":
            return NullNode()
        purpose = find_purpose(path, description, self._glossary)
        is_key = _is_key(explained) or (name in KEY_NAMES and not explained and purpose.kind == UNKNOWN)
        return TextNode(name, purpose, schema.get("format", ""), schema.get("pattern", ""), is_key)

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" in schema:
            inner: Any = self._root
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                inner = inner[part]
            return self._resolve(inner)
        if "allOf" in schema:
            merged = {key: value for key, value in schema.items() if key != "allOf"}
            for part in schema["allOf"]:
                merged |= self._resolve(part)
            return merged
        return schema


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return next((str(each) for each in kind if each != "null"), "null")
    return str(kind)


def _first_real(variants: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((each for each in variants if each.get("type") != "null"), variants[0])


def _is_key(description: str) -> bool:
    return description.strip(" .").lower().removeprefix("the ") in {"code", "id", "key", "number"} or any(
        word in description.lower() for word in _KEY_WORDS
    )
