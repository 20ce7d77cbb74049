"""Titles and texts about the scenes of an account, as long as asked, that say nothing which could be wrong."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from local_anthropic.model.account_phrases import AccountPhrases, fill_phrase, find_slots, load_phrases, seeded_random
from local_anthropic.model.account_question import AskedAccount, AskedScene, AskedText

_GROUPS = {
    "d": "note",
    "w": "note",
    "n": "note",
    "c": "call",
    "m": "meeting",
    "g": "agenda",
    "e": "mail",
    "t": "task",
    "k": "ticket",
}
TITLED = "dcmetk"
_MISSED = ("voicemail", "no answer", "busy", "message left")
_LOWER, _UPPER = 0.93, 1.12
_TRIES = 20
_FACT_SHARE = 0.8
"""How many texts use facts."""
_PER_FACT = 30
"""Words or characters per sentence that uses a fact."""
_PER_ROUND = 120
"""Words or characters that the sentences of a kind surely suffice for."""
_CHARACTERS_PER_WORD = 2.5
_DEFAULT_WORDS = 25


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A text to write in a language (a code), with the scene and the account that it is about."""

    account: AskedAccount
    scene: AskedScene
    text: AskedText
    language: str

    @property
    def phrases(self) -> AccountPhrases:
        """The phrases of its language."""
        return load_phrases(self.language)

    @property
    def is_japanese(self) -> bool:
        """Whether lengths are in characters, and sentences follow each other without a space."""
        return self.language == "ja"

    @property
    def separator(self) -> str:
        """What stands between two sentences."""
        if self.text.letter == "g":
            return "\n"
        return "" if self.is_japanese else " "

    @property
    def length(self) -> int:
        """The asked length in words, in Japanese in characters."""
        default = _DEFAULT_WORDS * (_CHARACTERS_PER_WORD if self.is_japanese else 1)
        return self.text.length or round(default)

    def measure(self, sentence: str) -> int:
        """Return the length of a sentence in words, in Japanese in characters."""
        if self.is_japanese:
            return len(sentence) + len(self.separator)
        return sum(any(map(str.isalnum, word)) for word in sentence.split())

    def draws(self, purpose: str) -> random.Random:
        """Return the generator of what is written here for a purpose."""
        return seeded_random(purpose, self.language, self.account.source, self.text.line)

    def first_names(self) -> list[str]:
        """Return the first names of whom the text may name: to whom it goes, otherwise who takes part."""
        codes = self.text.people or self.scene.people
        return [person.first_name for code in codes if (person := self.account.person(code))]


def write_title(place: TextPlace) -> str:
    """Write the title of a text."""
    draws = place.draws("title")
    phrases, names = place.phrases, place.first_names()
    slots = {"product": place.account.product or phrases.default_product}
    if names:
        slots["person"] = draws.choice(names)
    if place.account.given_name:
        slots["company"] = place.account.given_name
    listed = phrases.titles.get(place.text.letter, phrases.titles["other"])
    fitting = [title for title in listed if find_slots(title) <= slots.keys()]
    return fill_phrase(draws.choice(fitting), slots, draws)


def write_body(place: TextPlace, attempt: int = 0, times: int = 1) -> str:
    """Write a text; another ``attempt`` writes another one, ``times`` multiplies the asked length."""
    draws = place.draws(f"body {attempt}")
    length = place.length * times
    best: list[str] = []
    for _ in range(_TRIES):
        chosen = _fill_length(place, _sentences(place, length, draws), length)
        best = min(chosen, best or chosen, key=lambda each: abs(_measure_all(place, each) - length))
        if length * _LOWER <= _measure_all(place, best) <= length * _UPPER:
            break
    return place.separator.join(best)


def _measure_all(place: TextPlace, sentences: Sequence[str]) -> int:
    return sum(map(place.measure, sentences))


def _fill_length(place: TextPlace, sentences: Iterable[str], length: int) -> list[str]:
    """Take sentences until the length is reached; the first one is taken in any case."""
    chosen: list[str] = []
    total = 0
    for sentence in sentences:
        size = place.measure(sentence)
        if total + size <= length * _UPPER or not chosen:
            chosen.append(sentence)
            total += size
        if total >= length * _LOWER:
            break
    return chosen


def _sentences(place: TextPlace, length: int, draws: random.Random) -> Iterator[str]:
    """Yield at first some sentences with facts, then those of the text's kind in random order, again if it is long."""
    facts = _fact_sentences(place, draws)
    count = min(len(facts), 1 + length // _PER_FACT) if draws.random() < _FACT_SHARE else 0
    phrases = place.phrases.group(_group(place.text))
    opening, *others = draws.sample(phrases, len(phrases))
    yield from draws.sample([fill_phrase(opening, {}, draws), *draws.sample(facts, count)], count + 1)
    for _ in range(1 + length // _PER_ROUND):
        yield from (fill_phrase(phrase, {}, draws) for phrase in draws.sample(others, len(others)))


def _group(text: AskedText) -> str:
    name = _GROUPS[text.letter]
    return "note" if name == "call" and any(word in text.line for word in _MISSED) else name


def _fact_sentences(place: TextPlace, draws: random.Random) -> Sequence[str]:
    """Return sentences that name a person or quote the pain; a person's own mail names nobody."""
    if place.text.letter == "g":
        return []
    is_mail = place.text.letter == "e"
    phrases, names = place.phrases, place.first_names()
    listed: list[str] = []
    if names and not (is_mail and " from " in place.text.line):
        slots = {"person": draws.choice(names)}
        listed += [fill_phrase(each, slots, draws) for each in (phrases.mail_person if is_mail else phrases.person)]
    if place.scene.pain:
        slots = {"pain": place.scene.pain}
        listed += [fill_phrase(each, slots, draws) for each in (phrases.mail_pain if is_mail else phrases.pain)]
    return listed
