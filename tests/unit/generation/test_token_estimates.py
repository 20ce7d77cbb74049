"""Estimated tokens, held against what the public Claude tokenizer counts."""

from importlib import resources
from typing import Any

import pytest

from simcrm.generation.text.prompt_requests import REQUEST_OVERHEAD_TOKENS, estimate_input_tokens
from simcrm.generation.text.text_data import read_text_data
from simcrm.generation.text.token_estimates import (
    FIELD_SIZES,
    OTHER_TOKENS_PER_WORD,
    TEXT_OVERHEAD_TOKENS,
    TITLE_OVERHEAD_TOKENS,
    TITLE_WORDS,
    field_tokens,
    text_tokens,
)
from simcrm.llm.providers.base import LlmRequest

COUNTED = {
    "de": 1198,
    "en": 806,
    "en_GB": 820,
    "es": 1071,
    "fr": 1151,
    "it": 1214,
    "ja": 1612,
    "nl": 1207,
    "pt": 1031,
}
"""Tokens of the bodies of all examples of style in a language, by npm @anthropic-ai/tokenizer 0.0.4."""
JAPANESE, JAPANESE_TOKENS = (
    "一つ目の拠点で請求書の入力に毎週二日かかっている。来週の水曜に見積もりを送る約束をした。",
    50,
)

ENGLISH, ENGLISH_TOKENS = (
    "Their security officer had a printed list and went through it line by line this afternoon.",
    17,
)


def body(example: Any) -> str:
    return str(example if isinstance(example, str) else example["b"])


@pytest.mark.parametrize("language", COUNTED)
def test_examples_of_style_have_the_estimated_tokens(language: str) -> None:
    examples = [body(each) for own in read_text_data(f"styles/v2/{language}").values() for each in own]
    length = sum(len(text) if language == "ja" else len(text.split()) for text in examples)

    estimated = text_tokens(language[:2], length, is_titled=False) - TEXT_OVERHEAD_TOKENS

    assert estimated == pytest.approx(COUNTED[language], rel=0.07)


def test_every_language_of_examples_is_counted() -> None:
    folder = resources.files("simcrm.generation.text").joinpath("data/styles/v2")

    assert {file.name.removesuffix(".json") for file in folder.iterdir()} == COUNTED.keys()


def test_a_title_adds_its_words_and_its_key() -> None:
    added = text_tokens("de", 30, is_titled=True) - text_tokens("de", 30, is_titled=False)

    assert added == round(TITLE_WORDS * 2.15) + TITLE_OVERHEAD_TOKENS


@pytest.mark.parametrize("name", FIELD_SIZES)
def test_a_field_is_longer_where_words_take_more_tokens(name: str) -> None:
    overhead, words = FIELD_SIZES[name]

    assert overhead < field_tokens("en", name) < field_tokens("de", name)
    assert field_tokens("xx", name) == round(overhead + words * OTHER_TOKENS_PER_WORD)
    assert field_tokens("ja", name) == pytest.approx(overhead + words * 2.4 * 1.12, abs=0.5)


@pytest.mark.parametrize(("text", "counted"), [(JAPANESE, JAPANESE_TOKENS), (ENGLISH, ENGLISH_TOKENS)])
def test_a_request_is_estimated_on_the_high_side_in_any_writing(text: str, counted: int) -> None:
    request = LlmRequest(model="m", system="", prompt=text, schema={}, max_tokens=1, options={})

    assert counted <= estimate_input_tokens(request) - REQUEST_OVERHEAD_TOKENS <= 1.8 * counted
