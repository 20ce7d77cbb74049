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
_SENTENCE = re.compile(r"(?:^|(?<=[.!?] )|(?<=\n))[a-zà-öø-ÿ]")
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
        self.options: list[str | list[Node]] = [_plain(nodes) for nodes in options]


class Grammar:
    """The rules of one language; each is a list of patterns. A pattern is read at its first use."""

    def __init__(self, rules: Mapping[str, Sequence[str]], *, capitals: bool = True) -> None:
        self.rules, self._capitals = rules, capitals
        self._finished = sentences if capitals else _closed_up
        self._parsed: dict[str, list[Node]] = {}

    def with_rules(self, rules: Mapping[str, Sequence[str]]) -> "Grammar":
        """This grammar with some rules replaced."""
        return Grammar({**self.rules, **rules}, capitals=self._capitals) if rules else self

    def text(self, rule: str, facts: Mapping[str, str], draws: Draws) -> str:
        """One text of a rule, as sentences."""
        return self._finished(self.phrase(draws.pick(self.rules[rule]), facts, draws))

    def phrase(self, pattern: str, facts: Mapping[str, str], draws: Draws) -> str:
        """One text of a pattern, as it stands. Raises KeyError for a slot that is neither fact nor rule."""
        parts: list[str] = []
        self._render(self._nodes(pattern), facts, draws, parts)
        return "".join(parts)

    def _render(self, nodes: list[Node], facts: Mapping[str, str], draws: Draws, parts: list[str]) -> None:
        for node in nodes:
            if isinstance(node, str):
                parts.append(node)
            elif isinstance(node, Slot):
                self._fill(node, facts, draws, parts)
            else:
                option = node.options[draws.bits() * len(node.options) >> 32]
                if isinstance(option, str):
                    parts.append(option)
                else:
                    self._render(option, facts, draws, parts)

    def _fill(self, slot: Slot, facts: Mapping[str, str], draws: Draws, parts: list[str]) -> None:
        rule = self.rules.get(slot.name)
        if slot.article:
            value = facts[slot.name] if rule is None else self.phrase(draws.pick(rule), facts, draws)
            parts.append(("an " if value.startswith(_VOWELS) else "a ") + value)
        elif rule is None:
            parts.append(facts[slot.name])
        else:
            self._render(self._nodes(draws.pick(rule)), facts, draws, parts)

    def _nodes(self, pattern: str) -> list[Node]:
        nodes = self._parsed.get(pattern)
        if nodes is None:
            nodes = self._parsed[pattern] = parsed(pattern)
        return nodes


def _plain(nodes: list[Node]) -> str | list[Node]:
    """The nodes, or their text where they are nothing but text."""
    if not nodes:
        return ""
    first = nodes[0]
    return first if len(nodes) == 1 and isinstance(first, str) else nodes


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


def slots_of(nodes: list[Node]) -> set[str]:
    """The names of all slots in a pattern."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Slot):
            found.add(node.name)
        elif isinstance(node, Choice):
            for option in node.options:
                found |= set() if isinstance(option, str) else slots_of(option)
    return found


def sentences(text: str) -> str:
    """The text with capitals at the beginnings and no gaps where a slot or an alternative was empty."""
    return _SENTENCE.sub(_capital, _closed_up(text))


def _capital(match: re.Match[str]) -> str:
    return match.group().upper()


def _closed_up(text: str) -> str:
    if "  " in text or " ." in text or " ," in text or " ;" in text or text[-1:] == " ":
        text = _GAPS.sub(_gap, text).strip()
    return text.replace("..", ".") if ".." in text else text


def _gap(match: re.Match[str]) -> str:
    return " " if match.group().startswith("  ") else ""
