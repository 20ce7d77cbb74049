"""What a run must look like by its scenario's numbers alone: a model of its own, the numbers written down once more.

It draws accounts by Python's own generator, without hidden variables, texts or working time: none of them moves a mean.
Accounts arrive within ``SPAN`` days that ended long ago, so that their first deals have ended by the present; what the
present cuts off later, it cuts off too. So a figure may differ from it by chance alone: by less than three standard
errors. Accounts are independent of each other, their contacts are not.
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

KINDS = ("deals", "notes", "calls", "tasks", "tickets")
FUNNEL = ("qualified", "opportunities", "customers")
Facts = dict[str, float]


@dataclass(frozen=True)
class Numbers:
    """A scenario: days, shares, the logarithm of amounts, fewest and most of a count, shares of the rules, caps.

    ``ended`` days have passed since the span: its first deals have ended, and no subscription is up for renewal.
    """

    ended: float
    cycle: float
    win: float
    mu: float
    sigma: float
    contacts: tuple[int, int]
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
    "B2B": Numbers(240, 60, 0.6, 10.5, 0.9, (3, 6), (1, 3), (0, 2), (0, 1), 1.0, 0.65, 0.5, 0.35, 0.55, 0.15,
                   {"notes": 5, "calls": 3, "tasks": 6, "tickets": 1}),
    "B2C": Numbers(60, 7, 0.42, 7.8, 0.5, (1, 1), (0, 1), (0, 1), (0, 0), 0.9, 0.3, 0.25, 0.25, 0.4, 0.05,
                   {"notes": 3, "calls": 1, "tasks": 3, "tickets": 1}),
}  # fmt: skip
QUALIFIED, REGRESSED, OPPORTUNITY, SUPPORT = 0.62, 0.3, 0.7, 0.2
COMMITTEE = 0.8
"""The share of the third and further contacts of an account who take part in a deal; the first two do."""
TILT = 0.25
"""How far the mean of a range moves with the end of a deal."""
EXPANSION, EXPANDS = 0.3, (60, 220)
REVIVAL, REVIVES = 0.12, (60, 200)
"""How often a further deal follows one that was won or lost, and after how many days."""
SPREAD = 0.55
"""The standard deviation of the logarithm of a cycle's length."""
LISTED = 0.08
"""How far the logarithm of a lost deal's amount is above that of a deal whose discount was granted, in the mean."""


