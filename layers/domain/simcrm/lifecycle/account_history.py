"""The history of one account: a pure function of the seed, the account and its arrival."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from simcrm.lifecycle.account_outline import AccountOutline, HistorySettings
from simcrm.lifecycle.calibration import LogisticLink
from simcrm.lifecycle.contact_moments import contact_moments
from simcrm.lifecycle.deal_revisions import revise_deal
from simcrm.lifecycle.opportunity import (
    Opportunity,
    OpportunityScenes,
    OpportunitySettings,
    SceneDraft,
    draw_end,
    draw_opportunity,
    draw_period_end,
    on_the_quarter,
)
from simcrm.lifecycle.sales_steps import CONSUMER_STEPS, STEPS
from simcrm.lifecycle.scene_knowledge import add_knowledge
from simcrm.lifecycle.task_times import TaskTimes
from simcrm.lifecycle.touch_drafts import number_touches
from simcrm.lifecycle.touches import TouchPlanner
from simcrm.models.account_story import (
    AccountStory,
    Channel,
    CommitteeMember,
    CommitteeRole,
    DealStory,
    SceneKind,
    SceneOutcome,
)
from simcrm.synthetic.latent_variables import (
    OPPORTUNITY,
    QUALIFICATION,
    Loadings,
    draw_opportunity_latents,
    index_value,
)
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom

EXPANSION_SHARE, EXPANSION_DAYS = 0.3, (60, 220)
"""The share of customers that buy more, and after how many days. Published: 23 to 50 % of new revenue."""
RENEWAL_DAYS, RENEWAL_RATE = (315, 335), 0.88
"""When the renewal of a yearly subscription begins, and how often it succeeds. Published median: 88 %."""
REVIVAL_SHARE, REVIVAL_DAYS = 0.12, (60, 200)
"""The share of lost opportunities that come back, and after how many days. Assumed."""
SUPPORT_SHARE, SUPPORT_DAYS = 0.2, (4, 45)
"""The share of customers that contact support soon after their purchase, and when."""
REGRESSED_SHARE = 0.3
"""The share of contacts of unqualified accounts that were in talks before they went cold."""
QUALIFIES_WITHIN, OPENS_WITHIN = (0.01, 0.07), (0.01, 0.06)
"""When an account qualifies and when its deal opens, as shares of the sales cycle."""

COMMITTEE_SHARE = 0.8
"""The share of an account's further contacts who take part in a deal. Assumed."""

_EXISTING_CYCLE = 0.5
"""Existing business takes half as long as new business. Assumed."""
_SILENT_SHARE = 0.6
_JOIN_DAYS, _ONBOARDING_DAYS, _CHECK_IN_DAYS = (1, 31), (2, 11), (25, 45)
_MAX_DEALS = 6
_PARTS_PER_DEAL = 16
_FIRST_CHANNELS = {
    "event": Channel.EVENT,
    "outbound": Channel.EMAIL,
    "referral": Channel.EMAIL,
    "partner": Channel.EMAIL,
    "friend": Channel.EMAIL,
}


class _Part(IntEnum):
    """Separate draws, so that a change of one part leaves the others as they are."""

    COURSE = 0
    JOINS = 1
    AFTER = 2
    TOUCHES = 3
    KNOWLEDGE = 4
    DEAL = 5
    STEPS = 6
    CLOSING = 7
    FIRST_TOUCH = 8
    TASKS = 9


def simulate_account(
    seed: SeedSequence, outline: AccountOutline, arrived_at: datetime, settings: HistorySettings
) -> AccountStory:
    """Return the whole history of an account whose first contact arrives at ``arrived_at`` (aware, UTC)."""
    return _AccountSimulation(seed, outline, arrived_at, settings).run()


