"""Estimates of how many tokens a model writes for a text."""

TOKENS_PER_WORD = {"en": 1.25, "de": 2.15, "fr": 1.9, "es": 1.85, "it": 2.2, "nl": 2.2, "pt": 1.9}
"""By language, for each word asked for; counted with the public Claude tokenizer on answers of the stand-in.

Counted on the examples of style, they are 0 to 6 % less.
"""
OTHER_TOKENS_PER_WORD = 2.2
TOKENS_PER_CHARACTER = 1.12
"""In Japanese."""
TITLE_WORDS, TITLE_CHARACTERS = 4, 10
TEXT_OVERHEAD_TOKENS, TITLE_OVERHEAD_TOKENS = 9, 3
"""Keys, quotes and brackets of a text and of its title."""
TIMING_TOKENS = 5
FIELD_SIZES = {
    "company_name": (10, 6),
    "original_source": (5, 3),
    "product_interests": (5, 2),
    "job_title": (4, 2),
    "consent_detail": (4, 4),
    "lead_reasoning": (4, 5),
}
"""The tokens of each field's key, quotes and brackets, and its words."""
_CHARACTERS_PER_WORD = 2.4
"""In Japanese."""


def text_tokens(language: str, length: int, *, is_titled: bool) -> int:
    """Estimate the output tokens of a text of a length, in words, or in characters for Japanese."""
    title = TITLE_CHARACTERS if language == "ja" else TITLE_WORDS
    titled = round(title * _tokens_per_unit(language)) + TITLE_OVERHEAD_TOKENS if is_titled else 0
    return round(length * _tokens_per_unit(language)) + TEXT_OVERHEAD_TOKENS + titled


def field_tokens(language: str, name: str) -> int:
    """Estimate the output tokens of a field of a company or a person with its JSON key."""
    overhead, words = FIELD_SIZES[name]
    length = words * _CHARACTERS_PER_WORD if language == "ja" else words
    return round(overhead + length * _tokens_per_unit(language))


def _tokens_per_unit(language: str) -> float:
    """Return the tokens per word, or per character for Japanese."""
    return TOKENS_PER_CHARACTER if language == "ja" else TOKENS_PER_WORD.get(language, OTHER_TOKENS_PER_WORD)
