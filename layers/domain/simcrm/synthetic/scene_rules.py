"""Parse the rules of scene texts, checked so that an error names the exact place."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from simcrm.synthetic.dataclass_loader import Path, StructureError
from simcrm.synthetic.grammar import NO_GRAMMAR, Grammar, requested_forms
from simcrm.synthetic.scene_slots import GENDERED_SLOTS, SLOT_GUARDS, SLOT_SOURCES
from simcrm.synthetic.template_parser import PatternSummary, summarize
from simcrm.synthetic.text_guards import Atom, GuardError, GuardParser, suggestion

MAX_VARIANTS = 2000
"""Patterns with more variants take too much memory; a part of them belongs into a rule of its own."""
_NO_ATOMS: frozenset[Atom] = frozenset()


class RuleLine(NamedTuple):
    """One pattern of a rule: what must hold before it may be used, beside the guards of its slots."""

    pattern: str
    atoms: frozenset[Atom]
    slots: frozenset[str]


Rules = Mapping[str, tuple[RuleLine, ...]]


class RuleParser:
    """Parses the rules of one language and kind of scenario.

    ``sources`` are how an account may have come; the endings of ``grammar`` are slots beside those of all languages.
    """

    def __init__(self, sources: Iterable[str], grammar: Grammar = NO_GRAMMAR) -> None:
        self._guards = GuardParser(sources)
        self.grammar = grammar
        self._forms = grammar.forms | grammar.endings
        self._slots = {*SLOT_GUARDS, *grammar.endings}

    def parse(self, rules: Any) -> Rules:
        """Parse rules by name, each a list of patterns and of ``{"if": guard, "say": [pattern, ...]}``.

        Rules are returned in an order in which each stands after those that it uses. Raises StructureError.
        """
        if not isinstance(rules, dict):
            raise StructureError(("rules",), f"must be an object, is {rules!r:.60}")
        known = {*self._slots, *rules}
        lines = {rule: tuple(self._lines(rule, entries, known)) for rule, entries in rules.items()}
        return {rule: lines[rule] for rule in _sort_by_use(lines)}

    def _lines(self, rule: str, entries: Any, known: set[str]) -> Iterator[RuleLine]:
        path = ("rules", rule)
        if rule in self._slots:
            raise StructureError(path, f"{rule!r} is a slot; a rule needs a name of its own")
        for number, entry in enumerate(_check_list(entries, path)):
            if isinstance(entry, dict):
                yield from self._guarded_lines(entry, known, (*path, number))
            else:
                yield self._line(entry, _NO_ATOMS, known, (*path, number))

    def _guarded_lines(self, entry: dict[str, Any], known: set[str], path: Path) -> Iterator[RuleLine]:
        if set(entry) != {"if", "say"}:
            raise StructureError(path, f'needs "if" and "say", has {", ".join(entry) or "nothing"}')
        atoms = self._atoms(entry["if"], (*path, "if"))
        for number, pattern in enumerate(_check_list(entry["say"], (*path, "say"))):
            yield self._line(pattern, atoms, known, (*path, "say", number))

    def _line(self, pattern: Any, atoms: frozenset[Atom], known: set[str], path: Path) -> RuleLine:
        slots, variants = _summary(_check_text(pattern, path), path)
        for slot in sorted(slots - known):
            raise StructureError(path, f"there is no slot or rule {slot!r}{suggestion(slot, known)}")
        for slot, form in requested_forms([pattern]):
            self._check_form(slot, form, path)
        if variants > MAX_VARIANTS:
            raise StructureError(
                path, f"has {variants:,} variants, more than {MAX_VARIANTS:,}; move a part into a rule"
            )
        return RuleLine(pattern, atoms, slots)

    def _check_form(self, slot: str, form: str, path: Path) -> None:
        if form not in self._forms:
            known = ", ".join(sorted(self._forms))
            raise StructureError(path, f"the language has no form {form!r}; there are: {known or 'none'}")
        if form in self.grammar.endings and slot not in GENDERED_SLOTS:
            raise StructureError(path, f"{slot!r} has no gender that an ending could agree with")

    def _atoms(self, guard: Any, path: Path) -> frozenset[Atom]:
        try:
            return self._guards.parse(_check_text(guard, path))
        except GuardError as error:
            raise StructureError(path, str(error)) from None


@cache
def slot_atoms() -> Mapping[str, frozenset[Atom]]:
    """Return what must hold before a text may use each slot; a slot that is not in it always has a value."""
    parser = GuardParser(SLOT_SOURCES)
    return {slot: parser.parse(guard) for slot, guard in SLOT_GUARDS.items() if guard}


def _check_list(entries: Any, path: Path) -> list[Any]:
    if not isinstance(entries, list) or not entries:
        raise StructureError(path, f"must be a list that is not empty, is {entries!r:.60}")
    return entries


def _check_text(text: Any, path: Path) -> str:
    if not isinstance(text, str):
        raise StructureError(path, f"must be a text, is {text!r:.60}")
    return text


def _summary(pattern: str, path: Path) -> PatternSummary:
    try:
        return summarize(pattern)
    except ValueError as error:
        raise StructureError(path, str(error)) from None


def _sort_by_use(lines: Rules) -> list[str]:
    """Return the rules so that each stands after those that it uses. Raises StructureError for a circle."""
    used = {rule: {slot for line in own for slot in line.slots if slot in lines} for rule, own in lines.items()}
    try:
        return list(TopologicalSorter(used).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        raise StructureError(("rules", circle[0]), f"the rule uses itself: {' -> '.join(circle)}") from None
