"""The vocabulary of a language that all scenarios share: titles, sources and text rules."""

import datetime as dt
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from simcrm.synthetic.language_data import language_data, load_grammar, source_texts
from simcrm.synthetic.locales import Person
from simcrm.synthetic.seeded_random import WeightedChoice
from simcrm.synthetic.text_templates import TextTemplates

_NOON = 12


class Language:
    """One language for one kind of scenario (B2B or B2C)."""

    def __init__(self, name: str, kind: str) -> None:
        data: dict[str, Any] = language_data(name)
        texts: dict[str, Any] = source_texts(name, kind)
        self.name, self.kind = name, kind
        self.titles: dict[str, Any] = data["titles"]
        self.endings: dict[str, dict[str, str]] = data["endings"]
        self.grammar = load_grammar(name)
        capitals: bool = data["labels"]["capitals"]
        self.templates = TextTemplates({**data["rules"], **texts["rules"]}, self.grammar, capitals=capitals)
        kinds: dict[str, int] = texts["sourceKinds"]
        self.source_kinds = WeightedChoice(list(kinds), list(kinds.values()))
        self.labels: dict[str, Any] = data["labels"]
        """The formats of names, numbers, money, dates and units, by name."""
        self._days = lru_cache(maxsize=1024)(self._day)

    def full_name(self, person: Person) -> str:
        """Format a name in the order of the language."""
        name: str = self.labels["name"]
        return name.format(first=person.first, last=person.last)

    def address(self, person: Person, form: str) -> str:
        """Return how a text refers to a person, by title and surname if the language does; ``form`` is a case."""
        forms: dict[str, str] = self.labels[form]
        return forms[person.sex].format(first=person.first, last=self._capitalize_prefix(person.last))

    def _capitalize_prefix(self, surname: str) -> str:
        """Return a surname as written after a title: a prefix such as the Dutch "van" then has a capital letter."""
        return surname[0].upper() + surname[1:] if self.labels.get("capitalPrefix") else surname

    def count(self, number: int, unit: Mapping[str, str]) -> str:
        """Write a number with what is counted; ``unit`` is the noun by plural category, empty for users."""
        noun = (unit or self.labels["unit"])[self.grammar.plural_category(number)]
        written: str = self.labels["count"].format(number=self.number(number), noun=noun)
        return written

    def number(self, number: int) -> str:
        """Format a whole number as written in this language."""
        return f"{number:,}".replace(",", self.labels["thousands"])

    def money(self, amount: int, currency: str) -> str:
        """Format an amount of a currency, given by its ISO 4217 code, as written in this language."""
        return self.money_format(currency).replace("{}", self.number(amount))

    def money_format(self, currency: str) -> str:
        """Return how amounts of a currency are written, with {} for the digits: with its symbol or its ISO code."""
        by_code: str = self.labels["moneyByCode"]
        written: str = self.labels["money"].get(currency) or by_code.replace("{code}", currency)
        return written

    def product_description(self, gain: str) -> str:
        """Describe a product by one of its gains."""
        pattern: str = self.labels["product"]
        return pattern.format(gain=gain)

    def service_description(self, product: str) -> str:
        """Describe the service that introduces a product."""
        pattern: str = self.labels["service"]
        return pattern.format(product=product)

    def date(self, at: dt.datetime) -> str:
        """Format a date with its year."""
        return self._format("date", at)

    def time(self, at: dt.datetime) -> str:
        """Format a time of day; a full hour may have a format of its own, such as 2pm beside 2.30pm."""
        pattern: str = self.labels["time"] if at.minute else self.labels.get("fullHour", self.labels["time"])
        return pattern.format(
            hour=at.hour, half_day=at.hour % 12 or 12, minute=at.minute, part="pm" if at.hour >= _NOON else "am"
        )

    def day(self, at: dt.datetime) -> str:
        """Format a day in the near future as weekday and date."""
        return self._format("day", at)

    def short_date(self, at: dt.datetime) -> str:
        """Format a date in digits."""
        return self._format("short", at)

    def weekday(self, at: dt.datetime) -> str:
        """Format a day as its weekday alone."""
        return self._format("weekday", at)

    def month(self, at: dt.datetime) -> str:
        """Format a month as its name."""
        return self._format("month", at)

    def quarter(self, at: dt.datetime) -> str:
        """Format the quarter of a year."""
        return self._format("quarter", at)

    def _format(self, form: str, at: dt.datetime) -> str:
        return self._days(form, at.date())

    def _day(self, form: str, day: dt.date) -> str:
        labels = self.labels
        pattern: str = labels[form]
        is_ordinal = day.day == 1 and form != "short"
        return pattern.format(
            day=labels.get("firstDay", "1") if is_ordinal else day.day,
            month=labels["months"][day.month - 1],
            number=day.month,
            year=day.year,
            weekday=labels["weekdays"][day.weekday()],
            quarter=(day.month + 2) // 3,
        )


@cache
def load_language(name: str, kind: str) -> Language:
    """Load a language by its ISO code. Raises DataFileError."""
    return Language(name, kind)