class _AccountSimulation:
    """The history of one account in the making."""

    def __init__(
        self, seed: SeedSequence, outline: AccountOutline, arrived_at: datetime, settings: HistorySettings
    ) -> None:
        self._seed, self._outline, self._arrived_at, self._settings = seed, outline, arrived_at, settings
        self._calendar = outline.calendar
        self._cycle = timedelta(days=settings.parameters.sales_cycle_days)
        self._scenes: list[SceneDraft] = []
        self._deals: list[DealStory] = []
        self._joined_at: list[datetime | None] = [arrived_at] + [None] * (len(outline.members) - 1)
        self._spoken_at = arrived_at  # before, nobody can name a colleague

    def run(self) -> AccountStory:
        rng = self._stream(_Part.COURSE)
        channel = _FIRST_CHANNELS.get(self._outline.source_kind, Channel.WEB)
        begins_at = self._first_touch_time(channel)
        self._scenes.append(SceneDraft(begins_at, SceneKind.FIRST_TOUCH, channel, 0, (0,)))
        qualified_at = self._qualify(begins_at, rng)
        if qualified_at is None:
            self._attempt_in_vain(begins_at, rng)
        elif rng.bernoulli(self._probability(self._settings.links.opportunity, OPPORTUNITY)):
            opens_at = self._draw_between(qualified_at, OPENS_WITHIN, rng)
            self._add_deals(max(opens_at.replace(minute=30, second=0, microsecond=0), qualified_at))
        else:
            self._attempt_in_vain(qualified_at, rng)
        self._join_others()
        return self._finish(qualified_at)

    def _stream(self, part: int) -> StreamRandom:
        return self._seed.stream(RandomStream.STORY, self._outline.number, part)

    def _probability(self, link: LogisticLink, loadings: Loadings) -> float:
        return link.probability(index_value(loadings, self._outline.latents._asdict()))

    def _draw_between(self, start: datetime, shares: tuple[float, float], rng: StreamRandom) -> datetime:
        low, high = shares
        return self._calendar.after(start, start + self._cycle * (low + (high - low) * rng.uniform()), rng)

    def _first_touch_time(self, channel: Channel) -> datetime:
        """Return when the account was first in touch: when it arrived, but the seller only writes when at work."""
        if channel is not Channel.EMAIL:
            return self._arrived_at
        return self._calendar.soon(self._arrived_at, 0, self._stream(_Part.FIRST_TOUCH))

    def _qualify(self, since: datetime, rng: StreamRandom) -> datetime | None:
        """Add the qualification, if the account qualifies, and return when."""
        if not rng.bernoulli(self._probability(self._settings.links.qualification, QUALIFICATION)):
            return None
        at = max(on_the_quarter(self._draw_between(since, QUALIFIES_WITHIN, rng)), since)
        self._scenes.append(SceneDraft(at, SceneKind.QUALIFICATION, Channel.CALL, 8 + rng.randbelow(18), (0,)))
        self._spoken_at = at
        return at

    def _attempt_in_vain(self, since: datetime, rng: StreamRandom) -> None:
        """Add e-mails that nobody answers, and why it goes no further."""
        at, days = since, 1.0
        for _ in range(1 + rng.randbelow(3)):
            at, days = self._calendar.after(at, at + timedelta(days=days * (0.5 + rng.uniform())), rng), days * 2
            self._scenes.append(SceneDraft(at, SceneKind.ATTEMPT, Channel.EMAIL, 0, (0,), SceneOutcome.NO_REPLY))
        at = self._calendar.after(at, at + timedelta(days=3 + 9 * rng.uniform()), rng)
        kind = SceneKind.SILENCE if rng.bernoulli(_SILENT_SHARE) else SceneKind.DISQUALIFICATION
        self._scenes.append(SceneDraft(at, kind, Channel.INTERNAL, 0, (0,)))

    def _add_deals(self, opens_at: datetime) -> None:
        """Add the first deal and all that follow from how it ends, each after the one before has closed."""
        following: tuple[datetime, SceneKind] | None = (opens_at, SceneKind.DISCOVERY)
        until = self._settings.deals_open_until
        while following is not None and len(self._deals) < _MAX_DEALS:
            at, kind = following
            if self._deals and until is not None and at > until:
                break
            deal = self._add_deal(at, kind)
            rng = self._stream(_Part.AFTER + _PARTS_PER_DEAL * (deal.number + 1))
            following = self._after_loss(deal, kind, rng) if deal.lost_reason else self._after_win(deal, rng)

    def _add_deal(self, opens_at: datetime, kind: SceneKind) -> DealStory:
        number, settings = len(self._deals), self._settings
        rng = self._stream(_Part.DEAL + _PARTS_PER_DEAL * (number + 1))
        committee = self._draw_committee(rng)
        opportunity = draw_opportunity(self._variables(number, committee), self._opportunity_settings(kind), rng)
        scenes = self._deal_scenes(opportunity, committee, opens_at, kind)
        self._scenes += scenes
        self._let_join(committee, scenes, rng)
        members = tuple(
            CommitteeMember(position, self._outline.members[position], _first_time(position, scenes, opens_at))
            for position in committee
        )
        lines = settings.price(self._outline.number, number, opportunity.target_amount, opportunity.discount)
        deal = DealStory(
            number,
            is_existing_business=kind in {SceneKind.EXPANSION, SceneKind.RENEWAL},
            committee=members,
            revisions=revise_deal(scenes, lines, settings.parameters.sales_cycle_days, rng),
            lost_reason=opportunity.lost_reason,
            is_renewal=kind is SceneKind.RENEWAL,
        )
        self._deals.append(deal)
        return deal

    def _draw_committee(self, rng: StreamRandom) -> tuple[int, ...]:
        """Draw the positions of the contacts in a deal, the main one first, with whoever decides or one other."""
        members = self._outline.members
        others = range(1, len(members))
        needed = next((place for place in others if members[place] is CommitteeRole.DECISION_MAKER), 1)
        return (0, *(position for position in others if position == needed or rng.bernoulli(COMMITTEE_SHARE)))

    def _variables(self, deal: int, committee: tuple[int, ...]) -> dict[str, float]:
        mean = self._settings.mean_committee
        breadth = (len(committee) - mean) / max(1.0, mean / 2)
        latents = draw_opportunity_latents(self._seed, self._outline.number, deal)
        return {**self._outline.latents._asdict(), **latents._asdict(), "breadth": breadth}

    def _opportunity_settings(self, kind: SceneKind) -> OpportunitySettings:
        links, parameters = self._settings.links, self._settings.parameters
        if kind is SceneKind.RENEWAL:
            links = links._replace(win=LogisticLink.constant(RENEWAL_RATE))
        is_existing = kind in {SceneKind.EXPANSION, SceneKind.RENEWAL}
        days = parameters.sales_cycle_days * (_EXISTING_CYCLE if is_existing else 1)
        return OpportunitySettings(links, days, parameters.amount_mu, parameters.amount_sigma)

    def _deal_scenes(
        self, opportunity: Opportunity, committee: tuple[int, ...], opens_at: datetime, kind: SceneKind
    ) -> list[SceneDraft]:
        number, by_role = len(self._deals), defaultdict[CommitteeRole, tuple[int, ...]](tuple)
        for position in committee:
            by_role[self._outline.members[position]] += (position,)
        rng = self._stream(_Part.STEPS + _PARTS_PER_DEAL * (number + 1))
        closing_rng = self._stream(_Part.CLOSING + _PARTS_PER_DEAL * (number + 1))
        is_consumer = self._outline.is_consumer
        ending = self._outline.customer_calendar if is_consumer else self._calendar
        closes_at = None if is_consumer else draw_period_end(opportunity, opens_at, ending, closing_rng)
        closes_at = closes_at or draw_end(opportunity, opens_at, ending, closing_rng)
        scenes = OpportunityScenes(opportunity, opens_at, by_role, committee[0], self._calendar, rng, closes_at)
        drafts = scenes.draw(CONSUMER_STEPS if is_consumer else STEPS)
        drafts[0] = drafts[0]._replace(kind=kind)
        return [draft._replace(deal=number) for draft in drafts]

    def _let_join(self, committee: Iterable[int], scenes: Sequence[SceneDraft], rng: StreamRandom) -> None:
        """Let the members of a committee join up to three days before they take part, or while the deal is open."""
        opens, closes = scenes[0].at, scenes[-1].at
        for position in committee:
            if self._joined_at[position] is None:
                first = next((scene.at for scene in scenes if position in scene.participants), None)
                target = opens + (closes - opens) * (0.1 + 0.6 * rng.uniform()) if first is None else first
                joins = self._calendar.near(target - timedelta(hours=5 + 67 * rng.uniform()), rng)
                is_in_time = self._spoken_at < joins < target
                self._joined_at[position] = (
                    joins if is_in_time else self._calendar.between(self._spoken_at, target, rng)
                )

    def _after_loss(self, deal: DealStory, kind: SceneKind, rng: StreamRandom) -> tuple[datetime, SceneKind] | None:
        """Return when and how the next deal begins after one was lost, if there is one."""
        if kind is SceneKind.RENEWAL or not rng.bernoulli(REVIVAL_SHARE):
            return None
        is_customer = any(earlier.lost_reason is None for earlier in self._deals)
        return self._later(deal.final.at, REVIVAL_DAYS, rng), (
            SceneKind.EXPANSION if is_customer else SceneKind.REVIVAL
        )

    def _after_win(self, deal: DealStory, rng: StreamRandom) -> tuple[datetime, SceneKind] | None:
        """Add what happens after a deal was won; return when and how the next one begins, if there is one."""
        closed = deal.final.at
        if not deal.is_existing_business:
            self._start_customer(deal, rng)
        if rng.bernoulli(EXPANSION_SHARE):
            return self._later(closed, EXPANSION_DAYS, rng), SceneKind.EXPANSION
        if self._outline.is_subscription:
            return self._later(closed, RENEWAL_DAYS, rng), SceneKind.RENEWAL
        return None

    def _start_customer(self, deal: DealStory, rng: StreamRandom) -> None:
        closed, main, number = deal.final.at, deal.committee[0].position, deal.number
        people = tuple(member.position for member in deal.committee[:3])
        channel, minutes = (Channel.EMAIL, 0) if self._outline.is_consumer else (Channel.MEETING, 60)
        starts = on_the_quarter(self._later(closed, _ONBOARDING_DAYS, rng))
        checks = self._later(starts, _CHECK_IN_DAYS, rng)
        self._scenes += [
            SceneDraft(starts, SceneKind.ONBOARDING, channel, minutes, people, deal=number),
            SceneDraft(on_the_quarter(checks), SceneKind.CHECK_IN, Channel.CALL, 15, (main,), deal=number),
        ]
        if rng.bernoulli(SUPPORT_SHARE):
            low, high = SUPPORT_DAYS
            asks = closed + timedelta(days=low + (high - low) * rng.uniform())
            at = self._outline.customer_calendar.after(closed, asks, rng)
            user = rng.choice(deal.committee).position
            self._scenes.append(SceneDraft(at, SceneKind.SUPPORT, Channel.EMAIL, 0, (user,), deal=number))

    def _later(self, after: datetime, days: tuple[int, int], rng: StreamRandom) -> datetime:
        low, high = days
        return self._calendar.after(after, after + timedelta(days=low + (high - low) * rng.uniform()), rng)

    def _join_others(self) -> None:
        """Let every contact join that no scene has brought in, and none after the settings' end."""
        rng, ends_at = self._stream(_Part.JOINS), self._settings.ends_at
        channel = Channel.EVENT if self._outline.source_kind == "event" else Channel.EMAIL
        for position, at in enumerate(self._joined_at):
            late = self._later(self._spoken_at, _JOIN_DAYS, rng)
            joins = at or late
            if ends_at is not None and joins > ends_at:
                is_over = ends_at <= self._arrived_at
                joins = self._arrived_at if is_over else self._calendar.between(self._arrived_at, ends_at, rng)
            self._joined_at[position] = joins
            if at is None:
                self._scenes.append(SceneDraft(joins, SceneKind.INTRODUCTION, channel, 0, (position, 0)))

    def _finish(self, qualified_at: datetime | None) -> AccountStory:
        """Add the activities, put the history in order, and add knowledge and promises."""
        joined = tuple(at or self._arrived_at for at in self._joined_at)
        rng = self._stream(_Part.TOUCHES)
        regressed = {} if qualified_at is not None else self._draw_regressions(rng)
        calendars = self._calendar, self._outline.customer_calendar
        planner = TouchPlanner(self._scenes, self._deals, joined, self._settings.parameters, *calendars, rng)
        touches = planner.plan(contact_moments(joined, qualified_at, regressed, self._deals))
        order = sorted(range(len(self._scenes)), key=lambda place: self._scenes[place].at)
        numbers = {place: number for number, place in enumerate(order)}
        number = self._outline.number
        ordered = [self._scenes[place] for place in order]
        scenes = add_knowledge(ordered, self._deals, self._calendar, self._stream(_Part.KNOWLEDGE))
        by_place = {place: scenes[numbers[place]] for place in numbers}
        tasks = TaskTimes(by_place, self._deals, self._calendar, self._stream(_Part.TASKS))
        numbered = number_touches(list(tasks.apply(touches)), numbers)
        return AccountStory(number, joined, qualified_at, scenes, numbered, tuple(self._deals))

    def _draw_regressions(self, rng: StreamRandom) -> dict[int, datetime]:
        """Return when contacts who were in talks went cold, by position."""
        end = max(scene.at for scene in self._scenes)
        return {position: end for position in range(len(self._outline.members)) if rng.bernoulli(REGRESSED_SHARE)}


def _first_time(position: int, scenes: Iterable[SceneDraft], opens_at: datetime) -> datetime:
    return next((scene.at for scene in scenes if position in scene.participants), opens_at)
