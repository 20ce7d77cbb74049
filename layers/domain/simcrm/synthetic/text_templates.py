"""Write texts from rules: alternatives in brackets, slots in braces.

``[now|these days]`` picks an alternative, and may be nested or empty; ``{pain}`` inserts a fact or another rule's text;
``{a title}`` is a form of it by the language's grammar. The first letter of each sentence, line and list item is
capitalized.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from simcrm.synthetic.grammar import NO_GRAMMAR, Grammar
from simcrm.synthetic.seeded_random import StreamRandom
from simcrm.synthetic.template_parser import Variant, close_gaps, variants

_STOPS = (".", "!", "?")
_BULLET = "- "
_LINE_GAPS = re.compile(r" *\n *")


class SlotValues(Protocol):
    """The values of slots by name."""

    def __getitem__(self, slot: str, /) -> str: ...


S = TypeVar("S", bound=SlotValues)


class TemplateWriter(ABC, Generic[S]):
    """Writes the variants of patterns; a subclass decides which variant of a rule."""

    def __init__(self, grammar: Grammar, *, capitals: bool) -> None:
        self._grammar, self._capitals = grammar, capitals

    @abstractmethod
    def _choose(self, rule: str, values: S, rng: StreamRandom) -> Variant | None:
        """Choose a variant of a rule; None if no rule has this name."""

    def _render(self, variant: Variant, values: S, rng: StreamRandom) -> str:
        parts: list[str] = []
        self._write(variant, values, rng, parts)
        text = tidy("".join(parts))
        return capitalize_lines(text) if self._capitals and "\n" in text else text

    def _write(self, variant: Variant, values: S, rng: StreamRandom, parts: list[str]) -> None:
        # One loop without a method per slot, which would take a tenth more of the time.
        for part in variant:
            if isinstance(part, str):
                parts.append(part)
                continue
            name, form, capital = part
            begin = len(parts)
            if begin > 1 and parts[-1] == " " and parts[-2].endswith(_STOPS):
                capital = self._capitals
            chosen = self._choose(name, values, rng)
            if chosen is None:
                parts.append(values[name])
            else:
                self._write(chosen, values, rng, parts)
            if (form or capital) and len(parts) > begin:
                value = self._grammar.inflect(form, parts[begin]) if form else parts[begin]
                parts[begin] = capitalize(value) if capital else value


class _VariantCache(dict[str, tuple[Variant, ...]]):
    """The variants of patterns, each parsed on first use."""

    def __init__(self, *, capitals: bool) -> None:
        super().__init__()
        self._capitals = capitals

    def __missing__(self, pattern: str) -> tuple[Variant, ...]:
        options = self[pattern] = variants(pattern, capitals=self._capitals)
        return options


class TextTemplates(TemplateWriter[Mapping[str, str]]):
    """The rules of one language; each is a list of patterns. A pattern is parsed on first use."""

    def __init__(
        self, rules: Mapping[str, Sequence[str]], grammar: Grammar = NO_GRAMMAR, *, capitals: bool = True
    ) -> None:
        super().__init__(grammar, capitals=capitals)
        self.rules = rules
        self._variants = _VariantCache(capitals=capitals)

    def with_rules(self, rules: Mapping[str, Sequence[str]]) -> "TextTemplates":
        """Return these templates with some rules replaced."""
        return TextTemplates({**self.rules, **rules}, self._grammar, capitals=self._capitals) if rules else self

    def text(self, rule: str, facts: Mapping[str, str], rng: StreamRandom) -> str:
        """Write a text of a rule, as sentences."""
        text = self.expand(rng.choice(self.rules[rule]), facts, rng)
        return capitalize(text) if self._capitals else text

    def expand(self, pattern: str, facts: Mapping[str, str], rng: StreamRandom) -> str:
        """Write a text of a pattern, without capitalizing its start. Raises KeyError for an unknown slot."""
        return self._render(rng.choice(self._variants[pattern]), facts, rng)

    def _choose(self, rule: str, values: Mapping[str, str], rng: StreamRandom) -> Variant | None:  # noqa: ARG002
        patterns = self.rules.get(rule)
        if patterns is None:
            return None
        options = self._variants[patterns[rng.next_u32() * len(patterns) >> 32]]
        return options[rng.next_u32() * len(options) >> 32]


def capitalize(text: str) -> str:
    """Capitalize the first letter of a text, or of its first list item."""
    if text.startswith(_BULLET):
        return _BULLET + capitalize(text[len(_BULLET) :])
    return text[0].upper() + text[1:] if text[:1].islower() else text


def capitalize_lines(text: str) -> str:
    """Capitalize the first letter of each line but the first."""
    first, *others = text.split("\n")
    return "\n".join([first, *map(capitalize, others)])


def tidy(text: str) -> str:
    """Remove gaps left by empty slots, and double periods left by slots that end in a period."""
    if "  " in text or " ." in text or " ," in text or " ;" in text or ".." in text:
        text = close_gaps(text).replace("..", ".")
    return (_LINE_GAPS.sub("\n", text) if "\n" in text else text).strip()
