"""What is composed from data passes the gate, in every language: it raises no false alarm."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any, NamedTuple

import pytest
from builders import DAY, START, plan

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.text.account_checker import ACTIVITY_TEXTS
from simcrm.generation.text.text_gate import GateReason, Rejection, TextGate, TextLimits
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, DealOutcome
from simcrm.planning.account_histories import AccountHistories, AccountHistory
from simcrm.synthetic import locale_names
from simcrm.synthetic.account_claims import TEXT_PROPERTIES, activity_claims
from simcrm.synthetic.activity_properties import activity_properties
from simcrm.synthetic.text_checker import TextChecker, TextClaims

ACCOUNTS = 25
TITLES = {"dealname", "hs_call_title", "hs_meeting_title", "hs_email_subject", "hs_task_subject", "subject"}
QUOTE = re.compile(r"\n\n[^\n]*\n> ")
"""Where an answer begins to quote what it answers."""


class ComposedText(NamedTuple):
    """A text that was composed from data, with what may be said in it."""

    property_name: str
    text: str
    claims: TextClaims
    outcomes: frozenset[DealOutcome]


def histories(locale: str, scenario: str, accounts: int) -> AccountHistories:
    span: dict[str, Any] = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + 180 * DAY)}
    asked: dict[str, Any] = {"totalRecords": 6 * accounts, "scenario": scenario, "seed": "7", "locales": {locale: 1.0}}
    return AccountHistories.from_plan(plan(run_start=START + 180 * DAY, **asked, **span))


def known_outcomes(history: AccountHistory, event: ActivityEvent) -> frozenset[DealOutcome]:
    """The outcomes that are known when something happens; a deal is written in its final state."""
    revisions = (revision for deal in history.story.deals for revision in deal.revisions)
    is_final = event.object_type is ObjectType.DEALS
    return frozenset(revision.outcome for revision in revisions if is_final or revision.at <= event.at)


def composed_texts(run: AccountHistories, accounts: int) -> Iterator[ComposedText]:
    for history in map(run.history, range(min(accounts, run.arrivals.count))):
        for event in (event for own in history.events for event in own if event.object_type in ACTIVITY_TEXTS):
            writer = run.writer(history, event.at)
            properties, claims = activity_properties(writer, event), activity_claims(writer, event)
            for name in TEXT_PROPERTIES[event.object_type]:
                if name in properties:
                    text = QUOTE.split(unescape(properties[name].replace("<br>", "\n")))[0]
                    yield ComposedText(name, text, claims, known_outcomes(history, event))


def text_gate(run: AccountHistories) -> TextGate:
    context = run.generator.locale_contexts[0]
    products = [product.name for product in run.generator.catalogue()]
    return TextGate(TextChecker(context.language, context.locale, products), context.language.name)


def rejections(gate: TextGate, texts: Iterator[ComposedText]) -> list[tuple[Rejection, str]]:
    judged = [
        (gate.judge(text.text, text.claims, limits_of(text), text.outcomes), text.text)
        for text in texts
        if text.text != ""
    ]
    assert len(judged) > 50
    return [
        (rejection, text)
        for rejection, text in judged
        if rejection is not None and rejection.reason != GateReason.LENGTH
    ]


def limits_of(text: ComposedText) -> TextLimits:
    is_list = text.property_name == "hs_meeting_body"
    return TextLimits(1_000, is_title=text.property_name in TITLES, is_list=is_list)


@pytest.mark.parametrize("locale", locale_names())
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_no_composed_text_is_rejected(scenario: str, locale: str) -> None:
    run = histories(locale, scenario, ACCOUNTS)

    assert rejections(text_gate(run), composed_texts(run, ACCOUNTS)) == []


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "ja_JP"])
def test_what_is_composed_after_the_end_of_a_deal_is_a_lie_before_it(locale: str) -> None:
    run = histories(locale, "B2B", 2 * ACCOUNTS)
    ended = (text for text in composed_texts(run, 2 * ACCOUNTS) if text.outcomes - {DealOutcome.OPEN})
    found = Counter(
        rejection.reason
        for rejection, _ in rejections(text_gate(run), (text._replace(outcomes=frozenset()) for text in ended))
    )

    assert found.keys() == {GateReason.OUTCOME}
    assert found[GateReason.OUTCOME] > 5


def test_what_is_composed_in_one_language_is_rejected_in_another() -> None:
    run = histories("de_DE", "B2B", ACCOUNTS)
    french = TextGate(text_gate(histories("fr_FR", "B2B", ACCOUNTS)).checker, "fr")
    texts = [text for text in composed_texts(run, ACCOUNTS) if len(text.text.split()) > 30]
    reasons = Counter(rejection.reason for rejection, _ in rejections(french, iter(texts)))

    assert reasons[GateReason.LANGUAGE] == len(texts)
