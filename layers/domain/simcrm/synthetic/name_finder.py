"""Find names of people in a text, by the names of a locale and the forms of address of its language."""

import json
import re
from collections.abc import Collection, Container, Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any

from simcrm.synthetic.language import Language
from simcrm.synthetic.language_data import activity_texts
from simcrm.synthetic.locales import Locale, Person
from simcrm.synthetic.text_formats import Span, to_alternatives

_FORMS = ("person", "person_acc")
_WORD = re.compile(r"[^\W\d_](?:[\w'\u2019-]*\w)?")
_SLOT = re.compile(r"\{[^}]*\}")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_CAPITALIZED = r"[^\W\d_a-zß-öø-ÿ][\w'\u2019-]*"
_ACADEMIC = re.compile(r"(?:(?:Prof|Dr)\.\s)+")
_NOTHING = "(?!)"
_MIN_LETTERS = 2
"""Shorter names are parts of other words in a language without gaps between words."""


class NameFinder:
    """Finds the names of one locale."""

    def __init__(self, language: Language, locale: Locale) -> None:
        self._language = language
        self._has_capitals: bool = language.labels["capitals"]
        self._edge = r"\w" if self._has_capitals else _NOTHING
        self._given, self._surnames = frozenset(locale.given_names), frozenset(locale.surnames)
        self._ordinary = _ordinary_words(language)
        self._calendar = {name.casefold() for name in language.labels["months"] + language.labels["weekdays"]}
        self._address = self._address_pattern()

    def full_names(self, person: Person) -> set[str]:
        """Return how a text may write the full name of a person."""
        first, last = person.first, person.last
        return {f"{first} {last}", f"{last} {first}", *(() if self._has_capitals else (f"{last}{first}",))}

    def find_full_names(self, text: str, people: Collection[Person]) -> Iterator[Span]:
        """Find given names with a surname, or with a capitalized word that is no word of the language.

        ``people`` are known by their first names: in ``Will Ann come?`` there is no other name.
        """
        if not self._has_capitals:
            return self._joined_names(text)
        return self._name_pairs(text, {person.first for person in people})

    def find_addresses(self, text: str, people: Collection[Person]) -> Iterator[Span]:
        """Find forms of address with a surname, such as ``Frau Meyer``, that are those of none of the people."""
        addresses = {self._language.address(person, form) for person in people for form in _FORMS}
        allowed = re.compile(rf"(?:{to_alternatives(addresses)})s?(?!{self._edge})")  # with an s, a genitive
        for match in self._address.finditer(text) if self._address else ():
            last = next(filter(None, match.groups()))
            is_name = last in self._surnames or last.casefold() not in self._ordinary
            # A surname may have several words, of which the match holds the first.
            if is_name and not allowed.match(_ACADEMIC.sub("", text[match.start() :], count=1)):
                yield match.span()

    def find_single_names(self, text: str, names: Iterable[str]) -> Iterator[Span]:
        """Find names that stand alone; not those that are words of the language as well."""
        long = [name for name in names if self._has_capitals or len(name) >= _MIN_LETTERS]
        for match in re.finditer(rf"(?<!{self._edge})(?:{to_alternatives(long)})(?!{self._edge})", text):
            if match.group().casefold() not in self._ordinary:
                yield match.span()

    def _name_pairs(self, text: str, known: Container[str]) -> Iterator[Span]:
        previous: re.Match[str] | None = None
        for match in _WORD.finditer(text):
            if previous is not None and text[previous.end() : match.start()] == " ":
                last = _POSSESSIVE.sub("", match.group())
                if self._is_name(previous.group(), last, known):
                    yield previous.start(), match.start() + len(last)
            previous = match

    def _is_name(self, first: str, last: str, known: Container[str]) -> bool:
        if first not in self._given or not last[0].isupper() or (last.isupper() and len(last) > 1):
            return False
        if last.casefold() in self._calendar:
            return False
        is_word, is_last_word = first.casefold() in self._ordinary, last.casefold() in self._ordinary
        if last in self._surnames:
            return not (is_word and (is_last_word or last in known))
        return not is_word and not is_last_word

    def _joined_names(self, text: str) -> Iterator[Span]:
        for match in self._joined_name.finditer(text):
            yield match.span()

    @cached_property
    def _joined_name(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{to_alternatives(self._surnames)})\s?(?:{to_alternatives(self._given)})")

    def _address_pattern(self) -> re.Pattern[str] | None:
        forms = {form for name in _FORMS for form in self._language.labels[name].values() if "{last}" in form}
        last = _CAPITALIZED if self._has_capitals else to_alternatives(self._surnames)
        start = r"(?<!\w)" if self._has_capitals else ""
        patterns = [self._form_pattern(form, f"({last})") for form in sorted(forms, key=len, reverse=True)]
        return re.compile(f"{start}(?:{'|'.join(patterns)})") if patterns else None

    def _form_pattern(self, form: str, last: str) -> str:
        before, _, after = form.partition("{last}")
        academic = f"(?:{_ACADEMIC.pattern})?" if self._has_capitals else ""
        return f"{re.escape(before)}{academic}{last}{re.escape(after)}"


def _ordinary_words(language: Language) -> frozenset[str]:
    """Return the words of a language's texts: a name among them may be meant as a word."""
    scenes: dict[str, list[Any]] = json.loads(activity_texts(language.name, language.kind)[1])["rules"]
    lines = chain(*language.templates.rules.values(), *scenes.values())
    patterns = chain.from_iterable((line,) if isinstance(line, str) else line["say"] for line in lines)
    return frozenset(word.casefold() for pattern in patterns for word in _WORD.findall(_SLOT.sub(" ", pattern)))
