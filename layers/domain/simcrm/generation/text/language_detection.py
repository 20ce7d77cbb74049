"""Tell by its script and its function words whether a text is in the language that was asked for."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from simcrm.generation.text.text_data import JAPANESE, read_text_data

_MIN_WORDS = 6
"""Shorter texts have too few function words to decide by."""
_FOREIGN_RATIO, _MIN_FOREIGN, _MIN_FOREIGN_ALONE = 1.5, 3, 2
"""The function words of another language by which a text is taken for it, and their ratio to those of its own.

Fewer are enough for a whole text that has none of its own.
"""
_MIN_JAPANESE_LETTERS, _MIN_JAPANESE_SHARE = 12, 0.5
"""The letters from which on a text must be Japanese, and the least share of kana and kanji among them."""

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<!\d)[.!?]+(?=\s|$)|\n+")
_KANA, _KANJI = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]"), re.compile(r"[\u3400-\u9fff々〆]")
_OTHER_SCRIPTS = "\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u1100-\u11ff\uac00-\ud7af"
_UNKNOWN_SCRIPTS = re.compile(f"[{_OTHER_SCRIPTS}]")
_NOT_LATIN = re.compile(f"[{_OTHER_SCRIPTS}\u3041-\u30ff\u3400-\u9fff]")


class _Votes(NamedTuple):
    own: int
    other: int


def find_foreign_part(text: str, language: str) -> str | None:
    """Return the part of a text that is in another language, or None.

    The text as a whole decides, then each of its sentences. What may be in any language, such as a name, is best taken
    out before.
    """
    if language == JAPANESE:
        return None if _is_japanese(text) else text
    wrong = _NOT_LATIN.search(text)
    if wrong is not None:
        return text[wrong.start() :]
    votes = _count_votes(text, language)
    if votes.own == 0 and votes.other >= _MIN_FOREIGN_ALONE:
        return text
    return next((part for part in (text, *_sentences(text)) if _is_foreign(_count_votes(part, language))), None)


def _is_japanese(text: str) -> bool:
    if _UNKNOWN_SCRIPTS.search(text):
        return False
    kana, kanji = (len(script.findall(text)) for script in (_KANA, _KANJI))
    letters = sum(map(len, _WORD.findall(text)))
    is_short = letters < _MIN_JAPANESE_LETTERS
    return is_short or (kana > 0 and kana + kanji >= letters * _MIN_JAPANESE_SHARE)  # Chinese has no kana


def _sentences(text: str) -> Iterator[str]:
    return filter(None, map(str.strip, _SENTENCE_END.split(text)))


def _is_foreign(votes: _Votes) -> bool:
    return votes.other >= _MIN_FOREIGN and votes.other > votes.own * _FOREIGN_RATIO


def _count_votes(text: str, language: str) -> _Votes:
    """Count the function words of a text in the language, and in the one that they belong to most."""
    words = _WORD.findall(text.lower())
    if len(words) < _MIN_WORDS:
        return _Votes(0, 0)
    counts = {name: sum(word in own for word in words) for name, own in _function_words().items()}
    own = counts.pop(language)
    return _Votes(own, max(counts.values()))


@cache
def _function_words() -> Mapping[str, frozenset[str]]:
    facts = read_text_data("gate/languages")
    return {name: frozenset(own["functionWords"]) for name, own in facts.items() if own["functionWords"]}
