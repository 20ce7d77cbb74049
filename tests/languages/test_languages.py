"""What is written in each locale keeps the rules of its language, its spelling, and the customs of its country."""

import os
from collections import Counter
from statistics import median

import phonenumbers
import pytest
from language_rules import find_blemishes
from locale_samples import FOLDER, sample_page
from model_samples import FOLDER as MODEL_FOLDER
from model_samples import LOCALES as MODEL_LOCALES
from model_samples import model_page
from spelling import DICTIONARIES, has_dictionary, misspelled_words
from written_texts import KINDS, generate_accounts, texts_of

from simcrm.synthetic import AccountGenerator, GenerationSettings, locale_names
from simcrm.synthetic.data_files import data_names
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

LOCALES = locale_names()
CONTACTS = 120
COMPANIES = 3_000


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_text_breaks_a_rule_of_its_language(locale: str, kind: str) -> None:
    written = [text for account in generate_accounts(locale, kind, CONTACTS) for text in texts_of(account)]
    found = [(*blemish, text.text) for text in written for blemish in find_blemishes(text.text, locale)]

    assert found == []
    assert len(written) > 10 * CONTACTS


@pytest.mark.parametrize(
    ("locale", "text", "rule"),
    [
        ("fr_FR", "Rendez-vous à Le Mans.", "a contraction that is missing"),
        ("fr_FR", "Objectif : gagner du temps.", "a space that may break before a high mark"),
        ("fr_FR", "Le 1 juillet.", "the first of a month as a number"),
        ("de_DE", "Termin am 6 Juli.", "a date in another order"),
        ("de_DE", "Gesprochen mit die Leitung.", "a case after a preposition"),
        ("es_ES", "Silvia y Iv\u00e1n.", "y before the sound i"),
        ("es_ES", "Que tal?", "an opening mark that is missing"),
        ("pt_BR", "Dois tentativas.", "a numeral of the wrong gender"),
        ("pt_BR", "Loja em Rio de Janeiro.", "a city without its article"),
        ("it_IT", "Parlato con il capo di il reparto.", "a contraction that is missing"),
        ("nl_NL", "Gebeld met mevrouw de Vries.", "a capital after a given name"),
        (
            "ja",
            "\u88fd\u54c1\u5206\u6790\u306b\u95a2\u5fc3\u3042\u308a\u304c\u3001\u672a\u5b9a\u3002",
            "a word that breaks off",
        ),
        ("en_GB", "Due on July 6.", "a date in another order"),
        ("en_GB", "The new color.", "an American word"),
        ("en_US", "Due on 6 July.", "a date in another order"),
        ("en_US", "Ask a engineer.", "an article before the wrong sound"),
        ("nl_NL", "The next step is clear.", "an English word"),
        ("de_DE", "Hallo {first}.", "an unfilled slot"),
        ("de_DE", "Hallo  Welt.", "a doubled space"),
    ],
)
def test_a_broken_rule_is_found(locale: str, text: str, rule: str) -> None:
    assert rule in {blemish.rule for blemish in find_blemishes(text, locale)}


@pytest.mark.parametrize("language", sorted(set(data_names("languages")) - {"ja"}))
def test_every_word_is_in_the_dictionary_or_accepted(language: str) -> None:
    if not has_dictionary(language):
        reason = f"hunspell and its dictionary {DICTIONARIES[language]} are not installed"
        if os.environ.get("REQUIRE_DICTIONARIES"):
            pytest.fail(reason)
        pytest.skip(reason)

    assert misspelled_words(language) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_phone_numbers_are_those_of_the_country_and_valid(locale: str) -> None:
    country = locale[-2:]
    numbers = [
        item["properties"][name]
        for kind in KINDS
        for account in generate_accounts(locale, kind, CONTACTS)
        for item in (account["company"], *account["contacts"])
        for name in ("phone", "mobilephone")
        if name in item["properties"]
    ]
    invalid = [
        number for number in numbers if not phonenumbers.is_valid_number_for_region(
            phonenumbers.parse(number, country), country
        )
    ]  # fmt: skip

    assert len(numbers) > CONTACTS
    assert invalid == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_area_code_of_a_place_gives_valid_numbers(locale: str) -> None:
    country, places = locale[-2:], load_locale(locale)
    rng = SeedSequence("phones").stream(RandomStream.TEXTS, 0)
    alone = (place._replace(area_codes=[code]) for place in places.places for code in place.area_codes)
    numbers = [(place.city, places.phone(place, rng)) for place in alone]

    assert len(numbers) >= 20
    assert not [
        (city, number)
        for city, number in numbers
        if not phonenumbers.is_valid_number_for_region(phonenumbers.parse(number, country), country)
    ]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_two_companies_have_one_name(locale: str, kind: str) -> None:
    generator = AccountGenerator(GenerationSettings("7", kind, locales=((locale, 1.0),)))
    names = Counter(generator.account(number).company.name for number in range(COMPANIES))

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_median_deal_is_a_small_share_of_the_revenue(locale: str) -> None:
    shares = [
        float(deal["properties"]["amount"]) / float(account["company"]["properties"]["annualrevenue"])
        for account in generate_accounts(locale, "B2B", 4 * CONTACTS)
        for deal in account["deals"]
        if float(deal["properties"]["amount"])
    ]

    assert len(shares) > 20
    assert 0.0001 <= median(shares) <= 0.02


@pytest.mark.parametrize("locale", LOCALES)
def test_the_samples_are_those_of_the_data(locale: str) -> None:
    assert (FOLDER / f"{locale}.md").read_text(encoding="utf-8") == sample_page(locale), "run `make samples`"


@pytest.mark.parametrize("locale", MODEL_LOCALES)
def test_the_accounts_that_a_model_writes_are_those_of_the_present_prompts(locale: str) -> None:
    assert (MODEL_FOLDER / f"{locale}.md").read_text(encoding="utf-8") == model_page(locale)
