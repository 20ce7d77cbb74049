"""Read the data of a language; a variant, such as British English, has that of its base with its own spelling.

A variant names its ``base`` and a ``spelling``: words of the base and what stands in their place. What its own files
hold replaces what the base's hold, rule by rule and key by key.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from simcrm.synthetic.data_files import data_names, read_data, read_text
from simcrm.synthetic.grammar import Grammar, Noun, requested_forms

T = TypeVar("T")

_BASE, _SPELLING = "base", "spelling"


def language_data(language: str) -> Any:
    """Return labels, endings, grammar, titles and shared rules of a language. Raises DataFileError."""
    return _variant_data(language) if base_language(language) else read_data(f"languages/{language}.json")


def load_grammar(language: str) -> Grammar:
    """Return the grammar of a language. Raises DataFileError."""
    data = language_data(language)
    return Grammar(data["grammar"], data["endings"])


def source_texts(language: str, kind: str) -> Any:
    """Return the sources of a language's accounts and the rules of the texts about them. Raises DataFileError."""
    name = f"source_texts/{language}-{kind}.json"
    return _variant_texts("source_texts", language, kind) if base_language(language) else read_data(name)


def activity_texts(language: str, kind: str) -> tuple[str, str]:
    """Return the name of the file of a language's scene texts, and its text. Raises DataFileError."""
    name = f"activity_texts/{language}-{kind}.json"
    if not base_language(language):
        return name, read_text(name)
    return name, json.dumps(_variant_texts("activity_texts", language, kind), ensure_ascii=False)


@cache
def slot_forms(language: str, kind: str) -> frozenset[tuple[str, str]]:
    """Return the slots of which the texts of a language ask for forms, each with the form. Raises DataFileError."""
    scenes: dict[str, list[Any]] = json.loads(activity_texts(language, kind)[1])["rules"]
    lines = chain(*language_data(language)["rules"].values(), *source_texts(language, kind)["rules"].values())
    said = chain.from_iterable(
        line["say"] if isinstance(line, dict) else (line,) for line in chain(lines, *scenes.values())
    )
    return frozenset(requested_forms(said))


def base_language(language: str) -> str | None:
    """Return the language of which this one is a variant; None if it is none."""
    base: str | None = read_data(f"languages/{language}.json").get(_BASE)
    return base


def spelling(language: str) -> "Spelling":
    """Return the spelling of a variant."""
    return Spelling(read_data(f"languages/{language}.json")[_SPELLING])


class Spelling:
    """Replaces words by those of a variant, wherever they stand in data; slots of templates stay as they are."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = {**words, **{_capitalize(word): _capitalize(own) for word, own in words.items()}}
        alternatives = "|".join(map(re.escape, sorted(self._words, key=len, reverse=True)))
        self._pattern = re.compile(rf"\{{[^}}]*\}}|\b(?:{alternatives})\b" if words else "(?!)")

    def respell(self, value: T) -> T:
        """Return a text, or JSON or a dataclass with texts in it, in this spelling; keys and guards stay."""
        respelled: T = self._respell(value)
        return respelled

    def _respell(self, value: Any) -> Any:
        if isinstance(value, Noun):
            forms = {form: self._text(text) for form, text in value.forms.items()}
            return Noun(self._text(value), value.gender, forms)
        if type(value) is str:
            return self._text(value)
        if isinstance(value, list | tuple):
            return type(value)(map(self._respell, value))
        if isinstance(value, Mapping):
            return {key: own if key == "if" else self._respell(own) for key, own in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{own.name: self._respell(getattr(value, own.name)) for own in fields(value)})
        return value

    def _text(self, text: str) -> str:
        return self._pattern.sub(lambda match: self._words.get(match.group(), match.group()), text)


@cache
def _variant_data(language: str) -> Any:
    own = read_data(f"languages/{language}.json")
    return _merge(spelling(language).respell(language_data(own[_BASE])), own)


@cache
def _variant_texts(folder: str, language: str, kind: str) -> Any:
    base = read_data(f"languages/{language}.json")[_BASE]
    own = read_data(f"{folder}/{language}-{kind}.json") if f"{language}-{kind}" in data_names(folder) else {}
    return _merge(spelling(language).respell(read_data(f"{folder}/{base}-{kind}.json")), own)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _merge(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with what another has of its own; objects in both are merged, all else is replaced."""
    merged = {**base, **own}
    for key in base.keys() & own.keys():
        if isinstance(base[key], dict) and isinstance(own[key], dict):
            merged[key] = _merge(base[key], own[key])
    return merged
