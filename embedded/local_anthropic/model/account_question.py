"""A question about accounts: a line for each account, person, scene and text to write.

The first token of a line says what it is: ``a31`` an account, ``r57`` a person of it, ``2026-03-12`` a scene, and a
letter with two or three digits, such as ``m42``, a text to write about the scene above it.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_ACCOUNT = re.compile(r"a\d+\s+\S")
_PERSON = re.compile(r"r\d+\s+\S")
_SCENE = re.compile(r"\d{4}-\d\d-\d\d\b")
_TEXT = re.compile(r"[dwncmgetk]\d{2,3}\s+\S")
_PERSON_CODE = re.compile(r"\br\d+\b")
_LENGTH = re.compile(r"\b(\d+) (?:words|characters)\b")
_MINUTES = re.compile(r"\+(\d+)m\b")
_REPLY = re.compile(r"\banswers e\d+")
_CURRENCY = re.compile(r"\b[A-Z]{3}$")
_TEMPERATURE = re.compile(r"\b(hot|warm|cold)\b")
_AGAIN = "; again, because:"


@dataclass(frozen=True, slots=True)
class AskedText:
    """A text to write; ``length`` is in words or characters (0: not asked), ``minutes`` the usual delay of it."""

    code: str
    line: str
    people: tuple[str, ...]
    length: int
    minutes: int | None
    is_reply: bool

    @property
    def letter(self) -> str:
        """The letter of its kind, such as n for a note."""
        return self.code[0]


@dataclass(frozen=True, slots=True)
class AskedScene:
    """A scene with the codes of who takes part; ``pain`` is what is known of the account's trouble by then."""

    date: dt.date | None
    people: tuple[str, ...]
    pain: str | None
    texts: tuple[AskedText, ...]


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """A person of an account; ``position`` and ``temperature`` (hot, warm, cold) are empty if not told."""

    code: str
    name: str
    position: str
    temperature: str

    @property
    def first_name(self) -> str:
        """The first word of the name."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class AskedAccount:
    """An account; ``source`` is all that the question says about it, other fields are empty if not told."""

    code: str
    source: str
    city: str
    origin: str
    product: str
    currency: str
    name_idea: str
    given_name: str
    people: tuple[AskedPerson, ...]
    scenes: tuple[AskedScene, ...]

    def person(self, code: str) -> AskedPerson | None:
        """Return the person with a code."""
        return next((person for person in self.people if person.code == code), None)


def parse_account_question(prompt: str) -> list[AskedAccount]:
    """Return the accounts that a prompt asks about; empty if it is another kind of question."""
    return [_parse_account(lines) for lines in _group(_ACCOUNT, prompt.splitlines())]


def _group(start: re.Pattern[str], lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield groups of lines, each with one that matches ``start`` and what follows it; lines before are left out."""
    places = [place for place, line in enumerate(lines) if start.match(line)]
    for place, end in pairwise([*places, len(lines)]):
        yield [line.strip() for line in lines[place:end] if line.strip()]


def _parse_account(lines: list[str]) -> AskedAccount:
    code, _, facts = lines[0].partition(" ")
    parts = [part.strip() for part in facts.split(";")]
    offer = _part(parts, "buys ")
    currency = _CURRENCY.search(offer)
    place = parts[0].rpartition(",")[2].strip()
    return AskedAccount(
        code=code,
        source="\n".join(lines),
        city="" if any(map(str.isdigit, place)) or "," not in parts[0] else place,
        origin=_part(parts, "via "),
        product=offer.partition(",")[0],
        currency=currency[0] if currency else "",
        name_idea=_part(parts, "name: "),
        given_name=_part(parts, "called "),
        people=tuple(_parse_person(line) for line in lines if _PERSON.match(line)),
        scenes=tuple(_parse_scenes(lines)),
    )


def _part(parts: Sequence[str], start: str) -> str:
    return next((part.removeprefix(start).strip() for part in parts if part.startswith(start)), "")


def _parse_person(line: str) -> AskedPerson:
    code, _, facts = line.partition(" ")
    name, *further = [part.strip() for part in facts.split(";")]
    temperature = next((match[1] for part in further if (match := _TEMPERATURE.match(part))), "")
    return AskedPerson(code, name, further[0] if further else "", temperature)


def _parse_scenes(lines: list[str]) -> Iterator[AskedScene]:
    first = next((place for place, line in enumerate(lines) if _SCENE.match(line)), len(lines))
    timeless = _parse_texts(lines[:first])
    if timeless:
        yield AskedScene(None, (), None, timeless)
    for group in _group(_SCENE, lines):
        yield _parse_scene(group)


def _parse_scene(lines: list[str]) -> AskedScene:
    parts = [part.strip() for part in lines[0].split(";")]
    people = tuple(_PERSON_CODE.findall(parts[0]))
    return AskedScene(
        dt.date.fromisoformat(lines[0][:10]),
        people,
        _part(_part(parts, "known: ").split(" / "), "problem ") or None,
        _parse_texts(lines[1:]),
    )


def _parse_texts(lines: Sequence[str]) -> tuple[AskedText, ...]:
    return tuple(_parse_text(line) for line in lines if _TEXT.match(line))


def _parse_text(line: str) -> AskedText:
    code, _, facts = line.partition(" ")
    facts = facts.partition(_AGAIN)[0]
    length, minutes = _LENGTH.search(facts), _MINUTES.search(facts)
    return AskedText(
        code=code,
        line=line,
        people=tuple(_PERSON_CODE.findall(facts)),
        length=int(length[1]) if length else 0,
        minutes=int(minutes[1]) if minutes else None,
        is_reply=_REPLY.search(facts) is not None,
    )
