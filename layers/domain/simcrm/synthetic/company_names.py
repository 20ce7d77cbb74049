"""Realistic company names, and domains that no two companies share.

A name's style determines the lists that its parts come from; a permutation of the company's index picks the parts, so
two companies in a run never get the same ones. The set of first parts is prefix-free, and so is the set of parts that
follow: a domain can be split into its parts unambiguously, so different parts make different domains.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.seeded_random import Permutation, SeedSequence, StreamRandom, WeightedChoice
from simcrm.synthetic.transliteration import to_latin


class Token(NamedTuple):
    """A part of a name as displayed, and as used in a domain."""

    display: str
    slug: str


class CompanyName(NamedTuple):
    """A company's name, its name without the legal form, and its domain stem."""

    name: str
    short: str
    domain_stem: str


@dataclass(frozen=True, slots=True)
class Style:
    """How names of one style are composed.

    ``lists`` are the lists of the parts that identify the company; ``joints`` are what may separate them. ``word`` is
    the share of names that end in a word of the market, ``word_in_domain`` the share of those whose domain contains
    that word, ``place`` the share of domains that contain the company's town. Parts longer than ``max_length`` in total
    are not joined.
    """

    lists: tuple[str, ...]
    joints: tuple[str, ...] = (" ",)
    word: float = 1.0
    word_in_domain: float = 1.0
    place: float = 0.0
    max_length: int = 99


_TAIL, _HYPHEN = "tail", "-"

STYLES = {
    "pair_joined": Style(("first", "second"), ("",), 0.97, 0.985, 0.08, max_length=10),
    "pair_spaced": Style(("first", "second"), (" ",), 0.98, 0.985, 0.08),
    "surname_second": Style(("surname", "second"), (" ",), 0.9, 0.7),
    "two_surnames": Style(("surname", "otherSurname"), (" & ", " ", _HYPHEN), 0.45, 0.2),
    "surname_plain": Style(("plainSurname",), (), 1.0, 1.0, 0.35),
    "surname_suffix": Style(("surname", "suffix"), (" ",), 0.0, 0.0, 0.3),
    "initials": Style(("initials",), (), 1.0, 1.0, 0.3),
    "two_surnames_tail": Style(("surname", "otherSurname", _TAIL), (" & ",), 0.0, 0.0),
    "founder": Style(("founder", "otherSurname"), (" ",), 0.9, 0.7, 0.1),
    "pair_tail": Style(("first", "second", _TAIL), ("",), 0.0, 0.0),
    "coined": Style(("coinedStart", "coinedMiddle", "coinedEnd"), ("",), 0.72, 0.8),
}


_LOCAL_FACTOR = 2.5


