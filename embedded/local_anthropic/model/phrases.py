"""Plausible texts for each purpose, from a record's facts if there are any, otherwise from lists."""

import json
import random
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from local_anthropic.model.field_purpose import FieldPurpose
from local_anthropic.model.prompt_facts import PromptRecord

_SLOT = re.compile(r"\{(\w+)\}")
if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_TRIES = 4
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_FACTS = {
    "city": ("city", "town", "place"),
    "state": ("state", "region"),
    "country": ("country",),
    "language": ("lang", "locale"),
    "industry": ("industry", "sector"),
    "product": ("product", "offer", "interest"),
    "pain": ("pain",),
    "gain": ("gain", "goal"),
    "reason": ("trigger", "reason"),
    "company": ("company", "firm", "account", "business"),
    "person": ("firstname", "first_name", "contact", "person", "lead", "name"),
    "first_name": ("firstname", "first_name"),
    "last_name": ("lastname", "last_name"),
}


class PhraseWriter:
    """Writes for one record; equal records and seeds get equal texts."""

    def __init__(self, record: PromptRecord, seed: str) -> None:
        self._record = record
        self.random = random.Random(seed)  # noqa: S311  # texts, not secrets
        words = _phrase_lists("words")
        self._company = self._named_company(words)
        self._person = f"{self.random.choice(words['first'])} {self.random.choice(words['last'])}"
        self._slots: dict[str, str] = {}
        self._unused_by_kind: dict[str, list[str]] = {}

    def write(self, purpose: FieldPurpose) -> str:
        """Write a text for a purpose within the requested length: the first that fits, otherwise one cut short."""
        tries = [self._sentences(purpose) for _ in range(_MAX_TRIES if purpose.words or purpose.characters else 1)]
        return next((text for text in tries if _fits(text, purpose)), _cut(tries[0], purpose))

    def write_several(self, purpose: FieldPurpose, count: int) -> list[str]:
        """Write several different short texts."""
        kind = "product" if purpose.kind in {"interest", "text"} else purpose.kind
        listed = _phrase_lists("words").get(kind)
        if listed:
            known = (self._record.find(*_FACTS[kind]) or "").split("/") if kind in _FACTS else []
            drawn = [*filter(None, known), *self.random.sample(listed, min(count, len(listed)))]
            return list(dict.fromkeys(drawn))[:count]
        return list(dict.fromkeys(self.write(purpose) for _ in range(count)))

    def _sentences(self, purpose: FieldPurpose) -> str:
        text = self._write_kind(purpose.kind)
        return " ".join(_SENTENCE.split(text)[: purpose.sentences]) if purpose.sentences else text

    def _write_kind(self, kind: str) -> str:
        if kind in _phrase_lists("phrases"):
            return _SLOT.sub(lambda slot: self._slot(slot[1]), self._unused_phrase(kind))
        return self._slot(kind)

    def _unused_phrase(self, kind: str) -> str:
        """Return a phrase not yet used for this record, as long as there is one."""
        if not self._unused_by_kind.get(kind):
            phrases = _phrase_lists("phrases")[kind]
            self._unused_by_kind[kind] = self.random.sample(phrases, len(phrases))
        return self._unused_by_kind[kind].pop()

    def _named_company(self, words: dict[str, Any]) -> str:
        industry = (self._record.find("industry", "sector") or "").lower().replace("_", " ")
        trades = (names for pattern, names in words["trades"] if industry and re.search(pattern, industry))
        second = self.random.choice(next(trades, words["companySecond"]))
        return f"{self.random.choice(words['companyFirst'])} {second}{self.random.choice(words['companyThird'])}"

    def _stem(self) -> str:
        return slug(self._company)

    def _slot(self, name: str) -> str:
        if name not in self._slots:
            self._slots[name] = self._fact(name) or self._draw(name)
        return self._slots[name]

    def _fact(self, name: str) -> str | None:
        fact = self._record.find(*_FACTS[name]) if name in _FACTS else None
        return self.random.choice(fact.split("/")) if fact and name == "product" else fact

    def _draw(self, name: str) -> str:
        invented: dict[str, Callable[[], str]] = {
            "company": lambda: self._company,
            "domain": self._stem,
            "person": lambda: self._person,
            "first_name": lambda: self._slot("person").split()[0],
            "last_name": lambda: self._slot("person").split()[-1],
            "email": lambda: f"{slug(self._slot('person'))}@{self._stem()}.example",
            "phone": lambda: f"+1 614 555 01{self.random.randrange(100):02d}",
            "language": lambda: "en",
            "country": lambda: "United States",
            "interest": lambda: self._slot("product"),
        }
        if name in invented:
            return invented[name]()
        return str(self.random.choice(_phrase_lists("words")[name]))


def _fits(text: str, purpose: FieldPurpose) -> bool:
    return len(text.split()) <= (purpose.words or len(text)) and len(text) <= (purpose.characters or len(text))


def _cut(text: str, purpose: FieldPurpose) -> str:
    if purpose.words:
        text = " ".join(text.split()[: purpose.words])
    if purpose.characters and len(text) > purpose.characters:
        text = text[: purpose.characters].rsplit(" ", 1)[0]
    return text


def slug(text: str) -> str:
    """Return only the letters and digits of a text, in lower case."""
    return re.sub(r"[^a-z0-9]", "", text.lower()) or "x"


@cache
def _phrase_lists(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("local_anthropic").joinpath(f"data/{name}.json").read_text("utf-8"))
    return loaded
