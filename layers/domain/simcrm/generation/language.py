"""The words of a language that every scenario shares: titles, sources and the rules of texts."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from simcrm.generation.datafiles import read_data
from simcrm.generation.draws import Draws, Weighted
from simcrm.generation.grammar import Grammar


class Language:
    """One language for one kind of scenario (B2B or B2C)."""

    def __init__(self, name: str, kind: str) -> None:
        data: dict[str, Any] = read_data(f"languages/{name}.json")
        self.name = name
        self.grammar = Grammar({**data["rules"], **data.get(kind, {})})
        self.titles: dict[str, Any] = data["titles"]
        self.endings: dict[str, dict[str, str]] = data["endings"]
        kinds: dict[str, int] = data["sourceKinds"][kind]
        self.source_kinds = Weighted(list(kinds), list(kinds.values()))
        self._labels: dict[str, Any] = data["labels"]

    def money(self, amount: int, currency: str) -> str:
        """An amount as it is written in this language."""
        digits = f"{amount:,}".replace(",", self._labels["thousands"])
        return self._labels["money"][currency].replace("{}", digits)

    def date(self, at: datetime) -> str:
        """A date with its year."""
        labels = self._labels
        return labels["date"].format(day=at.day, month=labels["months"][at.month - 1], year=at.year)

    def day(self, at: datetime) -> str:
        """A day of the near future by its weekday and date."""
        labels = self._labels
        weekday = labels["weekdays"][at.weekday()]
        return labels["day"].format(weekday=weekday, day=at.day, month=labels["months"][at.month - 1])

    def source(self, kind: str, facts: Mapping[str, str], draws: Draws) -> str:
        """How a lead came, by the kind of its source, such as one trade show in one city."""
        return self.grammar.text(f"source_{kind}", facts, draws)


@cache
def load_language(name: str, kind: str) -> Language:
    """A language by its ISO code. Raises DataFileError."""
    return Language(name, kind)
