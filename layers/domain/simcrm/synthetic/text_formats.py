"""Find dates, amounts of money and quantities in a text by the formats of its language."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import SequenceMatcher
from string import Formatter
from typing import Any, NamedTuple

from simcrm.synthetic.exchange_rates import exchange_rates
from simcrm.synthetic.language import Language

Span = tuple[int, int]
"""Where something begins and ends in a text."""

_ISO_DATE = r"(?<!\d)(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?!\d)"
_TWO_DIGITS = r"\d{2}"
_NOTHING = "(?!)"
_MAGNITUDE = "[千万億]?"
"""What may stand between a number and a Japanese currency; such an amount is in no format of the language."""
_MAX_DAY, _MAX_MONTH = 31, 12
_FIRST_COUNT = 2
"""Smaller numbers as words are articles in many languages."""


class FoundDate(NamedTuple):
    """A date in a text; ``weekday`` is from 0 for Monday. None is what the text leaves open."""

    span: Span
    month: int
    day: int
    year: int | None
    weekday: int | None


class FoundAmount(NamedTuple):
    """An amount of money; ``value`` is None if it is not written as in the language."""

    span: Span
    currency: str
    value: Decimal | None


class FoundQuantity(NamedTuple):
    """A number with its unit: minutes, hours, percent, seats or employees."""

    span: Span
    unit: str
    value: Decimal | None


class TextFormats:
    """The formats of one language as regular expressions."""

    def __init__(self, language: Language) -> None:
        labels = language.labels
        self.edge = r"\w" if labels["capitals"] else r"\d"
        """The characters that a word or number may not border on; words have no gaps in a language without capitals."""
        self._months = _positions(labels["months"])
        self._weekdays = _positions(labels["weekdays"])
        self._first_day: str = labels.get("firstDay", "1")
        self._counts = _positions(labels["counts"])
        self._numbers = _NumberFormat(labels["thousands"])
        self._dates = [_compile(pattern) for pattern in self._date_patterns(labels)]
        self._quarter = _compile(rf"(?<!{self.edge}){_to_regex(labels['quarter'], _fields(labels))}(?!{self.edge})")
        self._amount, self._currencies = self._amount_pattern(labels["money"])
        self._quantity = self._quantity_pattern(labels["units"])

    def dates(self, text: str) -> Iterator[FoundDate]:
        """Find dates with a day and a month, each once: as the language writes it, if several formats fit."""
        found: list[Span] = []
        for pattern in self._dates:
            for match in pattern.finditer(text):
                date = self._date(match)
                is_new = all(match.end() <= start or end <= match.start() for start, end in found)
                if is_new and 1 <= date.day <= _MAX_DAY and 1 <= date.month <= _MAX_MONTH:
                    found.append(date.span)
                    yield date

    def quarters(self, text: str) -> Iterator[tuple[Span, int]]:
        """Find quarters of a year, from 1 to 4."""
        for match in self._quarter.finditer(text):
            yield match.span(), int(match["quarter"])

    def amounts(self, text: str) -> Iterator[FoundAmount]:
        """Find amounts of money: in currencies of the language by symbol or code, and in others by capital code."""
        for match in self._amount.finditer(text):
            symbol = match["before"] or match["after"]
            number = match["number"] or match["number_first"]
            yield FoundAmount(match.span(), self._currencies[symbol.casefold()], self._numbers.parse(number))

    def quantities(self, text: str) -> Iterator[FoundQuantity]:
        """Find numbers with a unit; of minutes and hours, also small numbers as words."""
        for match in self._quantity.finditer(text):
            count = self._counts.get(match["number"].casefold())
            value = self._numbers.parse(match["number"]) if count is None else Decimal(count)
            yield FoundQuantity(match.span(), str(match.lastgroup), value)

    def _date(self, match: re.Match[str]) -> FoundDate:
        groups = match.groupdict()
        name, year, weekday = groups.get("month"), groups.get("year"), groups.get("weekday")
        month = self._months[name.casefold()] + 1 if name else int(match["number"])
        day_of_week = self._weekdays[weekday.casefold()] if weekday else None
        return FoundDate(match.span(), month, self._day_number(match["day"]), int(year) if year else None, day_of_week)

    def _day_number(self, written: str) -> int:
        return 1 if written == self._first_day else int(written)

    def _date_patterns(self, labels: Mapping[str, Any]) -> Iterator[str]:
        """Yield the patterns of written dates, with or without weekday and year, and of dates in digits."""
        fields = _fields(labels)
        date, day = labels["date"], labels["day"]
        place = SequenceMatcher(None, date, day, autojunk=False).find_longest_match()
        core = date[place.a : place.a + place.size]
        before = [day[: place.b], date[: place.a]]
        after = [date[place.a + place.size :], day[place.b + place.size :]]
        head = "".join(_optional(part[part.find("{") :] if "{" in part else part, fields) for part in before)
        tail = "".join(_optional(part, fields) for part in after)
        yield rf"(?<!{self.edge}){head}{_to_regex(core, fields)}(?!\d){tail}"
        yield rf"(?<![\w.,/-])(?!24/7){_to_regex(labels['short'], fields)}(?:[/.-]?(?P<year>\d{{4}}))?(?![\w/])"
        yield _ISO_DATE
        if labels["capitals"]:  # the order of another variant of the language
            month = rf"(?P<month>{fields['month']})"
            yield rf"(?<![\w.])(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {month},? (?P<year>\d{{4}})(?!\w)"

    def _amount_pattern(self, formats: Mapping[str, str]) -> tuple[re.Pattern[str], dict[str, str]]:
        symbols = {written.replace("{}", "").strip(): currency for currency, written in formats.items()}
        currencies = {**symbols, **{currency: currency for currency in formats}}
        codes = sorted(exchange_rates().keys() - formats.keys())
        symbol = f"{to_alternatives(currencies)}|(?<![A-Za-z])(?-i:{to_alternatives(codes)})(?![A-Za-z])"
        number = self._numbers.pattern
        currencies |= {code: code for code in codes}
        first = rf"(?P<before>{symbol})\s?(?P<number>{number})"
        last = rf"(?<![{self.edge}.,])(?P<number_first>{number})\s?{_MAGNITUDE}(?P<after>{symbol})(?!{self.edge})"
        return _compile(f"{first}|{last}"), {name.casefold(): currency for name, currency in currencies.items()}

    def _quantity_pattern(self, units: Mapping[str, list[str]]) -> re.Pattern[str]:
        number = f"{self._numbers.pattern}|{to_alternatives(list(self._counts)[_FIRST_COUNT:])}"
        unit = "|".join(f"(?P<{name}>{to_alternatives(forms)})" for name, forms in units.items())
        return _compile(rf"(?<![{self.edge}時.,:/])(?P<number>{number})[\s-]?(?:{unit})(?!{self.edge})")


class _NumberFormat:
    """How a language writes numbers. Any digits and marks are found, but only what is well formed has a value."""

    def __init__(self, thousands: str) -> None:
        self._thousands, self._decimal = thousands, "." if thousands == "," else ","
        mark, decimal = re.escape(thousands), re.escape(self._decimal)
        self.pattern = rf"\d(?:(?:[.,]|{mark})?\d)*"
        self._well_formed = re.compile(rf"(?:\d{{1,3}}(?:{mark}\d{{3}})+|\d+)(?:{decimal}\d+)?")

    def parse(self, number: str) -> Decimal | None:
        if not self._well_formed.fullmatch(number):
            return None
        return Decimal(number.replace(self._thousands, "").replace(self._decimal, "."))


def to_alternatives(words: Iterable[str]) -> str:
    """Return a regular expression that matches one of some words, the longest that fits; nothing if there are none."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or _NOTHING


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _positions(words: Iterable[str]) -> dict[str, int]:
    return {word.casefold(): number for number, word in enumerate(words)}


def _fields(labels: Mapping[str, Any]) -> dict[str, str]:
    """Return the regular expressions of the fields of a language's formats."""
    return {
        "month": to_alternatives(labels["months"]),
        "weekday": to_alternatives(labels["weekdays"]),
        "year": r"\d{4}",
        "quarter": "[1-4]",
        "day": rf"(?:{re.escape(labels.get('firstDay', '1'))}|\d{{1,2}})",
        "number": r"\d{1,2}",
    }


def _to_regex(written: str, fields: Mapping[str, str]) -> str:
    """Convert a format to a regular expression whose groups are its fields."""
    parts = []
    for literal, field, spec, _ in Formatter().parse(written):
        parts.append(re.escape(literal).replace(r"\ ", r"\s"))
        if field:
            parts.append(f"(?P<{field}>{_TWO_DIGITS if spec else fields[field]})")
    return "".join(parts)


def _optional(written: str, fields: Mapping[str, str]) -> str:
    return f"(?:{_to_regex(written, fields)})?" if written else ""
