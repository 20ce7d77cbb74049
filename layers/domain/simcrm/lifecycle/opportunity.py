"""One opportunity of an account: how it ends, how long it takes, what it is worth, and the scenes it goes through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp
from typing import NamedTuple

from simcrm.lifecycle.calibration import FunnelLinks, log_normal_location
from simcrm.lifecycle.sales_steps import Step
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import Channel, CommitteeRole, LostReason, SceneKind, SceneOutcome
from simcrm.synthetic.latent_variables import AMOUNT, CYCLE, WIN, index_value
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice

CYCLE_SIGMA = 0.55
"""Standard deviation of the logarithm of a sales cycle's length. Published for all deals: 0.97."""
MIN_CYCLE_DAYS = 1.0
NO_SHOW_SHARE = 0.12
"""The share of meetings that somebody misses. Published: 15 to 30 % by origin, less once a deal is open."""

PERIOD_END_DAYS = 3
"""How many working days at the end of a month count as its end."""
PERIOD_END_SHARES: Mapping[tuple[bool, bool], float] = {
    (True, False): 0.03,
    (True, True): 0.7,
    (False, False): 0.27,
    (False, True): 1.0,
}
"""The share of deals that close at the end of the month nearest to when they would, by whether they are won and whether
the month is the last one of a quarter. Published: 3 times as many wins a day and 8 to 11 times as many losses at a
month's end, and 45 % of a quarter in its third month."""
MAX_PERIOD_SHIFT = 0.5
"""How far a close moves to a month's end at most, earlier or later, as a share of the cycle."""

_LOST_REASONS = WeightedChoice(tuple(LostReason), (40, 30, 18, 12))
"""Published: no decision 40, competitor 30, budget 18, fit 12 %."""

_LEAVES_AT = {
    LostReason.NO_DECISION: (0.55, 0.9),
    LostReason.COMPETITOR: (0.45, 0.95),
    LostReason.BUDGET: (0.5, 0.8),
    LostReason.FIT: (0.25, 0.6),
}
"""How far a deal gets before it is lost, as progress from 0 to 1."""


_FREE_TO_MOVE = timedelta(days=4)
"""A longer cycle can end some days earlier or later than it is ready."""
LEAST_GAP = timedelta(hours=4)
"""No step begins this shortly before an opportunity closes."""
LEAST_THOUGHT, _NIGHT = timedelta(hours=36), timedelta(hours=12)
"""How long a buyer thinks about an offer before refusing it, and what lies between that and the first doubts about it.
Assumed."""
_OFFERS = {SceneKind.PROPOSAL, SceneKind.NEGOTIATION, SceneKind.LEGAL_REVIEW}
"""What a buyer accepts or refuses."""
_MEETING_MINUTES = 15
"""Meetings and agreed calls begin on the quarter hour."""


class SceneDraft(NamedTuple):
    """A scene before knowledge and promises are added; ``deal`` is the number of its deal, if it has one."""

    at: datetime
    kind: SceneKind
    channel: Channel
    minutes: int
    participants: tuple[int, ...]
    outcome: SceneOutcome = SceneOutcome.DONE
    deal: int | None = None
    progress: float = 0.0


_LEAST_SILENCE = timedelta(days=1.5)
"""Nobody says that it has gone quiet sooner; a deal that ends before is lost without that."""

_REASON_SCENES: Mapping[LostReason | None, tuple[SceneKind, Channel, SceneOutcome]] = {
    LostReason.NO_DECISION: (SceneKind.SILENCE, Channel.EMAIL, SceneOutcome.NO_REPLY),
    LostReason.COMPETITOR: (SceneKind.COMPETITOR, Channel.CALL, SceneOutcome.DONE),
    LostReason.BUDGET: (SceneKind.BUDGET_MOVED, Channel.CALL, SceneOutcome.DONE),
}


@dataclass(frozen=True, slots=True)
class OpportunitySettings:
    """What an opportunity depends on beside its account."""

    links: FunnelLinks
    cycle_days: float
    amount_mu: float
    amount_sigma: float


@dataclass(frozen=True, slots=True)
class Opportunity:
    """What was drawn for an opportunity: how it ends, its length in days, and the target of its amount."""

    is_won: bool
    lost_reason: LostReason | None
    days: float
    target_amount: float
    discount: float
    leaves_at: float


