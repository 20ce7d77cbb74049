"""How much people do in each hour and on each weekday: businesses at work, their e-mail, and consumers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.seeded_random import WeightedChoice

BUSINESS, BUSINESS_MAIL, CONSUMER = "business", "businessMail", "consumer"


@dataclass(frozen=True, slots=True)
class TimeDensity:
    """When in a week people act, by their local clock.

    ``hours`` are in ascending order; ``weekdays`` are seven shares of the busiest day, from Monday. ``off_hours`` are
    hours outside these, in which the share ``off_hours_share`` happens. With ``includes_holidays``, a holiday is a day
    like any other.
    """

    hours: WeightedChoice[int]
    weekdays: tuple[float, ...]
    off_hours: WeightedChoice[int] | None = None
    off_hours_share: float = 0.0
    includes_holidays: bool = False

    @property
    def opens(self) -> int:
        """The first hour of a usual day."""
        return self.hours.options[0]

    @property
    def closes(self) -> int:
        """The last hour of a usual day; little happens in it."""
        return self.hours.options[-1]


@cache
def load_time_density(name: str) -> TimeDensity:
    """Load a density by its name. Raises KeyError and DataFileError."""
    facts: dict[str, Any] = read_data("time_densities.json")[name]
    return TimeDensity(
        _by_hour(facts["hours"]),
        tuple(facts["weekdays"]),
        _by_hour(facts["offHours"]) if "offHours" in facts else None,
        facts.get("offHoursShare", 0.0),
        facts.get("includesHolidays", False),
    )


def _by_hour(weights: Mapping[str, int]) -> WeightedChoice[int]:
    return WeightedChoice([int(hour) for hour in weights], list(weights.values()))
