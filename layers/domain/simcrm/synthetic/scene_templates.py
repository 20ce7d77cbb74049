"""Write texts about the scenes of an account that say only what is so.

The rules are those of ``text_templates``, with guards (``text_guards``): a line, or a variant of a bracket, is drawn
only if its guard and the guards of its slots hold. A slot that is a rule needs a line of that rule that may be drawn.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any, TypeAlias

from simcrm.synthetic.dataclass_loader import StructureError
from simcrm.synthetic.errors import NoAllowedLineError, SceneTextError
from simcrm.synthetic.grammar import NO_GRAMMAR, Grammar
from simcrm.synthetic.json_line_numbers import find_line
from simcrm.synthetic.language_data import activity_texts, language_data, load_grammar, source_texts
from simcrm.synthetic.scene_patterns import AllowedLine, Requirements, ScenePattern
from simcrm.synthetic.scene_rules import RuleParser, Rules
from simcrm.synthetic.seeded_random import StreamRandom
from simcrm.synthetic.template_parser import Variant
from simcrm.synthetic.text_guards import AtomTable, GuardFacts
from simcrm.synthetic.text_templates import TemplateWriter, capitalize

LinesByState: TypeAlias = Callable[[int], tuple[AllowedLine, ...]]

_STATES_PER_RULE = 512
_SOURCES_OF_ALL = "en"
"""The language whose texts know every source of an account."""


class SceneContext:
    """What is so in a scene, and the values of slots, for the texts of one language about it."""

    def __init__(self, atoms: AtomTable, facts: GuardFacts, slots: Mapping[str, str]) -> None:
        self._atoms, self.facts, self.slots = atoms, facts, slots

    def __getitem__(self, slot: str) -> str:
        return self.slots[slot]

    @cached_property
    def state(self) -> int:
        """The bits of all conditions that hold."""
        return self._atoms.state(self.facts)


class SceneTemplates(TemplateWriter[SceneContext]):
    """The rules of scene texts of one language and kind of scenario."""

    def __init__(self, rules: Rules, grammar: Grammar = NO_GRAMMAR, *, capitals: bool = True) -> None:
        super().__init__(grammar, capitals=capitals)
        requirements = Requirements(rules)
        self._atoms, self._relevant = requirements.atoms, requirements.relevant
        self._sizes = {rule: len(lines) for rule, lines in rules.items()}
        self._lines: dict[str, LinesByState] = {}
        for rule, lines in rules.items():
            patterns = [ScenePattern(line, requirements, capitals=capitals) for line in lines]
            self._lines[rule] = self._lines_by_state(patterns, requirements.own[rule], requirements.used[rule])

    def context(self, facts: GuardFacts, slots: Mapping[str, str]) -> SceneContext:
        """Return what is so in a scene, for its texts; ``slots`` is asked only for slots whose guards hold."""
        return SceneContext(self._atoms, facts, slots)

    def text(self, rule: str, context: SceneContext, rng: StreamRandom, habit: StreamRandom | None = None) -> str:
        """Write a text of a rule, as sentences; its pattern is drawn by ``habit`` if one writes alike each time.

        Raises NoAllowedLineError, and KeyError for an unknown rule.
        """
        variant = self._draw(rule, context, rng) if habit is None else self._prefer(rule, context, habit)
        text = self._render(variant, context, rng)
        return capitalize(text) if self._capitals else text

    def can_write(self, rule: str, context: SceneContext) -> bool:
        """Whether there is such a rule, with a line that may be drawn."""
        return rule in self._lines and self._is_allowed(rule, context.state)

    def _choose(self, rule: str, values: SceneContext, rng: StreamRandom) -> Variant | None:
        return self._draw(rule, values, rng) if rule in self._lines else None

    def _draw(self, rule: str, context: SceneContext, rng: StreamRandom) -> Variant:
        lines = self._allowed_lines(rule, context)
        return lines[rng.next_u32() * len(lines) >> 32].pick(rng)

    def _prefer(self, rule: str, context: SceneContext, habit: StreamRandom) -> Variant:
        """Return the variant that a habit prefers, whichever lines may not be drawn: all have a rank of their own."""
        scores = [habit.next_u32() for _ in range(self._sizes[rule])]
        return max(self._allowed_lines(rule, context), key=lambda line: scores[line.number]).pick(habit)

    def _allowed_lines(self, rule: str, context: SceneContext) -> tuple[AllowedLine, ...]:
        lines = self._lines[rule](context.state & self._relevant[rule])
        if not lines:
            raise NoAllowedLineError(rule, context.facts)
        return lines

    def _is_allowed(self, rule: str, state: int) -> bool:
        return bool(self._lines[rule](state & self._relevant[rule]))

    def _lines_by_state(
        self, patterns: Sequence[ScenePattern], own: int, used: Sequence[tuple[str, int]]
    ) -> LinesByState:
        """Return what finds the lines that may be drawn; far fewer states differ in what the rule itself needs."""

        @lru_cache(_STATES_PER_RULE)
        def own_lines(state: int) -> tuple[AllowedLine, ...]:
            lines = (pattern.select_allowed(state) for pattern in patterns)
            return tuple(line._replace(number=number) for number, line in enumerate(lines) if line is not None)

        @lru_cache(_STATES_PER_RULE)
        def allowed_lines(state: int) -> tuple[AllowedLine, ...]:
            for rule, bit in used:
                if self._is_allowed(rule, state):
                    state |= bit
            return own_lines(state & own)

        return allowed_lines


def parse_scene_templates(file: str, text: str, parser: RuleParser, *, capitals: bool = True) -> SceneTemplates:
    """Parse a file of scene texts, ``{"rules": {rule: [line, ...]}}``. Raises SceneTextError."""
    try:
        return SceneTemplates(parser.parse(_read_rules(json.loads(text))), parser.grammar, capitals=capitals)
    except json.JSONDecodeError as error:
        raise SceneTextError(file, error.lineno, "", f"no valid JSON: {error.msg}") from None
    except StructureError as error:
        field = ".".join(map(str, error.path))
        raise SceneTextError(file, find_line(text, error.path), field, error.reason) from None


def _read_rules(document: Any) -> Any:
    if not isinstance(document, dict) or set(document) != {"rules"}:
        raise StructureError((), 'needs "rules" and nothing else')
    return document["rules"]


@cache
def load_scene_templates(language: str, kind: str) -> SceneTemplates:
    """Load the shipped scene texts of a language and kind of scenario (B2B or B2C).

    Raises DataFileError and SceneTextError.
    """
    name, text = activity_texts(language, kind)
    sources = {**_source_kinds(_SOURCES_OF_ALL, kind), **_source_kinds(language, kind)}
    parser = RuleParser(sources, load_grammar(language))
    return parse_scene_templates(name, text, parser, capitals=language_data(language)["labels"]["capitals"])


def _source_kinds(language: str, kind: str) -> dict[str, int]:
    kinds: dict[str, int] = source_texts(language, kind)["sourceKinds"]
    return kinds
