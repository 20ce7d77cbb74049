"""Judge a finished text about an account by what may be said in it, however it was written."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from simcrm.synthetic.language import Language
from simcrm.synthetic.locales import Locale, Person
from simcrm.synthetic.name_finder import NameFinder
from simcrm.synthetic.text_formats import FoundAmount, FoundDate, FoundQuantity, Span, TextFormats, to_alternatives

_LEFTOVER = re.compile(r"\[[^\[\]\n]*\]|\{[^{}\n]*\}|[\[\]{}]")
_SPACES = str.maketrans("\u00a0\u2009\u202f", "   ")
_FILLER = "\ufffc"
_MINUTES_PER_HOUR = 60
_MONTHS_PER_QUARTER = 3


class PersonRole(StrEnum):
    """What a person is to the account; an absent one is a contact that the text must not name."""

    CONTACT = "contact"
    OWNER = "owner"
    EXTERNAL = "external"
    ABSENT = "absent"


class DateKind(StrEnum):
    """What a date is of: when the text is written, what is agreed next, the decision, or something before."""

    TODAY = "today"
    DUE = "due"
    DECISION = "decision"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class TextClaims:
    """What may be said in a text.

    ``amounts`` are in hundredths of ``currency``, ``minutes`` the durations of scenes, ``discount`` is in percent.
    ``phrases`` are names of things, and facts that are quoted as they are; what they contain is not judged.
    """

    currency: str
    people: Mapping[Person, PersonRole] = field(default_factory=dict)
    amounts: frozenset[int] = frozenset()
    dates: frozenset[tuple[dt.date, DateKind]] = frozenset()
    minutes: frozenset[int] = frozenset()
    seats: int | None = None
    employees: int | None = None
    discount: int | None = None
    products: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()

    @property
    def named_people(self) -> list[Person]:
        """The people whom the text may name."""
        return [person for person, role in self.people.items() if role is not PersonRole.ABSENT]

    @property
    def absent_people(self) -> list[Person]:
        """The contacts of the account whom the text must not name."""
        return [person for person, role in self.people.items() if role is PersonRole.ABSENT]


class FindingKind(StrEnum):
    """What is wrong with a part of a text."""

    LEFTOVER = "leftover"
    AMOUNT = "amount"
    DATE = "date"
    WEEKDAY = "weekday"
    DURATION = "duration"
    PERCENTAGE = "percentage"
    NUMBER = "number"
    PERSON = "person"
    PRODUCT = "product"


class Finding(NamedTuple):
    """Something in a text that is not so."""

    kind: FindingKind
    excerpt: str


class _Found(Protocol):
    @property
    def span(self) -> Span: ...


F = TypeVar("F", bound=_Found)
_Place = tuple[Span, FindingKind]
_QUANTITY_KINDS = {
    "minutes": FindingKind.DURATION,
    "hours": FindingKind.DURATION,
    "percent": FindingKind.PERCENTAGE,
    "seats": FindingKind.NUMBER,
    "employees": FindingKind.NUMBER,
}


class TextChecker:
    """Judges the texts of one language; ``catalogue`` are the products of all accounts."""

    def __init__(self, language: Language, locale: Locale, catalogue: Collection[str]) -> None:
        self._formats, self._names = TextFormats(language), NameFinder(language, locale)
        self._has_gaps: bool = language.labels["capitals"]
        edge = self._formats.edge
        self._product = re.compile(rf"(?<!{edge})(?:{to_alternatives(catalogue)})(?!{edge})")

    def check(self, text: str, claims: TextClaims) -> list[Finding]:
        """Return what the text says that is not among the claims, in its order."""
        places = sorted(self._judge(_MaskedText(text, has_gaps=self._has_gaps), claims))
        return [Finding(kind, text[start:end]) for (start, end), kind in places]

    def _judge(self, text: "_MaskedText", claims: TextClaims) -> Iterator[_Place]:
        """Yield what is wrong. What has been understood is masked, so that it is not read as something else."""
        for match in _LEFTOVER.finditer(text.visible):
            yield match.span(), FindingKind.LEFTOVER
        text.mask_phrases({*claims.phrases, *claims.products})
        yield from self._judge_times(text, claims)
        yield from self._judge_numbers(text, claims)
        yield from self._judge_people(text, claims)
        for match in self._product.finditer(text.visible):
            yield match.span(), FindingKind.PRODUCT

    def _judge_times(self, text: "_MaskedText", claims: TextClaims) -> Iterator[_Place]:
        for date in text.take_all(self._formats.dates):
            finding = _judge_date(date, [day for day, _ in claims.dates])
            if finding is not None:
                yield date.span, finding
        quarters = {_quarter(date) for date, kind in claims.dates if kind is DateKind.DECISION}
        for span, quarter in self._formats.quarters(text.visible):
            if quarter not in quarters:
                yield span, FindingKind.DATE

    def _judge_numbers(self, text: "_MaskedText", claims: TextClaims) -> Iterator[_Place]:
        for amount in text.take_all(self._formats.amounts):
            if not _is_allowed_amount(amount, claims):
                yield amount.span, FindingKind.AMOUNT
        for quantity in text.take_all(self._formats.quantities):
            if not _is_allowed_quantity(quantity, claims):
                yield quantity.span, _QUANTITY_KINDS[quantity.unit]

    def _judge_people(self, text: "_MaskedText", claims: TextClaims) -> Iterator[_Place]:
        people, absent = claims.named_people, claims.absent_people
        text.mask_phrases({name for person in people for name in self._names.full_names(person)})
        finders: tuple[Callable[[str], Iterable[Span]], ...] = (
            lambda visible: self._names.find_full_names(visible, people),
            lambda visible: self._names.find_addresses(visible, people),
            lambda visible: self._names.find_single_names(visible, _absent_names(claims)),
        )
        spans = [span for person in absent for name in self._names.full_names(person) for span in text.find(name)]
        text.mask(spans)
        for find in finders:
            found = list(find(text.visible))
            text.mask(found)
            spans += found
        for span in spans:
            yield span, FindingKind.PERSON


class _MaskedText:
    """A text whose parts are replaced by fillers of the same length once they are understood."""

    def __init__(self, text: str, *, has_gaps: bool) -> None:
        self.visible = text.translate(_SPACES)
        self._is_inner: Callable[[str], bool] = str.isalnum if has_gaps else str.isdigit

    def mask(self, spans: Iterable[Span]) -> None:
        """Hide parts of the text."""
        for start, end in list(spans):
            self.visible = f"{self.visible[:start]}{_FILLER * (end - start)}{self.visible[end:]}"

    def mask_phrases(self, phrases: Iterable[str]) -> None:
        """Hide phrases wherever they are, also at the start of a sentence; no bare numbers, and no parts of words."""
        named = [phrase for phrase in phrases if any(map(str.isalpha, phrase))]
        for phrase in sorted(named, key=len, reverse=True):
            for form in {phrase, phrase[0].upper() + phrase[1:]}:
                self.mask(self.find(form.translate(_SPACES)))

    def find(self, phrase: str) -> Iterator[Span]:
        """Find a phrase that is no part of a word."""
        start = self.visible.find(phrase)
        while start >= 0:
            end = start + len(phrase)
            around = self.visible[start - 1 : start] + self.visible[end : end + 1]
            if not any(map(self._is_inner, around)):
                yield start, end
            start = self.visible.find(phrase, end)

    def take_all(self, find: Callable[[str], Iterator[F]]) -> list[F]:
        """Return what is found in the text, and hide it."""
        found = list(find(self.visible))
        self.mask(item.span for item in found)
        return found


def _judge_date(date: FoundDate, dates: Iterable[dt.date]) -> FindingKind | None:
    same = [day for day in dates if (day.month, day.day) == (date.month, date.day) and date.year in (None, day.year)]
    if not same:
        return FindingKind.DATE
    fits = date.weekday is None or any(day.weekday() == date.weekday for day in same)
    return None if fits else FindingKind.WEEKDAY


def _quarter(date: dt.date) -> int:
    return (date.month - 1) // _MONTHS_PER_QUARTER + 1


def _is_allowed_amount(amount: FoundAmount, claims: TextClaims) -> bool:
    return amount.currency == claims.currency and amount.value is not None and amount.value * 100 in claims.amounts


def _is_allowed_quantity(quantity: FoundQuantity, claims: TextClaims) -> bool:
    allowed: dict[str, Container[object]] = {
        "minutes": claims.minutes,
        "hours": claims.minutes,
        "percent": [claims.discount],
        "seats": [claims.seats],
        "employees": [claims.employees],
    }
    factor = _MINUTES_PER_HOUR if quantity.unit == "hours" else 1
    return quantity.value is not None and quantity.value * factor in allowed[quantity.unit]


def _absent_names(claims: TextClaims) -> set[str]:
    """Return the names of contacts that the text must not name, without those that others bear too.

    Somebody whose surname is Di Stefano may be named, although another contact is called Stefano.
    """
    names = [name for person in claims.named_people for name in (person.first, person.last)]
    shared = {part for name in names for part in (name, *name.split())}
    return {name for person in claims.absent_people for name in (person.first, person.last)} - shared
