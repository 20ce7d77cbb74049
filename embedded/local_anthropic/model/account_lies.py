"""Things that a model may write about accounts although they are not so, or not asked for."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from local_anthropic.model.account_answer import text_places
from local_anthropic.model.account_phrases import is_english, load_phrases
from local_anthropic.model.account_question import AskedAccount
from local_anthropic.model.account_texts import TextPlace, write_body, write_title

FIRMS = ("Microsoft", "Siemens")
LINK = "https://www.somewhere.example"
INTERESTS = 100
LONG_TIMES = 4
_NO_DATE = dt.date(2030, 1, 15)
_YEAR = dt.timedelta(days=365)


class LieKind(StrEnum):
    """What is wrong with an answer about accounts.

    In each text: another ``amount``, a ``person`` who does not exist, a known ``firm``, a ``date`` a year later,
    ``english`` (in English, German) instead of the language, a ``placeholder``, ``markdown``, a ``tag``, an
    ``assistant`` speaking, an ``echo`` of the instructions, a ``link``, four times the length (``long``); ``arrows``
    is no lie, but looks like a tag. In each account: an ``outcome`` in its first text, a hundred ``interests``,
    ``shifted_keys`` that count from 1, ``neighbour_keys`` (each text under the code of the next one), and ``names`` of
    the neighbour echoed.
    """

    AMOUNT = "amount"
    PERSON = "person"
    OUTCOME = "outcome"
    FIRM = "firm"
    ENGLISH = "english"
    INTERESTS = "interests"
    SHIFTED_KEYS = "shifted_keys"
    NEIGHBOUR_KEYS = "neighbour_keys"
    NAMES = "names"
    PLACEHOLDER = "placeholder"
    MARKDOWN = "markdown"
    TAG = "tag"
    ASSISTANT = "assistant"
    ECHO = "echo"
    LINK = "link"
    LONG = "long"
    DATE = "date"
    ARROWS = "arrows"


@dataclass(frozen=True, slots=True)
class Lie:
    """A lie that the first ``count`` texts (or accounts) tell, None: all; ``instruction`` is what one may echo."""

    kind: LieKind
    count: int | None
    instruction: str


@dataclass(frozen=True, slots=True)
class _TextEntry:
    """A text of an answer, where it belongs, and its number among those that lie, from 0."""

    entry: dict[str, Any]
    place: TextPlace
    number: int
    instruction: str


def tell_lie(answer: dict[str, Any], accounts: Sequence[AskedAccount], language: str, lie: Lie) -> None:
    """Change an honest answer in a language (a code) so that it lies."""
    rows = list(zip(answer["r"], accounts, strict=True))
    if lie.kind in _ACCOUNT_LIES:
        for row, _ in rows[: lie.count]:
            _ACCOUNT_LIES[lie.kind](row, language)
        return
    entries = _entries(rows, language, only_first=lie.kind is LieKind.OUTCOME)
    for number, (entry, place) in enumerate(islice(entries, lie.count)):
        _TEXT_LIES[lie.kind](_TextEntry(entry, place, number, lie.instruction))


def _entries(
    rows: Sequence[tuple[dict[str, Any], AskedAccount]], language: str, *, only_first: bool
) -> Iterator[tuple[dict[str, Any], TextPlace]]:
    for row, account in rows:
        entries = list(zip(row.get("a", []), text_places(account, language), strict=False))
        yield from entries[:1] if only_first else entries


def _say(text: _TextEntry, sentence: str) -> None:
    text.entry["b"] = text.place.separator.join([text.entry["b"], sentence])


def _say_amount(text: _TextEntry) -> None:
    phrases = text.place.phrases.lies
    amount = phrases.amount_form.format(currency=text.place.account.currency or "EUR")
    _say(text, phrases.amount.format(amount=amount))


def _say_date(text: _TextEntry) -> None:
    phrases = text.place.phrases.lies
    date = text.place.scene.date + _YEAR if text.place.scene.date else _NO_DATE
    name = phrases.months[date.month - 1]
    written = phrases.date_form.format(day=date.day, month=date.month, monthName=name, year=date.year)
    _say(text, phrases.date.format(date=written))


def _say_person(text: _TextEntry) -> None:
    phrases, known = text.place.phrases.lies, {person.name for person in text.place.account.people}
    strangers = [name for name in phrases.people if name not in known]
    _say(text, phrases.person.format(name=strangers[text.number % len(strangers)]))


def _say_outcome(text: _TextEntry) -> None:
    outcomes = text.place.phrases.lies.outcome
    _say(text, outcomes[text.number % len(outcomes)])


def _say_firm(text: _TextEntry) -> None:
    _say(text, text.place.phrases.lies.firm.format(firm=FIRMS[text.number % len(FIRMS)]))


def _write_foreign(text: _TextEntry) -> None:
    place = text.place
    foreign = TextPlace(place.account, place.scene, place.text, "de" if is_english(place.language) else "en")
    text.entry["b"] = write_body(foreign)
    if "t" in text.entry:
        text.entry["t"] = write_title(foreign)


def _write_long(text: _TextEntry) -> None:
    text.entry["b"] = write_body(text.place, times=LONG_TIMES)


def _mark_down(text: _TextEntry) -> None:
    text.entry["b"] = f"## {load_phrases(text.place.language).titles['other'][0]}\n\n- **{text.entry['b']}**"


def _tag(text: _TextEntry) -> None:
    text.entry["b"] = f"<b>{text.entry['b']}</b>"


def _echo(text: _TextEntry) -> None:
    text.entry["b"] = f"{text.instruction} {text.entry['b']}"


def _speak_as_assistant(text: _TextEntry) -> None:
    text.entry["b"] = f"As an AI language model, I cannot know this. {text.entry['b']}"


def _want_everything(row: dict[str, Any], language: str) -> None:
    if "i" in row:
        names = load_phrases(language).interests
        row["i"] = [f"{names[number % len(names)]} {number + 1}" for number in range(INTERESTS)]


def _count_keys(row: dict[str, Any], _: str) -> None:
    for number, person in enumerate(row.get("p", []), 1):
        person["k"] = f"r{number}"
    counts: dict[str, int] = {}
    for entry in row.get("a", []):
        letter = entry["x"][0]
        counts[letter] = counts.get(letter, 0) + 1
        entry["x"] = f"{letter}{counts[letter]}"


def _shift(rows: Sequence[dict[str, Any]], name: str) -> None:
    """Give each row a value of the next one, and the last one that of the first."""
    values = [row[name] for row in rows]
    for row, value in zip(rows, values[1:] + values[:1], strict=True):
        row[name] = value


def _shift_texts(row: dict[str, Any], _: str) -> None:
    _shift(row.get("a", []), "x")


def _shift_names(row: dict[str, Any], language: str) -> None:
    people = [person for person in row.get("p", []) if "f" in person]
    if len(people) == 1:
        people[0]["f"] = load_phrases(language).lies.people[0].split()[0]
    _shift(people, "f")


_ACCOUNT_LIES: dict[LieKind, Callable[[dict[str, Any], str], None]] = {
    LieKind.INTERESTS: _want_everything,
    LieKind.SHIFTED_KEYS: _count_keys,
    LieKind.NEIGHBOUR_KEYS: _shift_texts,
    LieKind.NAMES: _shift_names,
}
_TEXT_LIES: dict[LieKind, Callable[[_TextEntry], None]] = {
    LieKind.AMOUNT: _say_amount,
    LieKind.PERSON: _say_person,
    LieKind.OUTCOME: _say_outcome,
    LieKind.FIRM: _say_firm,
    LieKind.ENGLISH: _write_foreign,
    LieKind.PLACEHOLDER: lambda text: _say(text, "[Company Name]"),
    LieKind.MARKDOWN: _mark_down,
    LieKind.TAG: _tag,
    LieKind.ASSISTANT: _speak_as_assistant,
    LieKind.ECHO: _echo,
    LieKind.LINK: lambda text: _say(text, LINK),
    LieKind.LONG: _write_long,
    LieKind.DATE: _say_date,
    LieKind.ARROWS: lambda text: _say(text, "-> OK, > 3 days."),
}
