"""Find the words that say that a deal has been won or lost.

What is hoped, planned, asked or denied says nothing of the kind: "will sign", "if they sign", "once it is signed".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from simcrm.generation.text.text_data import JAPANESE, language_facts
from simcrm.models.lead_events import DealOutcome

_SENTENCE = re.compile(r"(?:[^.!?;。\uff01\uff1f\n]|(?<=\d)\.|\.(?=\S))+[.!?;。\uff01\uff1f]*")
_QUESTION = ("?", "\uff1f")
_CLAUSE_END = re.compile(r"[,、:\uff1a\u2013\u2014]")


class _OutcomePatterns(NamedTuple):
    outcomes: Mapping[DealOutcome, re.Pattern[str]]
    hedges_ahead: re.Pattern[str]
    hedges_behind: re.Pattern[str]

    def are_hedged(self, sentence: str, start: int, end: int) -> bool:
        """Whether words of a sentence are hedged: by what stands ahead of them, or behind them in the same clause."""
        behind = _CLAUSE_END.split(sentence[end:])[0]
        return bool(self.hedges_ahead.search(sentence[:start]) or self.hedges_behind.search(behind))


def find_outcomes(text: str, language: str) -> Iterator[tuple[DealOutcome, str]]:
    """Find what says that a deal has been won or lost, each with its words."""
    patterns = _outcome_patterns(language)
    for sentence in (match[0].strip() for match in _SENTENCE.finditer(text)):
        if not sentence.endswith(_QUESTION):
            yield from _find_in_sentence(sentence, patterns)


def _find_in_sentence(sentence: str, patterns: _OutcomePatterns) -> Iterator[tuple[DealOutcome, str]]:
    for outcome, pattern in patterns.outcomes.items():
        for match in pattern.finditer(sentence):
            if not patterns.are_hedged(sentence, *match.span()):
                yield outcome, match[0]


@cache
def _outcome_patterns(language: str) -> _OutcomePatterns:
    facts, has_gaps = language_facts(language), language != JAPANESE
    outcomes = {
        DealOutcome(name): _compile(patterns, has_gaps=has_gaps) for name, patterns in facts["outcomes"].items()
    }
    ahead, behind = [*facts["hedges"], *facts["hedgesAhead"]], facts["hedges"]
    return _OutcomePatterns(outcomes, _compile(ahead, has_gaps=has_gaps), _compile(behind, has_gaps=has_gaps))


def _compile(patterns: Iterable[str], *, has_gaps: bool) -> re.Pattern[str]:
    alternatives = "|".join(patterns)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)" if has_gaps else f"(?:{alternatives})", re.IGNORECASE)
