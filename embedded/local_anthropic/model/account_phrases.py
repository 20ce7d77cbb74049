"""What is written about accounts in each language: sentences that can be true of any of them."""

import random
import re
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

_CODES = {
    "British English": "en_GB",
    "English": "en",
    "Dutch": "nl",
    "French": "fr",
    "German": "de",
    "Italian": "it",
    "Japanese": "ja",
    "Portuguese": "pt",
    "Spanish": "es",
}
_LANGUAGE = re.compile(rf"\bin ({'|'.join(_CODES)})\b")
_ALTERNATIVES = re.compile(r"\[([^\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
DEFAULT_LANGUAGE = "en"


class _PhraseModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class NameParts(_PhraseModel):
    """Parts of company names, and patterns by idea; ``local`` are those in the language's own script."""

    surnames: list[str]
    heads: list[str]
    middles: list[str]
    tails: list[str]
    trades: list[str]
    patterns: list[str]
    founder: list[str]
    town: list[str]
    coined: list[str]
    local: "NameParts | None" = None


class LiePhrases(_PhraseModel):
    """Sentences that say what is not so; ``people`` are names of nobody."""

    amount: str
    date: str
    person: str
    outcome: list[str]
    firm: str
    amount_form: str
    date_form: str
    months: list[str]
    people: list[str]


class AccountPhrases(_PhraseModel):
    """Phrases of one language; in ``[a|b]`` one of the alternatives is drawn, ``{person}`` is a slot."""

    note: list[str]
    call: list[str]
    meeting: list[str]
    mail: list[str]
    task: list[str]
    ticket: list[str]
    agenda: list[str]
    person: list[str]
    mail_person: list[str]
    pain: list[str]
    mail_pain: list[str]
    titles: dict[str, list[str]]
    default_product: str
    default_company: str
    consent: list[str]
    reasoning: dict[str, list[str]]
    source: dict[str, str]
    interests: list[str]
    jobs: dict[str, list[str]]
    generic_jobs: list[str]
    names: NameParts
    lies: LiePhrases

    def group(self, name: str) -> list[str]:
        """Return the sentences of a group, such as ``note``."""
        sentences: list[str] = getattr(self, name)
        return sentences


def find_language(system: str) -> str:
    """Return the code of the language that a system prompt asks to write in; English if it names none of them."""
    match = _LANGUAGE.search(system)
    return _CODES[match[1]] if match else DEFAULT_LANGUAGE


@cache
def load_phrases(language: str) -> AccountPhrases:
    """Return the phrases of a language by its code."""
    base, _, variant = language.partition("_")
    text = files("local_anthropic").joinpath(f"data/accounts/{base}.json").read_bytes()
    phrases = AccountPhrases.model_validate_json(text)
    return _write_british_dates(phrases) if variant else phrases


def _write_british_dates(phrases: AccountPhrases) -> AccountPhrases:
    lies = phrases.lies.model_copy(update={"date_form": "{day} {monthName} {year}"})
    return phrases.model_copy(update={"lies": lies})


def is_english(language: str) -> bool:
    """Return whether a language, given by its code, is a variant of English."""
    return language.startswith(DEFAULT_LANGUAGE)


def fill_phrase(phrase: str, slots: Mapping[str, str], draws: random.Random) -> str:
    """Draw the alternatives of a phrase and fill its slots."""
    drawn = _ALTERNATIVES.sub(lambda match: draws.choice(match[1].split("|")), phrase)
    return _SLOT.sub(lambda match: slots[match[1]], drawn)


def find_slots(phrase: str) -> set[str]:
    """Return the names of the slots of a phrase."""
    return set(_SLOT.findall(phrase))


def seeded_random(*parts: str) -> random.Random:
    """Return a generator that draws the same for the same texts."""
    seed = blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
    return random.Random(seed)  # noqa: S311  # texts, not secrets
