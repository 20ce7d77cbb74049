"""Answers about accounts, by the schema of the request."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from local_anthropic.model.account_names import name_company
from local_anthropic.model.account_phrases import AccountPhrases, fill_phrase, is_english, load_phrases, seeded_random
from local_anthropic.model.account_question import AskedAccount, AskedPerson
from local_anthropic.model.account_texts import TITLED, TextPlace, write_body, write_title

RECORDS, ACCOUNT, PERSON, TEXT = ("r",), ("k", "n", "s", "i", "p", "a"), ("k", "f", "j", "c", "r"), ("x", "t", "b", "m")
_ORIGINS = {
    "event": ("trade show", "event", "fair", "conference", "summit", "expo"),
    "webinar": ("webinar",),
    "referral": ("referral", "recommend", "friend", "word of mouth"),
    "partner": ("partner", "reseller"),
    "search": ("search", "website", "organic", "content", "trial", "demo", "form"),
    "social": ("social", "linkedin", "campaign", "advert"),
    "outbound": ("outbound", "cold", "direct"),
}
_FUNCTIONS = {
    "maintenance": ("maintenance", "facility"),
    "finance": ("finance", "accounting", "controlling"),
    "it": ("it", "information", "software", "systems"),
    "sales": ("sales",),
    "marketing": ("marketing",),
    "hr": ("hr", "human", "people"),
    "purchasing": ("purchasing", "procurement"),
    "production": ("production", "manufacturing", "plant"),
    "operations": ("operations", "logistics"),
    "owner": ("owner", "founder", "managing"),
}
_LEADING = {"head", "executive", "director", "vp", "chief", "manager", "lead", "owner", "founder", "managing"}
_INITIALS = {word: word.upper() for word in ("it", "hr", "vp", "ceo", "cfo", "cio", "coo", "cto")}
_SMALL = {"of", "and", "for", "the"}
_MAX_ATTEMPTS = 50
_MAX_LATER_MINUTES = 10


@dataclass(frozen=True, slots=True)
class _ObjectShape:
    """The properties of a list's items, and which of them are required."""

    properties: Mapping[str, Any]
    required: frozenset[str]

    def has(self, name: str, *, is_useful: bool) -> bool:
        """Return whether to write a property that may be left out if it is not useful."""
        return name in self.properties and (is_useful or name in self.required)


@dataclass(frozen=True, slots=True)
class AccountSchema:
    """What the schema of an answer about accounts asks for."""

    account: _ObjectShape
    person: _ObjectShape
    text: _ObjectShape


@lru_cache(maxsize=256)
def read_account_schema(schema_text: str) -> AccountSchema | None:
    """Return what a schema asks for; None if it is not one for answers about accounts."""
    root = _shape(json.loads(schema_text))
    account = _item_shape(root, "r")
    shapes = AccountSchema(account, _item_shape(account, "p"), _item_shape(account, "a"))
    known = ((root, RECORDS), (account, ACCOUNT), (shapes.person, PERSON), (shapes.text, TEXT))
    is_known = all(shape.properties.keys() <= set(names) for shape, names in known)
    return shapes if is_known and _has_keys(shapes) else None


def _has_keys(schema: AccountSchema) -> bool:
    lists = schema.account.properties
    return (
        "k" in lists
        and ("p" in lists) == ("k" in schema.person.properties)
        and ("a" in lists) == ("x" in schema.text.properties)
    )


def _item_shape(shape: _ObjectShape, name: str) -> _ObjectShape:
    return _shape(shape.properties.get(name, {}).get("items", {}))


def _shape(schema: Mapping[str, Any]) -> _ObjectShape:
    return _ObjectShape(schema.get("properties", {}), frozenset(schema.get("required", ())))


def write_account_answer(accounts: Sequence[AskedAccount], schema: AccountSchema, language: str) -> dict[str, Any]:
    """Write all accounts of a question in a language, given by its code; no two of the texts are alike."""
    return {"r": list(_AnswerWriter(schema, language).rows(accounts))}


