"""What an account is about fits the company: what it does, what it buys, what it has and who asks."""

from collections.abc import Mapping

import pytest
from unit.synthetic.conftest import MakeGenerator

from simcrm.models.account_story import CommitteeRole
from simcrm.synthetic import AccountFacts, load_scenario, locale_names, scenario_names
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.data_files import data_names
from simcrm.synthetic.scenario import Trade, Vocabulary
from simcrm.synthetic.scenario_packs import translated_vocabulary

ACCOUNTS = 200
SCENARIOS = [name for name in scenario_names() if name.startswith("b2")]
LANGUAGES = [name for name in data_names("languages") if name != "en"]


def accounts(generator: AccountGenerator) -> list[AccountFacts]:
    return [generator.account(number) for number in range(ACCOUNTS)]


def vocabulary(generator: AccountGenerator, account: AccountFacts) -> Vocabulary:
    return generator.locale_context(account.number).companies.segment_sampler(account.company).vocabulary


def specialty(words: Vocabulary, account: AccountFacts) -> Trade:
    """The part of a trade whose activity the description of a company names."""
    trade, said = words.trades[account.company.industry], account.company.description.lower()
    return next(
        part for part in (trade, *trade.specialties) for activity in part.activities if activity.lower() in said
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_company_is_interested_in_what_its_trade_buys(factual_generator: MakeGenerator, scenario: str) -> None:
    generator = factual_generator(scenario)
    for account in accounts(generator):
        words = vocabulary(generator, account)
        part = specialty(words, account)
        allowed = part.products or words.trades[account.company.industry].products
        allowed = allowed or tuple(offer.product for offer in words.offers)
        assert set(account.company.interests) <= set(allowed), account.company.description


@pytest.mark.parametrize("locale", locale_names())
def test_every_word_about_an_account_fits_its_product(factual_generator: MakeGenerator, locale: str) -> None:
    for scenario in ("B2B", "B2C"):
        generator = factual_generator(scenario, locale)
        for account in accounts(generator):
            words, subject = vocabulary(generator, account), account.subject
            offer = subject.offer
            assert offer.product == account.company.interests[0]
            assert subject.incumbent in (offer.replaces or words.incumbents)
            assert subject.competitor != subject.incumbent
            assert subject.objection in {*words.objections, *offer.objections}
            assert subject.trigger in {*words.triggers, *offer.triggers}


def test_words_of_one_product_are_said_of_no_other() -> None:
    for name in SCENARIOS:
        for segment in load_scenario(name).segments:
            words = segment.texts["en"]
            for offer in words.offers:
                assert not {*offer.objections} & {*words.objections}
                assert not {*offer.triggers} & {*words.triggers}


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name.startswith("b2b")])
def test_the_lead_works_where_the_product_is_used(factual_generator: MakeGenerator, scenario: str) -> None:
    seen = [account for account in accounts(factual_generator(scenario)) if account.subject.offer.asked_by]

    assert all(account.contacts[0].function in account.subject.offer.asked_by for account in seen)
    others = [contact for account in seen for contact in account.contacts[1:]]
    assert {"finance", "it"} <= {contact.function for contact in others}


def test_nobody_lends_money_at_a_company_that_has_no_use_for_it(factual_generator: MakeGenerator) -> None:
    for account in accounts(factual_generator("b2b-finance")):
        if account.company.industry in {"INSURANCE", "REAL_ESTATE"}:
            assert all(contact.function != "lending" for contact in account.contacts)


def test_users_are_staff_of_the_departments_that_use_the_product(factual_generator: MakeGenerator) -> None:
    for account in accounts(factual_generator("b2b-manufacturing")):
        for contact in account.contacts[1:]:
            if contact.role is CommitteeRole.END_USER:
                assert contact.function in account.subject.offer.asked_by
            if contact.role is CommitteeRole.BUDGET_HOLDER:
                assert contact.seniority not in {"senior", "staff"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_prices_and_buyers_of_the_english_product(language: str) -> None:
    for name in SCENARIOS:
        for segment in load_scenario(name).segments:
            words = translated_vocabulary(language, segment)
            assert words is not None
            english = [offer.price for offer in segment.texts["en"].offers]
            prices = {(price.model, price.list_price, price.setup) for price in english if price is not None}
            for offer in words.offers:
                assert offer.price is not None
                assert (offer.price.model, offer.price.list_price, offer.price.setup) in prices
                assert bool(offer.price.setup) == bool(offer.price.setup_name)
                assert {*offer.replaces} <= {*words.incumbents}
            assert_products_known(words.trades, {offer.product for offer in words.offers})
            assert all(words.trades[industry].products for industry in buying_industries(segment.texts["en"]))


def assert_products_known(trades: Mapping[str, Trade], products: set[str]) -> None:
    for trade in trades.values():
        for part in (trade, *trade.specialties):
            assert {*part.products} <= products


def buying_industries(words: Vocabulary) -> list[str]:
    """The industries that buy some products only."""
    return [industry for industry, trade in words.trades.items() if trade.products]


def test_a_hospital_is_no_small_company(factual_generator: MakeGenerator) -> None:
    generator = factual_generator("b2b-healthcare")
    hospitals = [one.company for one in accounts(generator) if "hospital care" in one.company.description.lower()]

    assert hospitals
    assert all(company.employees >= 150 for company in hospitals)
