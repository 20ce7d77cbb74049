"""Inflect what stands in a slot by the rules of a language: articles, contractions, case forms, endings, plurals.

The rules are data, ``grammar`` in ``languages/*.json``. A template asks for a form of a slot, ``{du event}``, for an
ending that agrees with it, ``{e other}``, or, in ``{users}``, for the plural that a number needs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self

GENDERS = ("m", "f", "n", "mp", "fp", "np")
"""Masculine, feminine and neuter; with a p, words that are plural."""

OTHER = "other"
"""The plural category of all numbers that are in none of a language's own."""

_PLURAL_MARK = "p"
_CACHED_FORMS = 4_096


class Noun(str):  # noqa: SLOT000 - it keeps attributes, also through a copy
    """A word or phrase with what its language needs to inflect it.

    ``gender`` is one of GENDERS, empty if unknown; ``forms`` are forms that no rule derives.
    """

    gender: str
    forms: Mapping[str, str]

    def __new__(cls, text: str, gender: str = "", forms: Mapping[str, str] | None = None) -> Self:
        """Return a text as a noun."""
        noun = super().__new__(cls, text)
        noun.gender, noun.forms = gender, forms or {}
        return noun


class _FormRule(NamedTuple):
    """One way to make a form: for words of these genders (None: of any) in which the pattern is found."""

    genders: frozenset[str] | None
    pattern: re.Pattern[str]
    replacement: str

    def apply(self, word: str, gender: str) -> str | None:
        if self.genders is not None and gender not in self.genders:
            return None
        match = self.pattern.search(word)
        return None if match is None else word[: match.start()] + match.expand(self.replacement) + word[match.end() :]


class MissingFormError(ValueError):
    """A word lacks what its language needs for a form; the message says what to write."""


class Grammar:
    """The grammar of one language; ``endings`` are those that agree with a person, by sex."""

    def __init__(self, data: Mapping[str, Any], endings: Mapping[str, Mapping[str, str]]) -> None:
        sounds: Mapping[str, str] = data.get("sounds", {})
        self._rules = {
            form: tuple(_form_rule(rule, sounds) for rule in rules) for form, rules in data.get("forms", {}).items()
        }
        self._endings = endings
        self._plurals: Mapping[str, Sequence[int]] = data.get("plurals", {})
        self._derived = lru_cache(_CACHED_FORMS)(self._derive)

    @property
    def forms(self) -> frozenset[str]:
        """The names of the forms of words."""
        return frozenset(self._rules)

    @property
    def endings(self) -> frozenset[str]:
        """The names of the endings that agree with a person or a noun."""
        return frozenset().union(*self._endings.values())

    @property
    def plural_categories(self) -> tuple[str, ...]:
        """The categories of numbers for which a noun needs a form of its own."""
        return (*self._plurals, OTHER)

    def plural_category(self, number: int) -> str:
        """Return the category of a number, as CLDR names them."""
        return next((name for name, numbers in self._plurals.items() if number in numbers), OTHER)

    def inflect(self, form: str, word: str) -> str:
        """Return a form of a word, or the ending that agrees with it. Raises MissingFormError."""
        own = word.forms.get(form) if isinstance(word, Noun) else None
        gender = word.gender if isinstance(word, Noun) else ""
        made = self._derived(form, word, gender) if own is None else own
        if made is None:
            raise MissingFormError(self._advice(form, word))
        return made

    def _derive(self, form: str, word: str, gender: str) -> str | None:
        if form not in self._rules:
            return self._endings.get(gender, self._endings.get(gender.removesuffix(_PLURAL_MARK), {})).get(form)
        made = (rule.apply(word, gender) for rule in self._rules[form])
        return next((text for text in made if text is not None), None)

    def _advice(self, form: str, word: str) -> str:
        entry = f'{{"text": "{word}", "gender": "f"}}'
        return (
            f'"{word}" has no form "{form}" for texts that say {{{form} ...}}; '
            f"write it as {entry}, with its gender ({', '.join(self._known_genders(form))}), "
            f'or give the form itself as "forms": {{"{form}": "..."}}'
        )

    def _known_genders(self, form: str) -> Iterable[str]:
        known = {gender for rule in self._rules.get(form, ()) for gender in rule.genders or ()} or set(self._endings)
        return (gender for gender in GENDERS if gender in known)


_SOUND = re.compile(r"(?<![?(P])<(\w+)>")
_FORM_SLOT = re.compile(r"\{([^{} ]+) ([^{} ]+)\}")


def requested_forms(patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the slots of which patterns ask for forms, each with the form."""
    for pattern in patterns:
        for form, slot in _FORM_SLOT.findall(pattern):
            yield slot, form


def _form_rule(data: Mapping[str, str], sounds: Mapping[str, str]) -> _FormRule:
    """Read a rule; ``<vowel>`` in its pattern is the sound of that name."""
    genders = frozenset(data["of"].split()) if "of" in data else None
    pattern = _SOUND.sub(lambda match: f"(?:{sounds[match[1]]})", data.get("match", "^"))
    return _FormRule(genders, re.compile(pattern), data["by"])


NO_GRAMMAR = Grammar({}, {})
"""That of texts that ask for no forms."""
