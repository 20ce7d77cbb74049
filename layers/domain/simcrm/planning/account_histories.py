"""The histories of a simulation's accounts: facts, scenes, deals and activities, and the objects they leave."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

from simcrm.lifecycle.account_events import EventSettings, account_events, contact_stage, unlink_missing_deals
from simcrm.lifecycle.account_history import COMMITTEE_SHARE, simulate_account
from simcrm.lifecycle.account_outline import AccountOutline, HistorySettings
from simcrm.lifecycle.activity_budgets import BudgetCutoffs, apply_budget, compute_budget_cutoffs
from simcrm.lifecycle.calibration import calibrate
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import AccountStory, LineItem
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.models.owner import Owner
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.batches import Batch, max_waves, plan_batches
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic import AccountFacts
from simcrm.synthetic.account_contact_properties import company_properties, contact_properties
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.account_layout import AccountLayout, AccountPlace, create_layout
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.calendars import load_place_calendar
from simcrm.synthetic.pricing import Buyer, price_lines
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.team import name_owners, owner_of_account, sample_team
from simcrm.synthetic.time_densities import BUSINESS_MAIL, CONSUMER
from simcrm.synthetic.time_zones import time_zone_for

QUALIFIED_SHARE = 0.62
"""The share of accounts that marketing qualifies."""
OPPORTUNITY_SHARE = 0.7
"""The share of qualified accounts with an opportunity."""

_RECENT_ACCOUNTS = 64
_PRICE_PART = 4_096


class SimulatedAccount(NamedTuple):
    """An account with its history, before caps and budgets."""

    facts: AccountFacts
    story: AccountStory


class AccountHistory(NamedTuple):
    """An account with its history, the events of each of its contacts by position, and the writer of its objects.

    The events are within the caps and the budgets.
    """

    facts: AccountFacts
    story: AccountStory
    events: tuple[list[ActivityEvent], ...]
    writer: AccountWriter


@dataclass(frozen=True)
class AccountHistories:
    """The histories of one simulation's accounts; equal plans yield equal histories.

    ``arrivals`` are the times at which accounts arrive, which is when their first contacts do. ``event_settings`` hold
    the scenario's caps with the input's, the portal's pipeline, and the plan's cut-off; ``budgets`` are the scenario's
    with the input's. ``simulate`` returns the history of an account by its number; copies with other caps, budgets or
    cut-offs share what it has kept.
    """

    plan: SimulationPlan
    arrivals: ArrivalTimes
    generator: AccountGenerator
    simulate: Callable[[int], SimulatedAccount]
    event_settings: EventSettings
    budgets: Mapping[ObjectType, int]

    @classmethod
    def from_plan(
        cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = (), kept_accounts: int = _RECENT_ACCOUNTS
    ) -> "AccountHistories":
        """Create the histories of a plan.

        ``pack_paths`` names files with additional scenarios; the latest ``kept_accounts`` are kept in memory.
        """
        settings = replace(plan.generation, pack_paths=pack_paths)
        arrivals = _arrivals(plan, create_layout(settings))
        generator = AccountGenerator(settings, arrivals.at)
        requested, parameters = plan.input.activities, generator.parameters
        caps = {**parameters.caps, **{ObjectType(kind): limit for kind, limit in requested.caps.items()}}
        budgets = {**parameters.budgets, **{ObjectType(kind): limit for kind, limit in requested.budgets.items()}}
        events = EventSettings(plan.pipeline, caps, plan.pace.cutoff, emit_changes=not plan.pace.is_at_once)
        simulation = partial(_simulate, generator, arrivals, _history_settings(plan, generator))
        return cls(plan, arrivals, generator, lru_cache(kept_accounts)(simulation), events, budgets)

    @property
    def without_cutoff(self) -> "AccountHistories":
        """The same histories without the cut-off at the maximum duration of the execution."""
        if self.plan.pace.is_at_once:
            return self
        return replace(self, event_settings=replace(self.event_settings, cutoff=None))

    @property
    def cutoff(self) -> datetime | None:
        """The simulated time after which nothing happens, or None."""
        return self.event_settings.cutoff

    @property
    def follows_clock(self) -> bool:
        """Whether everything is written when it happens, in its state then, and not in its final state."""
        return self.event_settings.emit_changes

    @property
    def has_activities(self) -> bool:
        """Whether anything happens to contacts after they are created."""
        return self.plan.input.activities.enabled

    def arrives_with_company(self, index: int) -> bool:
        """Whether a contact is written with its company, and not when it joins later."""
        return not self.follows_clock or not self.has_activities or self.place(index).position == 0

    @property
    def is_timed_by_model(self) -> bool:
        """Whether the model that writes the text also proposes when activities happen."""
        return self.plan.input.ai.smart_scheduling and self.has_activities

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """The sellers of the accounts: the portal's owners, or a sample team where no portal is asked."""
        return name_owners(self.plan.owners, sample_team(self.generator.locale_context(0)))

    @cached_property
    def product_numbers(self) -> Mapping[str, int]:
        """The numbers of the catalogue's products by name."""
        return {product.name: product.number for product in self.generator.catalogue()}

    def batches(self, accounts: range | None = None) -> Iterator[Batch]:
        """Divide the accounts, by default all, into batches."""
        return plan_batches(self.arrivals, self.plan.pace, self.contacts, accounts, self._largest_account)

    @property
    def max_waves(self) -> int:
        """The maximum number of waves of a batch."""
        return max_waves(self.plan.total_records, self._largest_account)

    @property
    def _largest_account(self) -> int:
        return self.generator.layout.sizes.high

    def contacts(self, account: int) -> range:
        """Return the indexes of an account's contacts."""
        return self.generator.layout.contacts(account)

    def accounts(self, batch: Batch) -> range:
        """Return the numbers of the accounts that a batch's contacts belong to."""
        layout = self.generator.layout
        return range(layout.place(batch.first_index).account, layout.place(batch.indexes[-1]).account + 1)

    def place(self, index: int) -> AccountPlace:
        """Return the account of a contact and its position there."""
        return self.generator.layout.place(index)

    def company_index(self, index: int) -> int:
        """Return the index of a contact's company; it never decreases from one contact to the next."""
        return self.place(index).account

    def events(self, index: int) -> list[ActivityEvent]:
        """Return the events of a contact within the budgets, in chronological order."""
        account, position = self.place(index)
        return self.history(account).events[position]

    def compute_budget_cutoffs(self) -> BudgetCutoffs:
        """Compute the cut-offs that keep the whole simulation within its budgets."""
        if not self.has_activities:
            return {}
        unlimited = replace(self, plan=self.plan.model_copy(update={"budget_cuts": {}}))
        total, caps = self.plan.total_records, self.event_settings.caps
        return compute_budget_cutoffs(SeedSequence(self.plan.seed), total, unlimited.events, caps, self.budgets)

    def company(self, number: int) -> Properties:
        """Return the properties of an account's company."""
        history = self.history(number)
        entered_at = self.generator.company_created_at(number, history.story.joined_at[0])
        stage = contact_stage(history.story, 0, entered_at if self.follows_clock else self.cutoff)
        return company_properties(history.facts.company, entered_at, stage)

    def contact(self, number: int, position: int) -> Properties:
        """Return the properties with which the contact at this position of an account is created."""
        history = self.history(number)
        joined_at = history.story.joined_at[position]
        stage = contact_stage(history.story, position, joined_at if self.follows_clock else self.cutoff)
        return contact_properties(self.writer(history, joined_at), position, stage)

    def writer(self, history: AccountHistory, at: datetime) -> AccountWriter:
        """Return the writer of an account's objects that are written at ``at``."""
        return replace(history.writer, until=at) if self.follows_clock else history.writer

    def owner(self, account: int) -> Owner:
        """Return the seller of an account."""
        return owner_of_account(self.generator.seed, account, self.owners)

    @cached_property
    def history(self) -> Callable[[int], AccountHistory]:
        """Returns the history of the account with a number; the latest ones are kept."""
        return lru_cache(_RECENT_ACCOUNTS)(self._history)

    def _history(self, number: int) -> AccountHistory:
        facts, story = self.simulate(number)
        writer = self.generator.writer(story, self.owner(number), self.cutoff)
        return AccountHistory(facts, story, self._events(facts, story), writer)

    def _events(self, facts: AccountFacts, story: AccountStory) -> tuple[list[ActivityEvent], ...]:
        """Return the events of an account's contacts within the budgets."""
        if not self.has_activities:
            return tuple([] for _ in facts.contacts)
        events = account_events(story, self.event_settings)
        seed, cuts = SeedSequence(self.plan.seed), self.plan.budget_cuts
        if not cuts:
            return events
        kept = (
            apply_budget(seed, contact.index, own, cuts) for contact, own in zip(facts.contacts, events, strict=True)
        )
        return unlink_missing_deals(tuple(kept))