def draw_opportunity(variables: Mapping[str, float], settings: OpportunitySettings, rng: StreamRandom) -> Opportunity:
    """Draw an opportunity from an account's and its own latent variables.

    Args:
        variables: the variables of the account and the opportunity by name.
        settings: the scenario's rates and amounts.
        rng: draws of this opportunity.
    """
    is_won = rng.bernoulli(settings.links.win.probability(index_value(WIN, variables)))
    amount = index_value(AMOUNT, variables) - settings.links.mean_with_opportunity(AMOUNT)
    cycle = index_value(CYCLE, variables) - settings.links.mean_with_opportunity(CYCLE)
    days = exp(log_normal_location(settings.cycle_days, CYCLE_SIGMA) + CYCLE_SIGMA * cycle)
    reason = None if is_won else _lost_reason(variables, rng)
    low, high = (1.0, 1.0) if reason is None else _LEAVES_AT[reason]
    return Opportunity(
        is_won,
        reason,
        max(MIN_CYCLE_DAYS, days),
        exp(settings.amount_mu + settings.amount_sigma * amount),
        _discount(variables, rng),
        low + (high - low) * rng.uniform(),
    )


def _lost_reason(variables: Mapping[str, float], rng: StreamRandom) -> LostReason:
    """Draw why a deal is lost; strong competition and a weak budget make their own reasons more likely."""
    reason = _LOST_REASONS.pick(rng)
    if reason is LostReason.NO_DECISION and variables["competition"] > 1.0 and rng.bernoulli(0.5):
        return LostReason.COMPETITOR
    if reason is LostReason.NO_DECISION and variables["budget"] < -1.0 and rng.bernoulli(0.5):
        return LostReason.BUDGET
    return reason


def _discount(variables: Mapping[str, float], rng: StreamRandom) -> float:
    """Draw the discount, as a share of the list price in steps of 5 %; competition raises it."""
    pressure = 0.06 + 0.05 * variables["competition"] + 0.06 * rng.normal()
    return max(0, min(6, round(pressure * 20))) / 20


def draw_period_end(
    opportunity: Opportunity, opened_at: datetime, calendar: WorkingCalendar, rng: StreamRandom
) -> datetime | None:
    """Return the time at a month's end at which an opportunity closes, or None if it closes when it is ready.

    Closes move to the nearest month's end, earlier as often as later, so the mean cycle stays as it is.
    """
    ready = opened_at + timedelta(days=opportunity.days)
    days = _nearest_month_end(ready.astimezone(calendar.zone).date(), calendar)
    closes_at = calendar.on_day(rng.choice(days), rng)
    is_quarter_end = days[0].month % 3 == 0
    moves = rng.bernoulli(PERIOD_END_SHARES[opportunity.is_won, is_quarter_end])
    is_near = abs(closes_at - ready) <= MAX_PERIOD_SHIFT * timedelta(days=opportunity.days)
    return closes_at if moves and is_near else None


def draw_end(opportunity: Opportunity, opened_at: datetime, calendar: WorkingCalendar, rng: StreamRandom) -> datetime:
    """Return when an opportunity closes that is bound to no date: as often a little earlier as later than it is ready.

    Steps follow from the end and not the end from the steps, so that the gaps between them make no cycle longer.
    """
    length = timedelta(days=opportunity.days)
    if length > _FREE_TO_MOVE:
        return calendar.near(opened_at + length, rng)
    return calendar.between(opened_at + 0.4 * length, opened_at + 1.6 * length, rng)


def on_the_quarter(at: datetime) -> datetime:
    """Return the quarter of an hour in which a time lies: what people agree on."""
    return at.replace(minute=at.minute - at.minute % _MEETING_MINUTES, second=0, microsecond=0)


def _nearest_month_end(day: date, calendar: WorkingCalendar) -> tuple[date, ...]:
    """Return the last working days of a day's month or of the month before, whichever are nearer."""
    before, own = (
        calendar.last_working_days(month, PERIOD_END_DAYS) for month in (day.replace(day=1) - timedelta(days=1), day)
    )
    middle = PERIOD_END_DAYS // 2
    return min(before, own, key=lambda days: abs(days[middle] - day))


