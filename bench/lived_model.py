"""What a run must look like by its scenario's numbers alone: a model of its own, the numbers written down once more.

It draws leads by Python's own generator and walks to working time by quarter hours. What the end of a run cuts off, it
cuts off too. So a mean may differ from it by chance alone: by less than three standard errors.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, pstdev

MODELLED = 20_000
SPAN = 90.0
"""Days."""

MINUTE = 1 / 1440
OPEN_AT, CLOSE_AT, MONDAY_TO_FRIDAY, WEEK = 9 / 24, 18 / 24, 5, 7
KINDS = ("deals", "notes", "calls", "tasks", "tickets")
TALLIED = (*KINDS, "closed", "wins", "qualified")
Facts = dict[str, float]


@dataclass(frozen=True)
class Numbers:
    """A scenario: days, shares, the logarithm of amounts, fewest and most activities, shares of the rules, caps."""

    cycle: float
    win: float
    mu: float
    sigma: float
    notes: tuple[int, int]
    tasks: tuple[int, int]
    calls: tuple[int, int]
    created: float
    call: float
    task: float
    nurture: float
    won: float
    lost: float
    caps: dict[str, int]


NUMBERS = {
    "B2B": Numbers(60, 0.6, 10.5, 0.9, (1, 3), (0, 2), (0, 1), 1.0, 0.65, 0.5, 0.35, 0.55, 0.15,
                   {"notes": 5, "calls": 3, "tasks": 6, "tickets": 1}),
    "B2C": Numbers(7, 0.42, 7.8, 0.5, (0, 1), (0, 1), (0, 0), 0.9, 0.3, 0.25, 0.25, 0.4, 0.05,
                   {"notes": 3, "calls": 1, "tasks": 3, "tickets": 1}),
}  # fmt: skip
QUALIFIED, REGRESSED, OPPORTUNITY, SUPPORT = 0.62, 0.3, 0.7, 0.2


@dataclass(frozen=True)
class Times:
    """When a run lives, in days since a Monday's midnight by the clock of most records; ``end`` cuts what comes later.

    The hour that it is where a record is moves no mean by a standard error.
    """

    begin: float = 9.5 / 24
    end: float = 9.5 / 24 + SPAN


MONDAY = Times()


def work(at: float) -> float:
    """The next working moment."""
    while not (int(at) % WEEK < MONDAY_TO_FRIDAY and OPEN_AT <= at % 1 < CLOSE_AT):
        at += 15 * MINUTE
    return at


class _Lead:
    """One lead on its way."""

    def __init__(self, chance: random.Random, numbers: Numbers, times: Times) -> None:
        self.chance = chance
        self.numbers = numbers
        self.end = times.end
        self.at = times.begin + SPAN * chance.random()
        self.found: Counter[str] = Counter()

    def happens(self, kind: str, when: float, probability: float = 1.0) -> bool:
        """Whether chance has it, even where it then comes too late."""
        does = self.chance.random() < probability
        self.found[kind] += does and work(when) <= self.end
        return does

    def facts(self) -> Facts:
        """What there is of each, capped."""
        facts = {kind: float(min(self.found[kind], self.numbers.caps.get(kind, 1))) for kind in TALLIED}
        return facts | ({"days": self.closes - self.opened} if self.found["deals"] else {})

    def live(self) -> Facts:
        """All its life."""
        n = self.numbers
        self.happens("notes", self.at + 20 * MINUTE, n.created)
        turned = self.at + n.cycle * self.chance.uniform(0.03, 0.2)
        if self.chance.random() < QUALIFIED:
            self.found["qualified"] += turned <= self.end
            if not self.happens("calls", turned + 15 * MINUTE, n.call):
                self.happens("tasks", turned + 30 * MINUTE, n.task)
            if self.chance.random() < OPPORTUNITY:
                self.deal(turned)
        elif self.chance.random() < REGRESSED:
            self.happens("notes", turned + 60 * MINUTE, n.nurture)
        return self.facts()

    def deal(self, turned: float) -> None:
        """From its opening to what follows its end."""
        n, chance = self.numbers, self.chance
        self.opened = work(turned + n.cycle * chance.uniform(0.02, 0.12))
        self.closes = work(self.opened + n.cycle * max(0.2, 0.8 + 0.3 * chance.gauss(0, 1)))
        self.happens("deals", self.opened)
        for kind, (low, high) in (("notes", n.notes), ("calls", n.calls), ("tasks", n.tasks)):
            for _ in range(chance.randint(low, high)):
                self.happens(kind, self.opened + (self.closes - self.opened) * chance.uniform(0.03, 0.93))
        self.found["closed"] += self.closes <= self.end
        if chance.random() < n.win:
            self.found["wins"] += self.closes <= self.end
            self.happens("notes", self.closes + 45 * MINUTE, n.won)
            self.happens("tickets", self.closes + chance.uniform(4, 45), SUPPORT)
        else:
            self.happens("tickets", self.closes + 120 * MINUTE, n.lost)


@cache
def simulate_leads(scenario: str, times: Times = MONDAY) -> list[Facts]:
    """Many leads: how many of each thing a lead has, and of a deal its ``days`` from opening to end."""
    chance = random.Random(20260302)  # noqa: S311 - nothing is kept secret
    return [_Lead(chance, NUMBERS[scenario], times).live() for _ in range(MODELLED)]


@dataclass(frozen=True)
class Agreement:
    """A mean that was seen beside the one that is expected, and what chance moves it by."""

    seen: float
    expected: float
    error: float

    @property
    def distance(self) -> float:
        """In standard errors."""
        return abs(self.seen - self.expected) / self.error


def compare_means(seen: Sequence[float], expected: Sequence[float]) -> Agreement:
    """Of a sample with one that the model drew."""
    error = math.sqrt(pstdev(expected) ** 2 * (1 / len(seen) + 1 / len(expected)))
    return Agreement(fmean(seen), fmean(expected), error)


def compare_share(seen: Sequence[float], expected: float) -> Agreement:
    """Of yes and no (1 and 0) with a probability."""
    return Agreement(fmean(seen), expected, math.sqrt(expected * (1 - expected) / len(seen)))


def compare_amounts(amounts: Sequence[float], numbers: Numbers) -> dict[str, Agreement]:
    """Of the mean and the deviation of their logarithms with the scenario's."""
    logs, count = [math.log(amount) for amount in amounts], len(amounts)
    return {
        "mu": Agreement(fmean(logs), numbers.mu, numbers.sigma / math.sqrt(count)),
        "sigma": Agreement(pstdev(logs), numbers.sigma, numbers.sigma / math.sqrt(2 * count)),
    }
