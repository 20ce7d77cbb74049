"""Texts from rules: alternatives in brackets, slots in braces.

``[now|these days]`` chooses, and may be nested or empty; ``{pain}`` puts in a fact or another rule's text; ``{a title}``
puts an English article before it. The first letter of each sentence is made a capital.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from simcrm.generation.draws import Draws

Node: TypeAlias = "str | Slot | Choice"
_MARKS = re.compile(r"[\[\]|{}]")
_SENTENCE = re.compile(r"(?:^|(?<=[.!?] )|(?<=\n))[^\W\d_]")
_GAPS = re.compile(r" {2,}| (?=[.,;!?](?:\s|$))")
_VOWELS = tuple("aeioAEIO")


class Slot:
    """A place where a fact or the text of another rule goes."""

    __slots__ = ("article", "name")

    def __init__(self, text: str) -> None:
        self.article = text.startswith("a ")
        self.name = text.removeprefix("a ")


class Choice:
    """Alternatives of which one is taken."""

    __slots__ = ("options",)

    def __init__(self, options: list[list[Node]]) -> None:
        self.options = options


class Grammar:
    """The rules of one language; each is a list of patterns. A pattern is read at its first use."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self.rules = rules
        self._parsed: dict[str, list[Node]] = {}

    def text(self, rule: str, facts: Mapping[str, str], draws: Draws) -> str:
        """One text of a rule, as sentences."""
        return sentences(self.phrase(draws.pick(self.rules[rule]), facts, draws))

    def phrase(self, pattern: str, facts: Mapping[str, str], draws: Draws) -> str:
        """One text of a pattern, as it stands. Raises KeyError for a slot that is neither fact nor rule."""
        nodes = self._parsed.get(pattern)
        if nodes is None:
            nodes = self._parsed[pattern] = parsed(pattern)
        parts: list[str] = []
        self._render(nodes, facts, draws, parts)
        return "".join(parts)

    def _render(self, nodes: list[Node], facts: Mapping[str, str], draws: Draws, parts: list[str]) -> None:
        for node in nodes:
            if isinstance(node, str):
                parts.append(node)
            elif isinstance(node, Choice):
                self._render(draws.pick(node.options), facts, draws, parts)
            else:
                parts.append(self._filled(node, facts, draws))

    def _filled(self, slot: Slot, facts: Mapping[str, str], draws: Draws) -> str:
        value = facts.get(slot.name)
        if value is None:
            value = self.phrase(draws.pick(self.rules[slot.name]), facts, draws)
        if slot.article:
            return ("an " if value.startswith(_VOWELS) else "a ") + value
        return value


def parsed(pattern: str) -> list[Node]:
    """The parts of a pattern. Raises ValueError for brackets that do not match."""
    nodes, end = _sequence(pattern, 0, top=True)
    if end != len(pattern):
        raise ValueError(f"unexpected {pattern[end]!r} in {pattern!r}")
    return nodes


def _sequence(pattern: str, start: int, *, top: bool) -> tuple[list[Node], int]:
    """The parts from ``start`` up to the end of this alternative, and where that is."""
    nodes: list[Node] = []
    while True:
        mark = _MARKS.search(pattern, start)
        end = mark.start() if mark else len(pattern)
        if end > start:
            nodes.append(pattern[start:end])
        if mark is None or mark.group() in "|]":
            return _closed(pattern, nodes, end, top=top)
        node, start = (_choice if mark.group() == "[" else _slot)(pattern, end + 1)
        nodes.append(node)


def _closed(pattern: str, nodes: list[Node], end: int, *, top: bool) -> tuple[list[Node], int]:
    if not top and end == len(pattern):
        raise ValueError(f"a bracket is not closed in {pattern!r}")
    return nodes, end


def _choice(pattern: str, start: int) -> tuple[Node, int]:
    options = []
    while True:
        nodes, end = _sequence(pattern, start, top=False)
        options.append(nodes)
        start = end + 1
        if pattern[end] == "]":
            return Choice(options), start


def _slot(pattern: str, start: int) -> tuple[Node, int]:
    end = pattern.find("}", start)
    if end < 0:
        raise ValueError(f"a brace is not closed in {pattern!r}")
    return Slot(pattern[start:end]), end + 1


def sentences(text: str) -> str:
    """The text with capitals at the beginnings and no gaps where a slot or an alternative was empty."""
    return _SENTENCE.sub(lambda match: match.group().upper(), _GAPS.sub(_gap, text).strip())


def _gap(match: re.Match[str]) -> str:
    return " " if match.group().startswith("  ") else ""
