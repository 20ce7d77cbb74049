"""Parse text patterns: alternatives in brackets, slots in braces.

A pattern is expanded into its variants, each a flat sequence of texts and slots, so that writing a text takes one
choice and no traversal of brackets.
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
    """A placeholder for a fact or another rule's text, optionally with an English article or capitalized."""

    name: str
    article: bool = False
    capital: bool = False


Part: TypeAlias = str | Slot
Variant: TypeAlias = tuple[Part, ...]


def variants(pattern: str, *, capitals: bool = True) -> tuple[Variant, ...]:
    """Return all variants of a pattern, with sentences capitalized. Raises ValueError for unbalanced marks."""
    alternatives, end = _alternative(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"unexpected {pattern[end]!r} in {pattern!r}")
    return tuple(_finish(parts, capitals=capitals) for parts in alternatives)


def find_slots(pattern: str) -> set[str]:
    """Return the names of all slots in a pattern."""
    return {part.name for variant in variants(pattern) for part in variant if isinstance(part, Slot)}


def close_gaps(text: str) -> str:
    """Remove the gaps that an empty alternative or slot leaves in a text."""
    return _GAPS.sub(lambda match: " " if match.group().startswith("  ") else "", text)


def _alternative(pattern: str, start: int) -> tuple[list[Variant], int]:
    """Parse the alternative at ``start``; return its variants and where it ends."""
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
    """Join adjacent texts, close gaps, and capitalize inner sentences or mark their slots."""
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