class CompanyNamer:
    """Names the companies of one locale for one seed; local ones have their town in the domain more often."""

    def __init__(self, locale: str, seed: SeedSequence, *, local: bool) -> None:
        self._town_factor = _LOCAL_FACTOR if local else 1
        self._locale = locale
        data = read_data(f"locales/{locale}/companies.json")
        self._lists: dict[str, list[str]] = data
        self._forms = _forms_by_size(data["forms"])
        self._form_share: float = data["formShare"] / 100
        own: dict[str, dict[str, int]] = data.get("formsByWord", {})
        self._forms_by_word = {word: WeightedChoice(list(forms), list(forms.values())) for word, forms in own.items()}
        self._spaced: bool = data["spaced"]
        self._has_hyphens: bool = data["hyphens"]
        self._styles = WeightedChoice(list(data["styles"]), list(data["styles"].values()))
        self._orders = {name: self._order(name, locale, seed) for name in {*data["styles"], data["roomy"]}}
        self._roomy: str = data["roomy"]

    def _order(self, style: str, locale: str, seed: SeedSequence) -> Permutation:
        first, *rest = (len(self._lists[name]) for name in STYLES[style].lists)
        others = 1
        for size in rest:
            others *= size
        return Permutation(seed, "/".join((locale, *STYLES[style].lists)), first, others)

    def name(
        self, index: int, market_words: tuple[str, ...], towns: tuple[str, ...], employees: int, rng: StreamRandom
    ) -> CompanyName:
        """Return the name of the company with this index, which may end in one of the market's words.

        ``towns`` is what its domain may contain for its place; ``employees`` decides on its legal form.
        """
        chosen = self._styles.pick(rng)
        if index >= self._orders[chosen].size:
            chosen = self._roomy
        style, order = STYLES[chosen], self._orders[chosen]
        round_number, position = divmod(index, order.size)
        tokens = self._tokens(style, order.pair(position))
        word = rng.choice(market_words) if rng.bernoulli(style.word) else ""
        shown = self._show(style, tokens, rng)
        stem = "".join(token.slug for token in tokens)
        if word and rng.bernoulli(style.word_in_domain):
            stem += slug(word.partition("|")[2] or word, self._locale)
        if rng.bernoulli(style.place * self._town_factor):
            stem += rng.choice(towns)
        if round_number:
            stem += f"-{round_number + 1}"
        ending, _, _ = word.partition("|")
        short = f"{shown}{' ' if self._spaced else ''}{ending}" if ending else shown
        kind, _, _ = (word or next(iter(market_words), "")).partition("|")
        return CompanyName(self._with_form(short, kind, employees, rng), short, stem)

    def _show(self, style: Style, tokens: list[Token], rng: StreamRandom) -> str:
        """Return the parts as displayed; a tail, which tells apart what the other parts do not, stands alone."""
        *parts, last = tokens
        if style.lists[-1] != _TAIL:
            return _join_tokens(tokens, self._joint(style, tokens, rng))
        shown = _join_tokens(parts, self._joint(style, parts, rng))
        return f"{shown}{' ' if self._spaced else ''}{last.display}"

    def _joint(self, style: Style, tokens: list[Token], rng: StreamRandom) -> str:
        """Return the separator of the parts; parts that are too long to join are separated by a space."""
        if not self._spaced or not style.joints:
            return ""
        joint = rng.choice([joint for joint in style.joints if self._has_hyphens or joint != _HYPHEN])
        return joint if joint or sum(len(token.display) for token in tokens) <= style.max_length else " "

    def _with_form(self, name: str, kind: str, employees: int, rng: StreamRandom) -> str:
        """Add a legal form or none; solicitors and building societies have those of their kind at any size."""
        if kind in self._forms_by_word:
            return name + self._forms_by_word[kind].pick(rng)
        if not rng.bernoulli(self._form_share):
            return name
        form = next(forms for limit, forms in self._forms if employees < limit).pick(rng)
        return form.replace("{}", name) if "{}" in form else name + form

    def _tokens(self, style: Style, pair: tuple[int, int]) -> list[Token]:
        first, rest = pair
        tokens = [_token(self._lists[style.lists[0]][first])]
        for name in style.lists[1:]:
            rest, number = divmod(rest, len(self._lists[name]))
            tokens.append(_token(self._lists[name][number]))
        return tokens


def _forms_by_size(rows: list[dict[str, Any]]) -> list[tuple[float, WeightedChoice[str]]]:
    """Return the legal forms of companies below each size, by the sizes at which the choice changes."""
    limits = sorted({inf, *(row["from"] for row in rows if row["from"]), *(row.get("below", inf) for row in rows)})
    return [(limit, _forms_below(rows, limit)) for limit in limits]


def _forms_below(rows: list[dict[str, Any]], limit: float) -> WeightedChoice[str]:
    found = [row for row in rows if row["from"] < limit <= row.get("below", inf)]
    return WeightedChoice([row["form"] for row in found], [row["weight"] for row in found])


def slug(text: str, locale: str) -> str:
    """Return the Latin letters and digits of a text, for a domain."""
    return "".join(letter for letter in to_latin(text, locale).lower() if letter.isalnum())


def _token(entry: str) -> Token:
    if "|" in entry:
        return Token(*entry.split("|"))
    return Token(entry, entry.lower())


def _join_tokens(tokens: list[Token], joint: str) -> str:
    return tokens[0].display + "".join(
        joint + _apply_case(token.display, joint) for token in tokens[1:] if token.display
    )


def _apply_case(part: str, joint: str) -> str:
    return part[:1].upper() + part[1:] if joint and " " not in part else part
