"""The gate of a model's texts: every kind of lie and blemish is caught, and what a seller writes passes."""

import datetime as dt
from dataclasses import replace
from functools import cache

import pytest
from gate_texts import GOOD, LIES

from simcrm.generation.text.text_gate import MAX_EXCERPT, GateReason, Rejection, TextGate, TextLimits
from simcrm.models.lead_events import DealOutcome
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import Person, load_locale
from simcrm.synthetic.text_checker import DateKind, FindingKind, PersonRole, TextChecker, TextClaims

MONDAY = dt.date(2026, 3, 9)
LOCALES = ("en_US", "de_DE", "fr_FR", "ja_JP")
NOTE, TITLE, AGENDA = TextLimits(40), TextLimits(0, is_title=True), TextLimits(20, is_list=True)
BOTH = frozenset({DealOutcome.WON, DealOutcome.LOST})
INSTRUCTIONS = (
    "You write what sellers enter into a CRM. Never invent a figure, a date or a person that the facts do not name.\n"
    "事実にない金額や日付や人名を決して書かないでください。"
)
NAMES = {
    "en_US": (("Karen", "Miller"), ("Susan", "Clark")),
    "de_DE": (("Sabine", "Müller"), ("Petra", "Schulz")),
    "fr_FR": (("Agnès", "Durand"), ("Virginie", "Vasseur")),
    "ja_JP": (("結衣", "佐藤"), ("明美", "高橋")),
}


def person(locale: str, number: int) -> Person:
    first, last = NAMES[locale][number]
    return Person(first, last, first, last, "f")


def claims(locale: str) -> TextClaims:
    return TextClaims(
        currency=load_locale(locale).currency,
        people={person(locale, 0): PersonRole.CONTACT, person(locale, 1): PersonRole.ABSENT},
        amounts=frozenset({1_250_000}),
        dates=frozenset({(MONDAY, DateKind.DUE)}),
        minutes=frozenset({45}),
        seats=80,
        discount=10,
        products=frozenset({"API Gateway"}),
        phrases=frozenset({"Northwind Oracle Works"}),
    )


@cache
def gate(locale: str, instructions: str = INSTRUCTIONS) -> TextGate:
    data = load_locale(locale)
    checker = TextChecker(load_language(data.language, "B2B"), data, ("API Gateway", "Test Automation"))
    return TextGate(checker, data.language, instructions)


def limits(locale: str) -> TextLimits:
    return replace(NOTE, words=96) if locale == "ja_JP" else NOTE


def test_every_finding_of_the_checker_is_a_reason_of_the_gate() -> None:
    assert {kind.value for kind in FindingKind} <= {reason.value for reason in GateReason}
    assert LIES.keys() == set(GateReason)


@pytest.mark.parametrize(
    ("reason", "locale", "text"),
    [(reason, locale, text) for reason, own in LIES.items() for locale, texts in own.items() for text in texts],
)
def test_a_lie_is_caught_for_what_it_is(reason: GateReason, locale: str, text: str) -> None:
    rejection = gate(locale).judge(text, claims(locale), limits(locale))

    assert rejection is not None
    assert rejection.reason == reason
    assert len(rejection.excerpt) <= MAX_EXCERPT
    assert rejection.excerpt in text or reason == GateReason.LENGTH


@pytest.mark.parametrize(("locale", "text"), [(locale, text) for locale, texts in GOOD.items() for text in texts])
def test_what_a_seller_writes_passes(locale: str, text: str) -> None:
    assert gate(locale).judge(text, claims(locale), limits(locale)) is None


@pytest.mark.parametrize("locale", LOCALES)
def test_an_outcome_may_be_told_when_it_is_known(locale: str) -> None:
    for text in LIES[GateReason.OUTCOME][locale]:
        found = [
            outcome
            for outcome in (DealOutcome.WON, DealOutcome.LOST)
            if gate(locale).judge(text, claims(locale), limits(locale), frozenset({outcome})) is None
        ]
        assert len(found) == 1, text
        assert gate(locale).judge(text, claims(locale), limits(locale), BOTH) is None


def test_an_address_of_the_account_or_the_seller_may_be_given() -> None:
    domains = frozenset({"northwind.com"})
    judge = gate("en_US").judge
    texts = (
        "Write to karen@northwind.com, please.",
        "It is on https://www.northwind.com/demo now.",
        "See northwind.com.",
    )

    assert [judge(text, claims("en_US"), NOTE, domains=domains) for text in texts] == [None, None, None]
    assert judge("See northwind.com.evil.io.", claims("en_US"), NOTE, domains=domains) == (
        GateReason.LINK,
        "northwind.com.evil.io",
    )


def test_names_of_the_account_are_no_firms_however_they_sound() -> None:
    judge = gate("en_US").judge

    assert judge("They met at Northwind Oracle Works again.", claims("en_US"), NOTE) is None
    assert judge("They met at Oracle again.", claims("en_US"), NOTE) == (GateReason.FIRM, "Oracle")


@pytest.mark.parametrize(
    ("locale", "text", "caught"),
    [
        ("en_US", "Target is a price below last year's.", False),
        ("en_US", "Their biggest customer is Target, as it were.", True),
        ("de_DE", "Die Orange im Logo soll heller werden.", False),
        ("fr_FR", "Leur opérateur est Orange depuis longtemps.", True),
    ],
)
def test_a_word_is_a_firm_only_where_it_can_be_no_word(locale: str, text: str, *, caught: bool) -> None:
    rejection = gate(locale).judge(text, claims(locale), NOTE)

    assert (rejection is not None and rejection.reason == GateReason.FIRM) == caught


def test_a_title_is_short_and_one_line_and_no_place_to_guess_names() -> None:
    judge = gate("en_US").judge

    assert judge("Target Prices for the API Gateway", claims("en_US"), TITLE) is None
    assert judge("Northwind Oracle Works: " + "open " * 10, claims("en_US"), TITLE) is None
    assert judge("open " * 13, claims("en_US"), TITLE) == (GateReason.LENGTH, "title of 13 words")
    assert judge("Demo\nfor Karen", claims("en_US"), TITLE) == (GateReason.MARKUP, "Demo\nfor Karen")


def test_an_agenda_may_have_lines_with_hyphens() -> None:
    text = "- where things stand\n- the API Gateway live\n- next steps"

    assert gate("en_US").judge(text, claims("en_US"), AGENDA) is None
    assert gate("en_US").judge(text, claims("en_US"), NOTE) == (GateReason.MARKUP, "- where things stand")


def test_the_most_telling_reason_comes_first() -> None:
    text = "**As an AI** I cannot say whether Microsoft paid $13,500."

    assert gate("en_US").judge(text, claims("en_US"), NOTE) == Rejection(GateReason.ASSISTANT, "As an AI")


def test_a_variant_is_judged_as_its_language() -> None:
    british = replace(gate("en_US"), language="en_GB")

    assert british.judge(GOOD["en_US"][1], claims("en_US"), NOTE) is None
