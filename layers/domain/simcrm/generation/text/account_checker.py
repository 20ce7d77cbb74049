"""Judge all the texts about a simulation's accounts by their histories."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import NamedTuple

from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic.account_claims import HTML_PROPERTIES, TEXT_PROPERTIES, activity_claims, contact_claims
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.activity_properties import activity_properties
from simcrm.synthetic.text_checker import Finding, TextChecker, TextClaims

ACTIVITY_TEXTS = TEXT_PROPERTIES.keys() - {ObjectType.CONTACTS}
"""The types of deals and activities, whose texts come from their events."""


class JudgedText(NamedTuple):
    """A text of an object, and what it says that is not so."""

    object_type: ObjectType
    property_name: str
    text: str
    findings: list[Finding]


@dataclass(frozen=True)
class AccountChecker:
    """Judges the texts of a simulation's accounts as they are composed."""

    histories: AccountHistories

    def judge(self, number: int) -> Iterator[JudgedText]:
        """Judge the texts of an account's contacts, deals and activities."""
        histories, history = self.histories, self.histories.history(number)
        checker = self._checkers[history.facts.company.locale]
        for position, joined_at in enumerate(history.story.joined_at):
            claims = contact_claims(histories.writer(history, joined_at), position)
            yield from _judge(checker, ObjectType.CONTACTS, histories.contact(number, position), claims)
        for event in (event for own in history.events for event in own if event.object_type in ACTIVITY_TEXTS):
            writer = histories.writer(history, event.at)
            yield from _judge(
                checker, event.object_type, activity_properties(writer, event), activity_claims(writer, event)
            )

    @cached_property
    def _checkers(self) -> dict[str, TextChecker]:
        return text_checkers(self.histories.generator)


def text_checkers(generator: AccountGenerator) -> dict[str, TextChecker]:
    """Return what judges the texts of each locale of a simulation."""
    products = [product.name for product in generator.catalogue()]
    return {
        context.locale.name: TextChecker(context.language, context.locale, products)
        for context in generator.locale_contexts
    }


def _judge(
    checker: TextChecker, object_type: ObjectType, properties: Properties, claims: TextClaims
) -> Iterator[JudgedText]:
    for name in TEXT_PROPERTIES[object_type]:
        if name in properties:
            value = properties[name]
            text = unescape(value.replace("<br>", "\n")) if name in HTML_PROPERTIES else value
            yield JudgedText(object_type, name, text, checker.check(text, claims))
