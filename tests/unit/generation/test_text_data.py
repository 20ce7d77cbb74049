"""The data by which models' texts are asked for and judged: complete, in their languages, and free of real names."""

import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from simcrm.generation.text import text_data
from simcrm.generation.text.text_data import language_facts, read_text_data
from simcrm.generation.text.text_gate import TextGate, TextLimits
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.text_checker import TextChecker, TextClaims

DATA = Path(text_data.__file__).parent / "data"
LOCALES = {
    "en": "en_US",
    "en_GB": "en_GB",
    "de": "de_DE",
    "fr": "fr_FR",
    "es": "es_ES",
    "it": "it_IT",
    "nl": "nl_NL",
    "pt": "pt_BR",
    "ja": "ja_JP",
}
"""A locale of each language that has examples."""

WORDS = {"n": (12, 30), "e": (27, 60), "c": (20, 40), "m": (20, 40), "t": (4, 12), "k": (15, 28), "d": (18, 30)}
WORDS |= {"w": (8, 15), "g": (8, 20)}
"""The lengths of examples in words; in Japanese 2.4 times as many characters."""

VERSION = "v2"


def examples(language: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = read_text_data(f"styles/{VERSION}/{language}")
    return found


def body(example: str | dict[str, str]) -> str:
    return example if isinstance(example, str) else example["b"]


def length(text: str, language: str) -> float:
    words = [word for word in text.split() if word != "-"]
    return len("".join(words)) / 2.4 if language == "ja" else len(words)


def test_every_data_file_can_be_read() -> None:
    names = [path.relative_to(DATA).with_suffix("").as_posix() for path in DATA.rglob("*.json")]

    assert len(names) == 3 + 1 + len(LOCALES)
    assert all(map(read_text_data, names))


@pytest.mark.parametrize("language", LOCALES)
def test_there_are_examples_of_every_kind_of_text_at_about_the_length_asked(language: str) -> None:
    own = examples(language)

    assert {letter: len(texts) for letter, texts in own.items()} == dict.fromkeys(WORDS, 3) | {"e": 4}
    for letter, (low, high) in WORDS.items():
        assert [text for text in map(body, own[letter]) if not low <= length(text, language) <= high * 1.1] == []
    assert [isinstance(text, dict) for text in own["e"]] == [True, True, False, False]
    assert all(text.keys() == {"t", "b"} for letter in "dcmtk" for text in own[letter])


@pytest.mark.parametrize("language", LOCALES)
def test_the_examples_pass_the_gate_and_name_nobody(language: str) -> None:
    locale = load_locale(LOCALES[language])
    gate = TextGate(TextChecker(load_language(locale.language, "B2B"), locale, ("API Gateway",)), language)
    claims = TextClaims(currency=locale.currency)

    for letter, texts in examples(language).items():
        limits = TextLimits(200, is_list=letter == "g")
        assert [gate.judge(body(text), claims, limits) for text in texts] == [None] * len(texts)
        titles = [text["t"] for text in texts if isinstance(text, dict)]
        assert [gate.judge(title, claims, TextLimits(0, is_title=True)) for title in titles] == [None] * len(titles)


@pytest.mark.parametrize("language", LOCALES)
def test_no_two_examples_of_a_kind_begin_alike_nor_as_is_to_be_avoided(language: str) -> None:
    avoided = tuple(map(str.casefold, read_text_data(f"voices/{VERSION}")["openings"][language]))

    for letter, texts in examples(language).items():
        begun = [body(text).removeprefix("- ").casefold() for text in texts]
        assert letter == "e" or len({text[:8] for text in begun}) == len(texts)
        assert [text for text in begun if text.startswith(avoided)] == []


def test_the_voices_are_short_and_different() -> None:
    voices = read_text_data(f"voices/{VERSION}")

    assert [len(set(voices[kind])) for kind in ("tones", "habits", "naming_ideas")] == [16, 16, 24]
    assert max(len(text.split()) for kind in ("tones", "habits", "naming_ideas") for text in voices[kind]) <= 6
    assert voices["openings"].keys() == LOCALES.keys()
    assert {len(set(own)) for own in voices["openings"].values()} == {10}


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl", "pt", "ja", "pl", "sv"])
def test_what_is_known_of_a_language_is_there(language: str) -> None:
    facts = language_facts(language)
    words = facts["functionWords"]

    assert len(words) >= 25 or language == "ja"
    assert len(words) == len(set(words))
    assert words == [word.lower() for word in words]
    if language not in {"pl", "sv"}:
        patterns = [facts["assistant"], facts["placeholders"], *facts["outcomes"].values()]
        assert all(patterns)
        assert all(map(re.compile, chain(*patterns, facts["hedges"], facts["hedgesAhead"])))


def test_firms_are_listed_once_and_ambiguous_names_are_among_them() -> None:
    firms = read_text_data("gate/firms")
    names = [name for region in firms["regions"].values() for name in region]
    ambiguous = firms["commonWords"].keys() | firms["properNames"].keys()

    assert len(names) == len(set(names)) > 400
    assert ambiguous <= set(names)
    assert firms["commonWords"].keys() & firms["properNames"].keys() == set()
    assert set(names) & set(read_text_data("gate/everyday_names")["names"]) == set()
