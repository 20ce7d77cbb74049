"""The histories of a simulation's accounts: facts, scenes, deals and activities, and the objects they leave."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from simcrm.lifecycle.account_events import EventSettings, account_events, contact_stage
from simcrm.lifecycle.account_history import COMMITTEE_SHARE, AccountOutline, HistorySettings, simulate_account
from simcrm.lifecycle.calibration import calibrate
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import AccountStory, LineItem
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.models.owner import Owner
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic import AccountFacts
from simcrm.synthetic.account_contact_properties import company_properties, contact_properties
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.account_layout import AccountLayout
from simcrm.synthetic.account_properties import AccountWriter
from simcrm.synthetic.calendars import load_place_calendar
from simcrm.synthetic.pricing import Buyer, price_lines
from simcrm.synthetic.seeded_random import RandomStream
from simcrm.synthetic.team import owner_of_account, sample_team
from simcrm.synthetic.time_densities import BUSINESS_MAIL, CONSUMER
from simcrm.synthetic.time_zones import time_zone_for

QUALIFIED_SHARE = 0.62
"""The share of accounts that marketing qualifies."""
OPPORTUNITY_SHARE = 0.7
"""The share of qualified accounts with an opportunity."""

_RECENT_ACCOUNTS = 64
_PRICE_PART = 4_096


class AccountHistory(NamedTuple):
    """An account with its history, the events of each of its contacts by position, and the writer of its objects."""

    facts: AccountFacts
    story: AccountStory
    events: tuple[list[ActivityEvent], ...]
    writer: AccountWriter


@dataclass(frozen=True)
class AccountHistories:
    """The histories of one simulation's accounts as of its end; equal plans yield equal histories.

    ``arrivals`` are the times at which accounts arrive, which is when their first contacts do. ``event_settings`` hold
    the scenario's caps with the input's, the portal's pipeline, and the plan's cut-off.
    """

    plan: SimulationPlan
    arrivals: ArrivalTimes
    generator: AccountGenerator
    history_settings: HistorySettings
    event_settings: EventSettings

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "AccountHistories":
        """Create the histories of a plan; ``pack_paths`` names files with additional scenarios."""
        settings = replace(plan.generation, pack_paths=pack_paths)
        arrivals = _arrivals(plan, AccountGenerator(settings).layout)
        generator = AccountGenerator(settings, arrivals.at)
        requested = plan.input.activities.caps
        caps = {**generator.parameters.caps, **{ObjectType(kind): limit for kind, limit in requested.items()}}
        events = EventSettings(plan.pipeline, caps, plan.pace.cutoff, emit_changes=False)
        return cls(plan, arrivals, generator, _history_settings(plan, generator), events)

    @property
    def cutoff(self) -> datetime | None:
        """The simulated time after which nothing happens, or None."""
        return self.event_settings.cutoff

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """The sellers of the accounts."""
        return sample_team(self.generator.locale_context(0))

    def company(self, number: int) -> Properties:
        """Return the properties of an account's company."""
        history = self.history(number)
        entered_at = self.generator.company_created_at(number, history.story.joined_at[0])
        return company_properties(history.facts.company, entered_at)

    def contact(self, number: int, position: int) -> Properties:
        """Return the properties of the contact at this position of an account."""
        history = self.history(number)
        stage = contact_stage(history.story, position, self.cutoff)
        return contact_properties(history.writer, position, stage)

    def owner(self, account: int) -> Owner:
        """Return the seller of an account."""
        return owner_of_account(self.generator.seed, account, self.owners)

    @cached_property
    def history(self) -> Callable[[int], AccountHistory]:
        """Returns the history of the account with a number; the latest ones are kept."""
        return lru_cache(_RECENT_ACCOUNTS)(self._simulate)

    def _simulate(self, number: int) -> AccountHistory:
        facts, is_consumer = self.generator.account(number), self.generator.pack.is_consumer
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
        arrived_at = self.arrivals.at(number)
        story = simulate_account(self.generator.seed, outline, arrived_at, self.history_settings)
        writer = self.generator.writer(story, self.owner(number), self.cutoff)
        return AccountHistory(facts, story, account_events(story, self.event_settings), writer)


def _arrivals(plan: SimulationPlan, layout: AccountLayout) -> ArrivalTimes:
    request = plan.input
    return ArrivalTimes(
        request.distribution_method,
        layout.accounts(request.total_records),
        plan.start,
        plan.end,
        seed=plan.seed,
        zone=request.time_zone,
        weights=request.distribution_weights,
    )


def _history_settings(plan: SimulationPlan, generator: AccountGenerator) -> HistorySettings:
    parameters, pace = generator.parameters, plan.pace
    further = max(0.0, generator.layout.mean - 1)

    def price(account: int, deal: int, amount: float, discount: float) -> tuple[LineItem, ...]:
        facts, context = generator.account(account), generator.locale_context(account)
        employees = 1 if context.pack.is_consumer else facts.company.employees
        rng = generator.seed.stream(RandomStream.STORY, account, _PRICE_PART + deal)
        buyer = Buyer(employees, facts.subject.seats, context.rate)
        return price_lines(facts.subject.offer, buyer, amount, discount, rng)

    return HistorySettings(
        calibrate(QUALIFIED_SHARE, OPPORTUNITY_SHARE, parameters.win_rate),
        parameters,
        1 + min(1.0, further) + COMMITTEE_SHARE * max(0.0, further - 1),
        price,
        ends_at=pace.cutoff if pace.is_at_once else None,
        deals_open_until=(pace.cutoff or plan.end) if pace.is_at_once else plan.end,
    )
