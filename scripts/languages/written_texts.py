"""All that is written in a locale: the texts of generated accounts, and the lines that they are composed of."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from itertools import chain
from typing import Any, NamedTuple

from simcrm.core.json_types import JsonObject
from simcrm.synthetic import load_scenario, scenario_names
from simcrm.synthetic.account_claims import TEXT_PROPERTIES
from simcrm.synthetic.language_data import activity_texts, language_data, source_texts
from simcrm.synthetic.scenario_packs import translated_vocabulary
from simcrm_cli.account_lines import account_lines
from simcrm_cli.offline_generator import OfflineOptions, build_histories

AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
KINDS = ("B2B", "B2C")
TEXTS = {
    "company": ("description", "simcrm_original_source"),
    **{kind.value: names for kind, names in TEXT_PROPERTIES.items()},
    "contacts": ("jobtitle", "simcrm_original_source", "simcrm_marketing_consent_detail", "simcrm_lead_reasoning"),
}
"""The properties that hold texts, by the name of their list in an account's line."""
_SLOT = re.compile(r"\{[^}]*\}")


class WrittenText(NamedTuple):
    """A text of an object, by its property."""

    property_name: str
    text: str


def generate_accounts(locale: str, scenario: str, contacts: int, seed: str = "7") -> list[JsonObject]:
    """Return whole accounts of a locale, as ``simcrm generate --by account`` writes them."""
    options = OfflineOptions(pairs=contacts, seed=seed, scenario=scenario, as_of=AS_OF, locales={locale: 1.0})
    _team, *accounts = account_lines(build_histories(options))
    return accounts


def texts_of(account: JsonObject) -> Iterator[WrittenText]:
    """Yield all texts of an account."""
    for kind, names in TEXTS.items():
        for item in [account["company"]] if kind == "company" else account[kind]:
            properties: dict[str, Any] = item["properties"]
            for name in names:
                if name in properties:
                    yield WrittenText(name, unescape(properties[name].replace("<br>", "\n")))


def composed_lines(language: str) -> Iterator[str]:
    """Yield all lines of a language's data: patterns, without their slots, and the vocabulary."""
    data = language_data(language)
    yield from _strings(data["titles"])
    yield from chain.from_iterable(data["rules"].values())
    for kind in KINDS:
        rules = json.loads(activity_texts(language, kind)[1])["rules"], source_texts(language, kind)["rules"]
        for line in chain.from_iterable(chain(rules[0].values(), rules[1].values())):
            yield from line["say"] if isinstance(line, dict) else (line,)
    for segment in chain.from_iterable(load_scenario(name).segments for name in scenario_names()):
        vocabulary = segment.texts.get(language) or translated_vocabulary(language, segment)
        if vocabulary is not None:
            yield from vocabulary.topics + vocabulary.objections + vocabulary.triggers
            yield from chain(vocabulary.events, vocabulary.incumbents, vocabulary.competitors)
            for offer in vocabulary.offers:
                yield from (offer.product, *offer.pains, *offer.gains, *offer.issues, *offer.objections)
            for trade in vocabulary.trades.values():
                yield from chain(trade.activities, *(own.activities for own in trade.specialties))


def words_of(language: str) -> set[str]:
    """Return the words of a language's data; words that an ending completes are left out."""
    found: set[str] = set()
    for line in composed_lines(language):
        plain = re.sub(r"\w*(?:\{[^}]*\})+\w*", " ", line) if "{" in line else line
        found.update(re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", _SLOT.sub(" ", plain)))
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
