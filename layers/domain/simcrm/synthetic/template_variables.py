"""The facts of a lead as the slots of texts: names, phrases, numbers and dates that all its texts share."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simcrm.synthetic.companies import rounded
from simcrm.synthetic.contacts import Ground
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.job_titles import title
from simcrm.synthetic.seeded_random import Stream

_SATURDAY = 5


class LeadWords(dict[str, str]):
    """Slots of one lead's texts at one time, filled in at their first use."""

    __slots__ = ("at", "facts", "grammar", "ground")

    def __init__(self, ground: Ground, facts: LeadFacts, at: datetime) -> None:
        super().__init__(ground.language.endings[facts.person.sex])
        self.ground, self.facts, self.at = ground, facts, at
        self.grammar = ground.companies.market(facts.company).grammar

    def __missing__(self, slot: str) -> str:
        value = self[slot] = SLOTS[slot](self)
        return value


def workday(at: datetime) -> datetime:
    """The time itself, or the same time on the Monday after a weekend."""
    return at + timedelta(days=7 - at.weekday()) if at.weekday() >= _SATURDAY else at


def _soon(words: LeadWords) -> datetime:
    return workday(words.at + timedelta(days=words.facts.story.days))


def _target(words: LeadWords) -> datetime:
    return words.at + timedelta(days=30 * words.facts.story.months)


def _colleague_title(words: LeadWords) -> str:
    story, ground = words.facts.story, words.ground
    draws = ground.seed.draws(Stream.LEAD, words.facts.index, 1)
    return title(ground.language, story.colleague_seniority, story.colleague_function, story.colleague, draws)


ADDED_SLOTS = ("opened", "matter", "activity", "year")
"""Slots that only some texts have."""

SLOTS: dict[str, Callable[[LeadWords], str]] = {
    "first": lambda words: words.facts.person.first,
    "last": lambda words: words.facts.person.last,
    "name": lambda words: words.ground.language.full_name(words.facts.person),
    "title": lambda words: words.facts.job_title,
    "city": lambda words: words.facts.place.city,
    "region": lambda words: words.facts.place.region,
    "person": lambda words: words.ground.language.address(words.facts.person, "person"),
    "person_acc": lambda words: words.ground.language.address(words.facts.person, "person_acc"),
    "colleague_person": lambda words: words.ground.language.address(words.facts.story.colleague, "person"),
    "colleague_acc": lambda words: words.ground.language.address(words.facts.story.colleague, "person_acc"),
    "score": lambda words: str(words.facts.engagement_score),
    "amount": lambda words: words.ground.language.money(words.facts.amount, words.ground.currency),
    "budget": lambda words: words.ground.language.money(rounded(words.facts.amount, 1), words.ground.currency),
    "company": lambda words: words.facts.company.short_name,
    "employees": lambda words: str(words.facts.company.employees),
    "source": lambda words: words.facts.company.source,
    "event": lambda words: words.facts.company.origin["event"],
    "event_city": lambda words: words.facts.company.origin["event_city"],
    "topic": lambda words: words.facts.company.origin["topic"],
    "referrer": lambda words: words.facts.company.origin["referrer"],
    "referrer_company": lambda words: words.facts.company.origin["referrer_company"],
    "product": lambda words: words.facts.story.offer.product,
    "other_product": lambda words: words.facts.story.other_product,
    "pain": lambda words: words.facts.story.pain,
    "gain": lambda words: words.facts.story.gain,
    "issue": lambda words: words.facts.story.issue,
    "objection": lambda words: words.facts.story.objection,
    "incumbent": lambda words: words.facts.story.incumbent,
    "trigger": lambda words: words.facts.story.trigger,
    "colleague": lambda words: words.ground.language.full_name(words.facts.story.colleague),
    "colleague_first": lambda words: words.facts.story.colleague.first,
    "colleague_last": lambda words: words.facts.story.colleague.last,
    "colleague_title": _colleague_title,
    "seats": lambda words: str(words.facts.story.seats),
    "weeks": lambda words: words.ground.language.count(words.facts.story.weeks),
    "count": lambda words: words.ground.language.count(words.facts.story.times),
    "minutes": lambda words: str(words.facts.story.minutes),
    "code": lambda words: f"{words.facts.story.code:04d}",
    "date": lambda words: words.ground.language.date(words.at),
    "time": lambda words: words.ground.language.time(words.at),
    "soon": lambda words: words.ground.language.day(_soon(words)),
    "weekday": lambda words: words.ground.language.weekday(_soon(words)),
    "shortdate": lambda words: words.ground.language.short_date(_soon(words)),
    "month": lambda words: words.ground.language.month(_target(words)),
    "quarter": lambda words: words.ground.language.quarter(_target(words)),
    "month_now": lambda words: words.ground.language.month(words.at),
    "lastday": lambda words: words.ground.language.month(words.at - timedelta(days=40)),
}