def text_places(account: AskedAccount, language: str) -> list[TextPlace]:
    """Return the texts to write for an account, in their order."""
    return [TextPlace(account, scene, text, language) for scene in account.scenes for text in scene.texts]


class _AnswerWriter:
    def __init__(self, schema: AccountSchema, language: str) -> None:
        self._schema = schema
        self._language = language
        self._bodies: set[str] = set()

    def rows(self, accounts: Sequence[AskedAccount]) -> Iterator[dict[str, Any]]:
        for account in accounts:
            yield _write_properties(self._schema.account, self._account_writers(account))

    def _account_writers(self, account: AskedAccount) -> dict[str, Callable[[], Any]]:
        phrases = load_phrases(self._language)
        return {
            "k": lambda: account.code,
            "n": partial(name_company, account, phrases),
            "s": partial(_write_source, account, phrases),
            "i": partial(_write_interests, account, phrases),
            "p": lambda: [self._person(account, person, phrases) for person in account.people],
            "a": lambda: [self._text(place) for place in text_places(account, self._language)],
        }

    def _person(self, account: AskedAccount, person: AskedPerson, phrases: AccountPhrases) -> dict[str, Any]:
        draws = seeded_random(person.code, self._language, account.source)
        reasons = phrases.reasoning.get(person.temperature, phrases.reasoning["warm"])
        return _write_properties(
            self._schema.person,
            {
                "k": lambda: person.code,
                "f": lambda: person.first_name,
                "j": lambda: _write_job(person, phrases, self._language),
                "c": lambda: fill_phrase(draws.choice(phrases.consent), {}, draws),
                "r": lambda: fill_phrase(draws.choice(reasons), {}, draws),
            },
        )

    def _text(self, place: TextPlace) -> dict[str, Any]:
        text, shape = place.text, self._schema.text
        later = place.draws("minutes").randint(1, _MAX_LATER_MINUTES)
        writers: dict[str, Callable[[], Any]] = {
            "x": lambda: text.code,
            "t": lambda: write_title(place),
            "b": lambda: self._new_body(place),
            "m": lambda: (text.minutes or 0) + later,
        }
        useful = {"t": text.letter in TITLED and not text.is_reply, "m": text.minutes is not None}
        return _write_properties(
            shape,
            {name: write for name, write in writers.items() if shape.has(name, is_useful=useful.get(name, True))},
        )

    def _new_body(self, place: TextPlace) -> str:
        body = write_body(place)
        for attempt in range(1, _MAX_ATTEMPTS):
            if body not in self._bodies:
                break
            body = write_body(place, attempt)
        self._bodies.add(body)
        return body


def _write_properties(shape: _ObjectShape, writers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    return {name: writers[name]() for name in shape.properties if name in writers}


def _write_source(account: AskedAccount, phrases: AccountPhrases) -> str:
    """Say where an account came from, with the name of the event if it was one."""
    origin = account.origin.lower()
    kind = next((kind for kind, words in _ORIGINS.items() if any(word in origin for word in words)), "other")
    if kind != "event":
        return phrases.source[kind]
    named = account.origin.split()
    name = " ".join(named[next((place for place, word in enumerate(named) if not word.islower()), len(named)) :])
    return phrases.source["event"].replace("{event}", name) if name else phrases.source["plain"]


def _write_interests(account: AskedAccount, phrases: AccountPhrases) -> list[str]:
    """Return the products that the account is sold, or what anybody may want."""
    draws = seeded_random("interests", account.source)
    return [account.product] if account.product else draws.sample(phrases.interests, draws.randint(1, 2))


def _write_job(person: AskedPerson, phrases: AccountPhrases, language: str) -> str:
    """Write the job title by the words of the question; in English these words are the title."""
    words = person.position.lower().replace("/", " ").split()
    if is_english(language) and words:
        return " ".join(_INITIALS.get(word) or (word if word in _SMALL else word.capitalize()) for word in words)
    found = (phrases.jobs[function] for function, names in _FUNCTIONS.items() if set(names) & set(words))
    lead, other = next(found, ("", ""))
    if lead:
        return lead if _LEADING & set(words) else other
    return seeded_random(person.code, person.position).choice(phrases.generic_jobs)