def _simulate(
    generator: AccountGenerator, arrivals: ArrivalTimes, settings: HistorySettings, number: int
) -> SimulatedAccount:
    """Simulate the history of one account."""
    facts, is_consumer = generator.account(number), generator.pack.is_consumer
    locale, place, price = facts.company.locale, facts.company.place, facts.subject.offer.price
    zone, days_off = time_zone_for(locale, place), load_place_calendar(locale, place)
    outline = AccountOutline(
        number,
        facts.company.source_kind,
        facts.latents,
        tuple(contact.role for contact in facts.contacts),
        WorkingCalendar.from_place(zone, days_off),
        WorkingCalendar.from_place(zone, days_off, CONSUMER if is_consumer else BUSINESS_MAIL),
        is_subscription=price is not None and price.is_subscription,
        is_consumer=is_consumer,
    )
    return SimulatedAccount(facts, simulate_account(generator.seed, outline, arrivals.at(number), settings))


def price_deal(
    generator: AccountGenerator, account: int, deal: int, amount: float, discount: float
) -> tuple[LineItem, ...]:
    """Return the lines of an account's deal as they are signed, for a target amount in US dollars and a discount."""
    facts, context = generator.account(account), generator.locale_context(account)
    employees = 1 if context.pack.is_consumer else facts.company.employees
    rng = generator.seed.stream(RandomStream.STORY, account, _PRICE_PART + deal)
    buyer = Buyer(employees, facts.subject.seats, context.currency.rate)
    return price_lines(facts.subject.offer, buyer, amount, discount, rng)


def _arrivals(plan: SimulationPlan, layout: AccountLayout) -> ArrivalTimes:
    request = plan.input
    return ArrivalTimes(
        request.distribution_method,
        layout.accounts(plan.total_records),
        plan.start,
        plan.end,
        seed=plan.seed,
        zone=request.time_zone,
        weights=request.distribution_weights,
    )


def _history_settings(plan: SimulationPlan, generator: AccountGenerator) -> HistorySettings:
    parameters, pace = generator.parameters, plan.pace
    further = max(0.0, generator.layout.mean - 1)
    return HistorySettings(
        calibrate(QUALIFIED_SHARE, OPPORTUNITY_SHARE, parameters.win_rate),
        parameters,
        1 + min(1.0, further) + COMMITTEE_SHARE * max(0.0, further - 1),
        partial(price_deal, generator),
        ends_at=pace.cutoff if plan.input.activities.enabled else plan.start,
        deals_open_until=(pace.cutoff or plan.end) if pace.is_at_once else plan.end,
    )