class _Account:
    """One account on its way."""

    def __init__(self, chance: random.Random, numbers: Numbers) -> None:
        self.chance, self.numbers = chance, numbers
        self.present = SPAN + numbers.ended
        self.contacts = range(chance.randint(*numbers.contacts))
        self.found: list[Counter[str]] = [Counter() for _ in self.contacts]
        self.reached: dict[str, set[int]] = {name: set() for name in FUNNEL}
        self.deals = 0

    def facts(self) -> Facts:
        """What there is of each, capped, and how many contacts there are."""
        caps = self.numbers.caps
        counts = {kind: sum(min(own[kind], caps[kind]) for own in self.found) for kind in KINDS if kind in caps}
        reached = {name: len(contacts) for name, contacts in self.reached.items()}
        return dict(Counter({"contacts": len(self.contacts), "deals": self.deals, **counts, **reached}))

    def happens(self, kind: str, contact: int, at: float, probability: float = 1.0) -> bool:
        """Whether chance has it, even where it then comes too late."""
        does = self.chance.random() < probability
        self.found[contact][kind] += does and at <= self.present
        return does

    def live(self) -> Facts:
        """All its history."""
        n, arrived = self.numbers, SPAN * self.chance.random()
        qualifies = self.chance.random() < QUALIFIED
        for contact in self.contacts:
            self.happens("notes", contact, arrived, n.created)
            if not qualifies:
                self.happens("notes", contact, arrived, REGRESSED * n.nurture)
            elif not self.happens("calls", contact, arrived, n.call):
                self.happens("tasks", contact, arrived, n.task)
        if qualifies:
            self.reached["qualified"].update(self.contacts)
            if self.chance.random() < OPPORTUNITY:
                self.business(arrived + n.cycle * (self.chance.uniform(0.01, 0.07) + self.chance.uniform(0.01, 0.06)))
        return self.facts()

    def business(self, opens: float) -> None:
        """One deal after the other."""
        is_customer = False
        while opens <= self.present:
            closes, is_won = self.deal(opens, is_first=self.deals == 0, is_customer=is_customer)
            is_customer |= is_won
            share, days = (EXPANSION, EXPANDS) if is_won else (REVIVAL, REVIVES)
            if self.chance.random() >= share:
                break
            opens = closes + self.chance.uniform(*days)

    def deal(self, opens: float, *, is_first: bool, is_customer: bool) -> tuple[float, bool]:
        """From its opening to what follows its end: when it ends, and whether it is won."""
        n, chance = self.numbers, self.chance
        members = [contact for contact in self.contacts if contact < 2 or chance.random() < COMMITTEE]  # noqa: PLR2004
        cycle = n.cycle / 2 if is_customer else n.cycle
        closes = opens + cycle * math.exp(chance.gauss(-(SPREAD**2) / 2, SPREAD))
        is_won = chance.random() < n.win
        self.deals += 1
        self.reached["opportunities"].update(members)
        share = 0.5 + TILT * (1 - n.win if is_won else -n.win)
        for member in members:
            for kind, (low, high) in (("notes", n.notes), ("calls", n.calls), ("tasks", n.tasks)):
                for number in range(high):
                    at = opens + (closes - opens) * chance.uniform(0, 0.9)
                    self.happens(kind, member, at, 1.0 if number < low else share)
            if is_first and is_won:
                self.happens("notes", member, closes, n.won)
            elif is_first:
                self.happens("tickets", member, closes, n.lost)
        if is_won and closes <= self.present:
            self.reached["customers"].update(members)
        if is_won and not is_customer:
            self.happens("tickets", chance.choice(members), closes + chance.uniform(4, 45), SUPPORT)
        return closes, is_won


@cache
def simulate_accounts(scenario: str) -> list[Facts]:
    """Many accounts: how many contacts an account has, how many of them reach a stage, and how many of each thing."""
    chance = random.Random(20260302)  # noqa: S311 - nothing is kept secret
    return [_Account(chance, NUMBERS[scenario]).live() for _ in range(MODELLED)]


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


def compare_ratios(seen: Sequence[Facts], expected: Sequence[Facts], name: str) -> Agreement:
    """Of a thing to contacts, in a sample of accounts with the accounts that the model drew."""
    ratio, contacts = _ratio(expected, name), fmean(facts["contacts"] for facts in expected)
    spread = pstdev(facts[name] - ratio * facts["contacts"] for facts in expected) / contacts
    return Agreement(_ratio(seen, name), ratio, spread * math.sqrt(1 / len(seen) + 1 / len(expected)))


def _ratio(accounts: Sequence[Facts], name: str) -> float:
    return sum(facts[name] for facts in accounts) / sum(facts["contacts"] for facts in accounts)


def compare_share(seen: Sequence[float], expected: float) -> Agreement:
    """Of yes and no (1 and 0) with a probability."""
    return Agreement(fmean(seen), expected, math.sqrt(expected * (1 - expected) / len(seen)))


def compare_days(days: Sequence[float], numbers: Numbers) -> Agreement:
    """Of the lengths of cycles with the scenario's."""
    error = numbers.cycle * math.sqrt((math.exp(SPREAD**2) - 1) / len(days))
    return Agreement(fmean(days), numbers.cycle, error)


def compare_amounts(amounts: Sequence[float], numbers: Numbers) -> dict[str, Agreement]:
    """Of the mean and the deviation of their logarithms with the scenario's."""
    logs, count = [math.log(amount) for amount in amounts], len(amounts)
    mu = numbers.mu + (1 - numbers.win) * LISTED
    return {
        "mu": Agreement(fmean(logs), mu, numbers.sigma / math.sqrt(count)),
        "sigma": Agreement(pstdev(logs), numbers.sigma, numbers.sigma / math.sqrt(2 * count)),
    }
