"""Reads the patterns of texts: alternatives in brackets, slots in braces.

A pattern is spread out into its variants, each a plain sequence of texts and slots, so that writing a text takes one
choice and no walk through brackets.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple, TypeAlias

_MARKS = re.compile(r"[\[\]|{}]")
_GAPS = re.compile(r" {2,}| (?=[.,;!?](?:\s|$))")
_SENTENCE = re.compile(r"(?<=[.!?] )[a-zà-öø-ÿ]")
_ENDS = (". ", "! ", "? ")


class Slot(NamedTuple):
    """A place where a fact or the text of another rule goes, perhaps with an English article or a capital."""

    name: str
    article: bool = False
    capital: bool = False


Part: TypeAlias = str | Slot
Variant: TypeAlias = tuple[Part, ...]


def variants(pattern: str, *, capitals: bool = True) -> tuple[Variant, ...]:
    """All variants of a pattern, their sentences begun with capitals. Raises ValueError for marks that do not match."""
    alternatives, end = _alternative(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"unexpected {pattern[end]!r} in {pattern!r}")
    return tuple(_finish(parts, capitals=capitals) for parts in alternatives)


def find_slots(pattern: str) -> set[str]:
    """The names of all slots in a pattern."""
    return {part.name for variant in variants(pattern) for part in variant if isinstance(part, Slot)}


def close_gaps(text: str) -> str:
    """The text without the gaps that an empty alternative or slot leaves."""
    return _GAPS.sub(lambda match: " " if match.group().startswith("  ") else "", text)


def _alternative(pattern: str, start: int) -> tuple[list[Variant], int]:
    """The variants from ``start`` up to the end of this alternative, and where that is."""
    groups: list[list[Variant]] = []
    while True:
        mark = _MARKS.search(pattern, start)
        end = mark.start() if mark else len(pattern)
        if end > start:
            groups.append([(pattern[start:end],)])
        if mark is None or mark.group() in "|]}":
            return [tuple(_flatten(parts)) for parts in product(*groups)], end
        group, start = (_choice if mark.group() == "[" else _slot)(pattern, end + 1)
        groups.append(group)


def _flatten(parts: tuple[Variant, ...]) -> Iterator[Part]:
    for part in parts:
        yield from part


def _choice(pattern: str, start: int) -> tuple[list[Variant], int]:
    options: list[Variant] = []
    while True:
        alternatives, end = _alternative(pattern, start)
        options += alternatives
        if end == len(pattern):
            raise ValueError(f"a bracket is not closed in {pattern!r}")
        if pattern[end] == "]":
            return options, end + 1
        start = end + 1


def _slot(pattern: str, start: int) -> tuple[list[Variant], int]:
    end = pattern.find("}", start)
    if end < 0:
        raise ValueError(f"a brace is not closed in {pattern!r}")
    name = pattern[start:end]
    return [(Slot(name.removeprefix("a "), article=name.startswith("a ")),)], end + 1


def _finish(parts: Variant, *, capitals: bool) -> Variant:
    """Neighbouring texts joined and closed up, the beginnings of inner sentences marked."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    texts = [close_gaps(part) if isinstance(part, str) else part for part in joined]
    return tuple(_capitals(texts)) if capitals else tuple(texts)


def _capitals(parts: list[Part]) -> Iterator[Part]:
    begins = False
    for part in parts:
        if isinstance(part, Slot):
            yield part._replace(capital=begins)
            begins = False
        else:
            text = part[:1].upper() + part[1:] if begins else part
            yield _SENTENCE.sub(lambda match: match.group().upper(), text)
            begins = part.endswith(_ENDS)
