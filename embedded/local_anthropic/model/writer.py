"""Writes the JSON that a request asks for: the same request, the same answer."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from local_anthropic.model.field_purpose import NOUNS, Purpose, nouns_in, told_of
from local_anthropic.model.phrases import Voice
from local_anthropic.model.prompt_facts import KEY_NAMES, Record, key_of, records_of
from local_anthropic.model.schema import Literal, Many, Node, Nothing, Number, Text, Thing, Truth, compiled
from local_anthropic.model.string_formats import shaped

_COUNTED = 2
_PROSE = "I have read the request. {0} Let me know if you would like me to go into more detail."
_TEXT = Purpose("text")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an answer a value stands: which record it is about, in which voice, at which position of its list.

    ``inside`` says that lists from here on are the record's own.
    """

    record: Record
    voice: Voice
    position: int = 0
    inside: bool = False

    def within(self, facts: dict[str, Any], position: int) -> "Place":
        """Step into an item of a record's own list, told in the record's voice."""
        return Place(Record(key_of(facts), facts), self.voice, position, inside=True)


def write_json(schema_text: str, glossary: str, prompt: str) -> Any:
    """Write a value for a JSON schema (as text) from what the prompt says about the records."""
    root = _compiled(schema_text, glossary)
    records = records_of(prompt)
    outer = records[0] if len(records) == 1 else Record(None, {}, prompt)
    return _Writer(records, nouns_in(glossary)).write(root, Place(outer, _voice(outer, 0), inside=_is_record(root)))


def write_prose(prompt: str) -> str:
    """Write an answer where no schema is asked for."""
    outer = Record(None, {}, prompt)
    voice = _voice(outer, 0)
    return _PROSE.format(" ".join(voice.say(_TEXT) for _ in range(_COUNTED)))


class _Writer:
    def __init__(self, records: Sequence[Record], nouns: Mapping[str, str]) -> None:
        self._records = records
        self._nouns = nouns

    def write(self, node: Node, place: Place) -> Any:
        if isinstance(node, Thing):
            return {name: self._property(name, inner, place) for name, inner in node.properties.items()}
        if isinstance(node, Many):
            return self._list(node, place)
        if isinstance(node, Text):
            return _text(node, place, self._noun(place.record))
        return _plain(node, place)

    def _property(self, name: str, node: Node, place: Place) -> Any:
        """Write a property; one that bears a record's key is that record."""
        if isinstance(node, Thing) and not place.inside:
            found = (each for each in self._places() if str(each.record.key) == name)
            return self.write(node, next(found, place))
        return self.write(node, place)

    def _list(self, node: Many, place: Place) -> list[Any]:
        if isinstance(node.item, Text) and not node.item.is_key:
            return list(place.voice.several(node.item.purpose, _COUNTED + place.voice.random.randrange(2)))
        if isinstance(node.item, Thing) and not place.inside:
            return [self.write(node.item, each) for each in self._places(place.record)]
        rows = _rows_for(node.name, place.record)
        return [self.write(node.item, place.within(row, position)) for position, row in enumerate(rows)]

    def _places(self, asked: Record | None = None) -> Iterator[Place]:
        """Yield the place of each record; where the prompt holds none, of some that are about it as a whole."""
        records = self._records or ([asked] * _COUNTED if asked else [])
        seen: Counter[str] = Counter()
        for position, record in enumerate(records):
            yield Place(record, _voice(record, seen[record.text]), position, inside=True)
            seen[record.text] += 1

    def _noun(self, part: Record) -> str | None:
        """Tell what kind of activity a part is: by its type, else by the letter of its code."""
        said = str(part.named("type") or part.named("kind") or "").lower()
        return said if said in NOUNS else self._nouns.get(str(part.key)[:1])


def _is_record(root: Node) -> bool:
    """Tell whether an answer is one record itself, rather than what holds records."""
    return isinstance(root, Thing) and any(not isinstance(each, Many | Thing) for each in root.properties.values())


def _own_lists(record: Record) -> list[tuple[str, list[Any]]]:
    return [(name, value) for name, value in record.facts.items() if isinstance(value, list) and value]


def _rows_for(name: str, record: Record) -> list[dict[str, Any]]:
    """Return what the items of a record's list are about: the list of that name, else its longest one of objects."""
    lists = _own_lists(record)
    objects = [value for _, value in lists if isinstance(value[0], dict)]
    longest: list[Any] = max(objects, key=len, default=[{}] * _COUNTED)
    chosen = next((value for key, value in lists if key == name), longest)
    return [row if isinstance(row, dict) else {"value": row} for row in chosen]


def _text(node: Text, place: Place, noun: str | None) -> str:
    if node.is_key:
        return str(_key(node.name, place))
    said = place.record.named(node.name)
    if node.purpose.kind in {"language", "city", "state", "country", "industry"} and isinstance(said, str):
        return said
    purpose = told_of(node.purpose, noun) if noun else node.purpose
    return shaped(node, place.voice.say(purpose), place.voice.random)


def _plain(node: Literal | Number | Truth | Nothing, place: Place) -> Any:
    if isinstance(node, Literal):
        said = place.record.named(node.name)
        return said if said in node.values else _literal(node, place)
    if isinstance(node, Number):
        return _number(node, place)
    if isinstance(node, Truth):
        said = place.record.named(node.name)
        return said if isinstance(said, bool) else place.voice.random.random() < 0.5  # noqa: PLR2004  # a coin
    return None


def _literal(node: Literal, place: Place) -> Any:
    if node.name in KEY_NAMES and place.position < len(node.values):
        return node.values[place.position]
    facts = set(map(str, place.record.facts.values()))
    told = [value for value in node.values if str(value) in facts]
    return told[0] if told else place.voice.random.choice(node.values)


def _number(node: Number, place: Place) -> int | float:
    said = _key(node.name, place) if node.is_key else place.record.named(node.name)
    if isinstance(said, str) and said.lstrip("-").isdigit():
        said = int(said)
    if isinstance(said, int | float) and not isinstance(said, bool):
        return int(said) if node.whole else said
    return _drawn_number(node, place.voice.random)


_RANGES = (
    (("score", "percent", "probability"), 10, 95),
    (("amount", "price", "budget", "revenue", "value"), 4_000, 90_000),
    (("employees", "headcount"), 12, 900),
    (("duration", "minutes"), 5, 45),
    (("year",), 1985, 2024),
)


def _drawn_number(node: Number, draws: random.Random) -> int | float:
    for words, least, most in _RANGES:
        if any(word in node.purpose for word in words):
            return draws.randint(least, most)
    return draws.randint(1, 10) if node.whole else round(draws.uniform(0, 1), 2)


def _key(name: str, place: Place) -> str | int:
    said = place.record.named(name)
    if isinstance(said, str | int) and not isinstance(said, bool):
        return said
    return place.position if place.record.key is None else place.record.key


def _voice(record: Record, namesakes: int) -> Voice:
    """Return the voice of a record; ``namesakes`` is how many before it have the same facts."""
    return Voice(record, blake2b(f"{record.text}#{namesakes}".encode(), digest_size=16).hexdigest())


@lru_cache(maxsize=256)
def _compiled(schema_text: str, glossary: str) -> Node:
    return compiled(json.loads(schema_text), glossary)
