"""Parse text patterns: alternatives in brackets, slots in braces.

A pattern is expanded into its variants, each a flat sequence of texts and slots, so that writing a text takes one
choice and no traversal of brackets.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple, TypeAlias

_MARKS = re.compile(r"[\[\]|{}]")
_SUMMARY_MARKS = re.compile(r"[\[\]|]|\{[^{}]*\}|[{}]")
_GAPS = re.compile(r" {2,}| (?=[.,;!?](?:\s|$))")
_SENTENCE = re.compile(r"(?<=[.!?] )[a-zà-öø-ÿ]")
_ENDS = (". ", "! ", "? ")


class Slot(NamedTuple):
    """A placeholder for a fact or another rule's text, in a form of the language's grammar if one is named."""

    name: str
    form: str = ""
    capital: bool = False


class PatternSummary(NamedTuple):
    """The names of a pattern's slots, and the number of its variants."""

    slots: frozenset[str]
    variants: int


Part: TypeAlias = str | Slot
Variant: TypeAlias = tuple[Part, ...]


def variants(pattern: str, *, capitals: bool = True) -> tuple[Variant, ...]:
    """Return all variants of a pattern, with sentences capitalized. Raises ValueError for unbalanced marks."""
    alternatives, end = _alternative(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"unexpected {pattern[end]!r} in {pattern!r}")
    return tuple(_finish(parts, capitals=capitals) for parts in alternatives)


def find_slots(pattern: str) -> set[str]:
    """Return the names of all slots in a pattern. Raises ValueError for unbalanced marks."""
    return set(summarize(pattern).slots)


def summarize(pattern: str) -> PatternSummary:
    """Return the slots of a pattern and how many variants it has, without building them.

    Raises ValueError for unbalanced marks.
    """
    marks = _SUMMARY_MARKS.findall(pattern)
    slots = [mark[1:-1].rpartition(" ")[2] for mark in marks if len(mark) > 1]
    choices = iter([mark for mark in marks if len(mark) == 1])
    count, end = _count_alternative(choices, pattern)
    if end:
        raise ValueError(f"unexpected {end!r} in {pattern!r}")
    return PatternSummary(frozenset(slots), count)


def _count_alternative(marks: Iterator[str], pattern: str) -> tuple[int, str]:
    """Count the variants of an alternative; return also the mark that ends it, empty at the end of the pattern."""
    count = 1
    for mark in marks:
        if mark != "[":
            return count, mark
        count *= _count_choice(marks, pattern)
    return count, ""


def _count_choice(marks: Iterator[str], pattern: str) -> int:
    total, end = 0, "|"
    while end == "|":
        count, end = _count_alternative(marks, pattern)
        total += count
    if end != "]":
        raise ValueError(f"unexpected {end!r} in {pattern!r}" if end else f"a bracket is not closed in {pattern!r}")
    return total


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
    form, _, name = pattern[start:end].rpartition(" ")
    return [(Slot(name, form),)], end + 1


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
