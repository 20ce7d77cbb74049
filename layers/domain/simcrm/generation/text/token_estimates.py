"""Estimates of how many tokens a model writes for a text."""

TOKENS_PER_WORD = {"en": 1.35, "de": 2.0, "fr": 1.7, "es": 1.6, "it": 1.75, "nl": 1.85, "pt": 1.7, "pl": 2.4, "sv": 2.0}
"""By language, with the words of the text; counted with the public Claude tokenizer on the texts of the samples."""
TOKENS_PER_CHARACTER = 1.1
"""In Japanese."""
TITLE_WORDS, TITLE_CHARACTERS = 6, 16
TEXT_OVERHEAD_TOKENS, TITLE_OVERHEAD_TOKENS = 13, 4
"""Keys, quotes and brackets of a text and of its title."""
TIMING_TOKENS = 5


def text_tokens(language: str, length: int, *, is_titled: bool) -> int:
    """Estimate the output tokens of a text of a length, in words, or in characters for Japanese."""
    is_japanese = language == "ja"
    unit = TOKENS_PER_CHARACTER if is_japanese else TOKENS_PER_WORD.get(language[:2], 2.0)
    title = TITLE_CHARACTERS if is_japanese else TITLE_WORDS
    titled = round(title * unit) + TITLE_OVERHEAD_TOKENS if is_titled else 0
    return round(length * unit) + TEXT_OVERHEAD_TOKENS + titled
