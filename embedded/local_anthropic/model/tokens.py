"""Approximate token counts.

Five counts with fixed weights, fitted to the public Claude tokenizer (``@anthropic-ai/tokenizer`` 0.0.4) on this
project's records, facts and prose: within 3 % on JSON, 5 % on prose, 8 % on a schema. That is about 3.9 characters per
token in JSON with texts, 4.7 in prose and 2.4 in bare facts.
"""

import re

_WORD = re.compile(r"[A-Za-z]+")
_LONG_WORD = re.compile(r"[A-Za-z]{6,}")
_NUMBER = re.compile(r"\d+")
_MARKS = re.compile(r"[^\sA-Za-z\d]+")
_SHORT = 5

A_WORD, A_FURTHER_LETTER = 1.077, 0.084
A_NUMBER, A_DIGIT = 1.085, 0.28
A_RUN_OF_MARKS, A_MARK = 0.812, 0.087
PER_REQUEST, PER_MESSAGE = 5, 3


def count_tokens(text: str) -> int:
    """Return the number of tokens in a text; non-ASCII characters count as marks."""
    long_words = _LONG_WORD.findall(text)
    numbers, marks = _NUMBER.findall(text), _MARKS.findall(text)
    further = sum(map(len, long_words)) - _SHORT * len(long_words)
    return round(
        A_WORD * len(_WORD.findall(text))
        + A_FURTHER_LETTER * further
        + A_NUMBER * len(numbers)
        + A_DIGIT * sum(map(len, numbers))
        + A_RUN_OF_MARKS * len(marks)
        + A_MARK * sum(map(len, marks))
    )
