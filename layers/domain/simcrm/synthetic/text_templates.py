"""Write texts from rules: alternatives in brackets, slots in braces.

``[now|these days]`` picks an alternative, and may be nested or empty; ``{pain}`` inserts a fact or another rule's text;
``{a title}`` puts an English article before it. The first letter of each sentence is capitalized.
"""

from collections.abc import Mapping, Sequence

from simcrm.synthetic.seeded_random import StreamRandom
from simcrm.synthetic.template_parser import Slot, Variant, close_gaps, variants

_STOPS = (".", "!", "?")
_VOWELS = tuple("aeioAEIO")


class TextTemplates:
    """The rules of one language; each is a list of patterns. A pattern is parsed on first use."""

    def __init__(self, rules: Mapping[str, Sequence[str]], *, capitals: bool = True) -> None:
        self.rules, self._capitals = rules, capitals
        self._variants: dict[str, tuple[Variant, ...]] = {}

    def with_rules(self, rules: Mapping[str, Sequence[str]]) -> "TextTemplates":
        """Return these templates with some rules replaced."""
        return TextTemplates({**self.rules, **rules}, capitals=self._capitals) if rules else self

    def text(self, rule: str, facts: Mapping[str, str], rng: StreamRandom) -> str:
        """Write a text of a rule, as sentences."""
        text = self.expand(rng.choice(self.rules[rule]), facts, rng)
        return capitalize(text) if self._capitals else text

    def expand(self, pattern: str, facts: Mapping[str, str], rng: StreamRandom) -> str:
        """Write a text of a pattern, without capitalizing its start. Raises KeyError for an unknown slot."""
        parts: list[str] = []
        self._write(pattern, facts, rng, parts)
        return tidy("".join(parts))

    def _write(self, pattern: str, facts: Mapping[str, str], rng: StreamRandom, parts: list[str]) -> None:
        known = self._variants.get(pattern)
        if known is None:
            known = self._variants[pattern] = variants(pattern, capitals=self._capitals)
        for part in known[rng.next_u32() * len(known) >> 32]:
            if isinstance(part, str):
                parts.append(part)
            else:
                self._fill(part, facts, rng, parts)

    def _fill(self, slot: Slot, facts: Mapping[str, str], rng: StreamRandom, parts: list[str]) -> None:
        name, article, capital = slot
        rule = self.rules.get(name)
        begin = len(parts)
        if begin > 1 and parts[-1] == " " and parts[-2].endswith(_STOPS):
            capital = self._capitals
        if rule is None:
            parts.append(facts[name])
        else:
            self._write(rule[rng.next_u32() * len(rule) >> 32], facts, rng, parts)
        if article:
            parts[begin] = ("an " if parts[begin].startswith(_VOWELS) else "a ") + parts[begin]
        if capital:
            parts[begin] = capitalize(parts[begin])


def capitalize(text: str) -> str:
    """Capitalize the first letter of a text."""
    return text[0].upper() + text[1:] if text[:1].islower() else text


def tidy(text: str) -> str:
    """Remove gaps left by empty slots, and double periods left by slots that end in a period."""
    if "  " in text or " ." in text or " ," in text or " ;" in text or ".." in text:
        text = close_gaps(text).replace("..", ".")
    return text.strip()
