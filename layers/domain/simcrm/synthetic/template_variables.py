"""A lead's facts as template variables: names, phrases, numbers and dates that all its texts share."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.companies import round_to_digits
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.job_titles import Position, draw_title
from simcrm.synthetic.seeded_random import RandomStream

_SATURDAY = 5


class TemplateVariables(dict[str, str]):
    """The slots of one lead's texts at one time, filled on first use."""

    __slots__ = ("at", "context", "facts", "templates")

    def __init__(self, context: LocaleContext, facts: LeadFacts, at: datetime) -> None:
        super().__init__(context.language.endings[facts.person.sex])
        self.context, self.facts, self.at = context, facts, at
        self.templates = context.companies.segment_sampler(facts.company).templates

    def __missing__(self, slot: str) -> str:
        value = self[slot] = SLOTS[slot](self)
        return value


def next_workday(at: datetime) -> datetime:
    """Return the time itself, or the same time on Monday if it falls on a weekend."""
    return at + timedelta(days=7 - at.weekday()) if at.weekday() >= _SATURDAY else at


def _soon(variables: TemplateVariables) -> datetime:
    return next_workday(variables.at + timedelta(days=variables.facts.story.days))


def _target(variables: TemplateVariables) -> datetime:
    return variables.at + timedelta(days=30 * variables.facts.story.months)


def _colleague_title(variables: TemplateVariables) -> str:
    story, context = variables.facts.story, variables.context
    rng = context.seed.stream(RandomStream.LEAD, variables.facts.index, 1)
    employees = variables.facts.company.employees
    position = Position(story.colleague_seniority, story.colleague_function, "")
    return draw_title(context.language, position, employees, story.colleague, rng)


ADDED_SLOTS = ("opened", "matter", "activity", "year")
"""Slots that exist only in some texts."""

SLOTS: dict[str, Callable[[TemplateVariables], str]] = {
    "first": lambda variables: variables.facts.person.first,
    "last": lambda variables: variables.facts.person.last,
    "name": lambda variables: variables.context.language.full_name(variables.facts.person),
    "title": lambda variables: variables.facts.job_title,
    "city": lambda variables: variables.facts.place.city,
    "region": lambda variables: variables.facts.place.region,
    "person": lambda variables: variables.context.language.address(variables.facts.person, "person"),
    "person_acc": lambda variables: variables.context.language.address(variables.facts.person, "person_acc"),
    "colleague_person": lambda variables: variables.context.language.address(variables.facts.story.colleague, "person"),
    "colleague_acc": lambda variables: variables.context.language.address(
        variables.facts.story.colleague, "person_acc"
    ),
    "score": lambda variables: str(variables.facts.engagement_score),
    "amount": lambda variables: variables.context.language.money(variables.facts.amount, variables.context.currency),
    "budget": lambda variables: variables.context.language.money(
        round_to_digits(variables.facts.amount, 1), variables.context.currency
    ),
    "company": lambda variables: variables.facts.company.short_name,
    "employees": lambda variables: str(variables.facts.company.employees),
    "source": lambda variables: variables.facts.company.source,
    "event": lambda variables: variables.facts.company.origin["event"],
    "event_city": lambda variables: variables.facts.company.origin["event_city"],
    "topic": lambda variables: variables.facts.company.origin["topic"],
    "referrer": lambda variables: variables.facts.company.origin["referrer"],
    "referrer_company": lambda variables: variables.facts.company.origin["referrer_company"],
    "product": lambda variables: variables.facts.story.offer.product,
    "other_product": lambda variables: variables.facts.story.other_product,
    "pain": lambda variables: variables.facts.story.pain,
    "gain": lambda variables: variables.facts.story.gain,
    "issue": lambda variables: variables.facts.story.issue,
    "objection": lambda variables: variables.facts.story.objection,
    "incumbent": lambda variables: variables.facts.story.incumbent,
    "trigger": lambda variables: variables.facts.story.trigger,
    "colleague": lambda variables: variables.context.language.full_name(variables.facts.story.colleague),
    "colleague_first": lambda variables: variables.facts.story.colleague.first,
    "colleague_last": lambda variables: variables.facts.story.colleague.last,
    "colleague_title": _colleague_title,
    "seats": lambda variables: str(variables.facts.story.seats),
    "weeks": lambda variables: variables.context.language.count(variables.facts.story.weeks),
    "count": lambda variables: variables.context.language.count(variables.facts.story.times),
    "minutes": lambda variables: str(variables.facts.story.minutes),
    "code": lambda variables: f"{variables.facts.story.code:04d}",
    "date": lambda variables: variables.context.language.date(variables.at),
    "time": lambda variables: variables.context.language.time(variables.at),
    "soon": lambda variables: variables.context.language.day(_soon(variables)),
    "weekday": lambda variables: variables.context.language.weekday(_soon(variables)),
    "shortdate": lambda variables: variables.context.language.short_date(_soon(variables)),
    "month": lambda variables: variables.context.language.month(_target(variables)),
    "quarter": lambda variables: variables.context.language.quarter(_target(variables)),
    "month_now": lambda variables: variables.context.language.month(variables.at),
    "lastday": lambda variables: variables.context.language.month(variables.at - timedelta(days=40)),
}