@dataclass(frozen=True, slots=True)
class OpportunityScenes:
    """Draws the scenes of one opportunity.

    ``opened_at`` is when its first scene takes place, and ``closes_at`` when its last one does. ``committee`` are
    positions of the contacts who may take part, by role, and ``main`` is the position of the main contact.
    """

    opportunity: Opportunity
    opened_at: datetime
    committee: Mapping[CommitteeRole, tuple[int, ...]]
    main: int
    calendar: WorkingCalendar
    rng: StreamRandom
    closes_at: datetime

    def draw(self, steps: tuple[Step, ...]) -> list[SceneDraft]:
        """Return the scenes in chronological order, the last one the signature or loss."""
        drafts: list[SceneDraft] = []
        for step in steps:
            fits = self.opportunity.days >= step.least_days and step.progress <= self.opportunity.leaves_at
            if fits and (not drafts or self._is_time_left(drafts[-1].at + LEAST_GAP, self._latest(step))):
                drafts += self._draw_step(step, drafts[-1].at if drafts else None)
        drafts += self._draw_reason(drafts[-1].at)
        return [*drafts, self._draw_ending()]

    def _is_time_left(self, since: datetime, latest: datetime) -> bool:
        """Whether anybody works between two times."""
        return self.calendar.at_work(since) < latest

    def _latest(self, step: Step) -> datetime:
        """Return the time before which a step takes place, so that its answer does not come too soon."""
        is_refused = step.kind in _OFFERS and not self.opportunity.is_won
        return self.closes_at - (LEAST_THOUGHT if is_refused else LEAST_GAP)

    def _agreed(self, channel: Channel, at: datetime, last: datetime) -> datetime:
        """Return a time at which people would agree to meet, not after ``at`` but after ``last``."""
        agreed = on_the_quarter(at) if channel in {Channel.MEETING, Channel.CALL} else at
        return agreed if agreed > last else at

    def _draw_after(self, last: datetime, target: datetime, latest: datetime) -> datetime:
        """Return a working time near ``target``, after ``last`` and before ``latest``."""
        at = self.calendar.after(last, target, self.rng)
        return at if at < latest else self.calendar.between(last, latest, self.rng)

    def _draw_step(self, step: Step, last: datetime | None) -> Iterator[SceneDraft]:
        """Yield the scene of a step, after one that was missed if somebody did not appear."""
        people = (self.main, *self._people(step))
        at = self.opened_at if last is None else self._agreed(step.channel, self._step_time(step, last), last)
        if step.channel is Channel.MEETING and last is not None and self.rng.bernoulli(NO_SHOW_SHARE):
            yield SceneDraft(
                at, SceneKind.NO_SHOW, Channel.MEETING, 0, people, SceneOutcome.NO_SHOW, progress=step.progress
            )
            later = self._draw_after(at, at + timedelta(days=2 + 5 * self.rng.uniform()), self._latest(step))
            at = self._agreed(step.channel, later, at)
        minutes = self.rng.choice(step.minutes)
        yield SceneDraft(at, step.kind, step.channel, minutes, people, progress=step.progress)

    def _step_time(self, step: Step, last: datetime) -> datetime:
        share = (step.progress + 0.1 * (self.rng.uniform() - 0.5)) * min(1.0, self.opportunity.leaves_at + 0.1)
        return self._draw_after(last, self.opened_at + (self.closes_at - self.opened_at) * share, self._latest(step))

    def _people(self, step: Step) -> tuple[int, ...]:
        people = [position for role in step.roles for position in self.committee.get(role, ()) if position != self.main]
        return tuple(position for number, position in enumerate(people) if number == 0 or self.rng.bernoulli(0.6))

    def _draw_reason(self, last: datetime) -> Iterator[SceneDraft]:
        """Yield the scene in which it shows why the deal will be lost."""
        found = _REASON_SCENES.get(self.opportunity.lost_reason)
        if found is None:
            return
        kind, channel, outcome = found
        minutes = 0 if channel is Channel.EMAIL else 5 + self.rng.randbelow(15)
        wait, latest = (self.closes_at - last) * 0.45, self.closes_at - LEAST_GAP
        if not self._is_time_left(last + _NIGHT, latest) or (kind is SceneKind.SILENCE and wait < _LEAST_SILENCE):
            return
        at = self._draw_after(last + _NIGHT, last + wait, latest)
        yield SceneDraft(at, kind, channel, minutes, (self.main,), outcome, progress=self.opportunity.leaves_at)

    def _draw_ending(self) -> SceneDraft:
        kind = SceneKind.SIGNATURE if self.opportunity.is_won else SceneKind.LOSS
        signer = next(iter(self.committee.get(CommitteeRole.DECISION_MAKER, ())), self.main)
        signs = self.opportunity.is_won and signer != self.main
        people = (signer, self.main) if signs else (self.main,)
        return SceneDraft(self.closes_at, kind, Channel.EMAIL, 0, people, progress=1.0)
