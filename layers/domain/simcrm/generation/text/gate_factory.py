"""The gates of a simulation's languages."""

from dataclasses import dataclass
from functools import cached_property

from simcrm.generation.text.account_checker import text_checkers
from simcrm.generation.text.text_gate import TextGate
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.text_checker import TextChecker


@dataclass(frozen=True)
class GateFactory:
    """What judges a model's texts in each locale of a simulation."""

    generator: AccountGenerator

    def gate(self, locale: str, instructions: str) -> TextGate:
        """Return what judges the texts of a locale that were written by some instructions."""
        return TextGate(self._checkers[locale], locale.partition("_")[0], instructions)

    @cached_property
    def _checkers(self) -> dict[str, TextChecker]:
        return text_checkers(self.generator)
