"""Writes the JSON that a request asks for; the same request always gets the same answer."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from local_anthropic.model.field_purpose import NOUNS, FieldPurpose, narrow_purpose
from local_anthropic.model.phrases import PhraseWriter
from local_anthropic.model.prompt_facts import KEY_NAMES, PromptRecord, parse_records, record_key
from local_anthropic.model.schema import (
    ArrayNode,
    BooleanNode,
    LiteralNode,
    Node,
    NullNode,
    NumberNode,
    ObjectNode,
    TextNode,
    compile_schema,
)
from local_anthropic.model.string_formats import conform

_DEFAULT_RECORDS = 2
_PROSE = "I have read the request. {0} Let me know if you would like me to go into more detail."
_TEXT = FieldPurpose("text")


@dataclass(frozen=True, slots=True)
class WritePosition:
    """Position of a value in an answer: its record, that record's writer, and the index in its list.

    ``inside`` is set if lists from here on are the record's own.
    """

    record: PromptRecord
    phrase_writer: PhraseWriter
    position: int = 0
    inside: bool = False

    def within(self, facts: dict[str, Any], position: int) -> "WritePosition":
        """Step into an item of a record's own list, with the same writer."""
        return WritePosition(PromptRecord(record_key(facts), facts), self.phrase_writer, position, inside=True)


def write_json(schema_text: str, glossary: str, prompt: str) -> Any:
    """Write a value for a JSON schema (as text) from what the prompt says about the records."""
    root = _compile(schema_text, glossary)
    records = parse_records(prompt)
    outer = records[0] if len(records) == 1 else PromptRecord(None, {}, prompt)
    return _Writer(records).write(root, WritePosition(outer, _phrase_writer(outer, 0), inside=_is_record(root)))


def write_prose(prompt: str) -> str:
    """Write an answer without a schema."""
    outer = PromptRecord(None, {}, prompt)
    voice = _phrase_writer(outer, 0)
    return _PROSE.format(" ".join(voice.write(_TEXT) for _ in range(_DEFAULT_RECORDS)))


class _Writer:
    def __init__(self, records: Sequence[PromptRecord]) -> None:
        self._records = records

    def write(self, node: Node, place: WritePosition) -> Any:
        if isinstance(node, ObjectNode):
            return {name: self._property(name, inner, place) for name, inner in node.properties.items()}
        if isinstance(node, ArrayNode):
            return self._write_list(node, place)
        if isinstance(node, TextNode):
            return _text(node, place, _activity_type(place.record))
        return _plain(node, place)

    def _property(self, name: str, node: Node, place: WritePosition) -> Any:
        """Write a property; if its name is a record's key, write that record."""
        if isinstance(node, ObjectNode) and not place.inside:
            matches = (each for each in self._positions() if str(each.record.key) == name)
            return self.write(node, next(matches, place))
        return self.write(node, place)

    def _write_list(self, node: ArrayNode, place: WritePosition) -> list[Any]:
        if isinstance(node.item, TextNode) and not node.item.is_key:
            return list(
                place.phrase_writer.write_several(
                    node.item.purpose, _DEFAULT_RECORDS + place.phrase_writer.random.randrange(2)
                )
            )
        if isinstance(node.item, ObjectNode) and not place.inside:
            return [self.write(node.item, each) for each in self._positions(place.record)]
        rows = _rows_for(node.name, place.record)
        return [self.write(node.item, place.within(row, position)) for position, row in enumerate(rows)]

    def _positions(self, requested: PromptRecord | None = None) -> Iterator[WritePosition]:
        """Yield the position of each record; if the prompt has none, of some records about the prompt as a whole."""
        records = self._records or ([requested] * _DEFAULT_RECORDS if requested else [])
        seen: Counter[str] = Counter()
        for position, record in enumerate(records):
            yield WritePosition(record, _phrase_writer(record, seen[record.text]), position, inside=True)
            seen[record.text] += 1


def _activity_type(part: PromptRecord) -> str | None:
    """Return what kind of activity a part says it is."""
    type_name = str(part.get("type") or part.get("kind") or "").lower()
    return type_name if type_name in NOUNS else None


def _is_record(root: Node) -> bool:
    """Whether an answer is itself a single record instead of containing records."""
    return isinstance(root, ObjectNode) and any(
        not isinstance(each, ArrayNode | ObjectNode) for each in root.properties.values()
    )


def _lists_of_record(record: PromptRecord) -> list[tuple[str, list[Any]]]:
    return [(name, value) for name, value in record.facts.items() if isinstance(value, list) and value]


def _rows_for(name: str, record: PromptRecord) -> list[dict[str, Any]]:
    """Return the facts for a record's list: those listed under that name, otherwise its longest list of objects."""
    lists = _lists_of_record(record)
    objects = [value for _, value in lists if isinstance(value[0], dict)]
    longest: list[Any] = max(objects, key=len, default=[{}] * _DEFAULT_RECORDS)
    chosen = next((value for key, value in lists if key == name), longest)
    return [row if isinstance(row, dict) else {"value": row} for row in chosen]


def _text(node: TextNode, place: WritePosition, noun: str | None) -> str:
    if node.is_key:
        return str(_key(node.name, place))
    fact = place.record.get(node.name)
    if node.purpose.kind in {"language", "city", "state", "country", "industry"} and isinstance(fact, str):
        return fact
    purpose = narrow_purpose(node.purpose, noun) if noun else node.purpose
    return conform(node, place.phrase_writer.write(purpose), place.phrase_writer.random)


def _plain(node: LiteralNode | NumberNode | BooleanNode | NullNode, place: WritePosition) -> Any:
    if isinstance(node, LiteralNode):
        fact = place.record.get(node.name)
        return fact if fact in node.values else _literal(node, place)
    if isinstance(node, NumberNode):
        return _number(node, place)
    if isinstance(node, BooleanNode):
        fact = place.record.get(node.name)
        return fact if isinstance(fact, bool) else place.phrase_writer.random.random() < 0.5  # noqa: PLR2004  # a coin toss
    return None


def _literal(node: LiteralNode, place: WritePosition) -> Any:
    if node.name in KEY_NAMES and place.position < len(node.values):
        return node.values[place.position]
    facts = set(map(str, place.record.facts.values()))
    mentioned = [value for value in node.values if str(value) in facts]
    return mentioned[0] if mentioned else place.phrase_writer.random.choice(node.values)


def _number(node: NumberNode, place: WritePosition) -> int | float:
    fact = _key(node.name, place) if node.is_key else place.record.get(node.name)
    if isinstance(fact, str) and fact.lstrip("-").isdigit():
        fact = int(fact)
    if isinstance(fact, int | float) and not isinstance(fact, bool):
        return int(fact) if node.whole else fact
    return _draw_number(node, place.phrase_writer.random)


_RANGES = (
    (("score", "percent", "probability"), 10, 95),
    (("amount", "price", "budget", "revenue", "value"), 4_000, 90_000),
    (("employees", "headcount"), 12, 900),
    (("duration", "minutes"), 5, 45),
    (("year",), 1985, 2024),
)


def _draw_number(node: NumberNode, draws: random.Random) -> int | float:
    for names, low, high in _RANGES:
        if any(word in node.purpose for word in names):
            return draws.randint(low, high)
    return draws.randint(1, 10) if node.whole else round(draws.uniform(0, 1), 2)


def _key(name: str, place: WritePosition) -> str | int:
    fact = place.record.get(name)
    if isinstance(fact, str | int) and not isinstance(fact, bool):
        return fact
    return place.position if place.record.key is None else place.record.key


def _phrase_writer(record: PromptRecord, namesakes: int) -> PhraseWriter:
    """Return a record's writer; ``namesakes`` is the number of earlier records with the same facts."""
    return PhraseWriter(record, blake2b(f"{record.text}#{namesakes}".encode(), digest_size=16).hexdigest())


@lru_cache(maxsize=256)
def _compile(schema_text: str, glossary: str) -> Node:
    return compile_schema(json.loads(schema_text), glossary)
