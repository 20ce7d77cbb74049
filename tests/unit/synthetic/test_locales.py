"""Every locale holds the agreements of en_US in its own names, places, numbers and words."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from statistics import median

import pytest
from unit.synthetic.conftest import MakeAccounts, MakeRun

from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic import (
    AccountFacts,
    AccountGenerator,
    CompanyFacts,
    ContactFacts,
    GenerationError,
    GenerationSettings,
    UnknownLocaleError,
    locale_names,
)
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.text_formats import TextFormats
from simcrm.synthetic.transliteration import to_latin

ACCOUNTS = {"B2B": 330, "B2C": 800}
"""About 1,500 contacts of businesses, and 800 consumers."""

CONTACTS = {"B2B": 100, "B2C": 50}
"""Contacts whose whole history is written."""

OTHERS = [name for name in locale_names() if name != "en_US"]
DOMAINS = {
    "en_GB": r"\.(co\.uk|uk|ltd\.uk|org\.uk)$",
    "de_DE": r"\.(de|eu|gmbh)$",
    "fr_FR": r"\.(fr|eu\.com)$",
    "es_ES": r"\.(es|com\.es)$",
    "pt_BR": r"\.(com|net|ind)\.br$",
    "ja_JP": r"\.(co\.)?jp$",
}
COMMON_WORDS = {
    "en_GB": r"\b(the|to|of|for|with|and|on|by|is)\b",
    "de_DE": r"\b(der|die|das|mit|am|im|für|und|bei|ist|zu|bis|noch|hat)\b",
    "fr_FR": r"\b(le|la|les|de|des|du|avec|pour|et|en|une?|par)\b|d'|l'",
    "es_ES": r"\b(el|la|los|de|del|con|para|por|y|en|una?|que)\b",
    "pt_BR": r"\b(o|a|os|as|de|do|da|com|para|por|e|em|na|no|um|uma|que)\b",
    "ja_JP": r"[のをにはがで]",
}


def test_these_are_the_locales() -> None:
    assert locale_names() == ("de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "ja_JP", "pt_BR")


SENTENCES = {
    ObjectType.NOTES: "hs_note_body",
    ObjectType.CALLS: "hs_call_body",
    ObjectType.EMAILS: "hs_email_text",
    ObjectType.MEETINGS: "hs_internal_meeting_notes",
    ObjectType.TASKS: "hs_task_body",
    ObjectType.TICKETS: "content",
    ObjectType.DEALS: "simcrm_sales_notes",
}


def companies(market: list[AccountFacts]) -> list[CompanyFacts]:
    return [account.company for account in market]


def contacts(market: list[AccountFacts]) -> list[ContactFacts]:
    return [contact for account in market for contact in account.contacts]


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_addresses_and_domains_are_unique_and_plain(accounts: MakeAccounts, locale: str, scenario: str) -> None:
    market = accounts(ACCOUNTS[scenario], scenario=scenario, locale=locale)
    emails = [contact.email for contact in contacts(market)]

    assert len(set(emails)) == len(emails) >= 800
    assert len({company.domain for company in companies(market)}) == len(market)
    assert all(re.fullmatch(r"[a-z0-9._-]+@[a-z0-9.-]+\.[a-z]+", email) for email in emails)


@pytest.mark.parametrize("locale", OTHERS)
def test_places_and_phones_agree(accounts: MakeAccounts, run: MakeRun, locale: str) -> None:
    data = read_data(f"locales/{locale}/places.json")
    places: dict[tuple[str, str], list[str]] = {}
    areas: dict[str, set[str]] = defaultdict(set)
    for row in data["places"]:
        city, region, codes, postal = row.split("|")
        places[city, data["regions"][region]] = [shape(code) for code in postal.split(",")]
        areas[data["regions"][region]].update(shape(code) for code in codes.split(","))

    def assert_agreement(city: str, region: str, postal_code: str | None, phone: str) -> None:
        codes = places[city, region]
        assert postal_code is None or any(re.fullmatch(code, postal_code) for code in codes)
        digits = phone.replace("(", "").replace(")", "")
        assert any(re.search(area, digits) for area in areas[region])

    for account in accounts(ACCOUNTS["B2B"], locale=locale):
        company = account.company
        assert_agreement(company.place.city, company.place.region, company.postal_code, company.phone)
        for contact in account.contacts:
            assert_agreement(contact.place.city, contact.place.region, None, contact.phone)
    for record in run(CONTACTS["B2B"], locale).records:
        own = record.contact
        assert_agreement(own["city"], own["state"], own["zip"], own.get("mobilephone", own["phone"]))


def shape(pattern: str) -> str:
    return re.escape(pattern).replace(r"\#", r"\d").replace("@", "[A-Z]")


@pytest.mark.parametrize("locale", OTHERS)
def test_domains_end_as_in_the_country_and_carry_the_name(accounts: MakeAccounts, locale: str) -> None:
    market = companies(accounts(ACCOUNTS["B2B"], locale=locale))

    assert all(re.search(DOMAINS[locale], company.domain) for company in market)
    if locale != "ja_JP":
        words = [re.split(r"[ &-]+", company.name)[0] for company in market]
        stems = [company.domain.replace("-", "") for company in market]
        carried = [to_latin(word, locale).lower() in stem for word, stem in zip(words, stems, strict=True)]
        assert sum(carried) >= 0.95 * len(market)


@pytest.mark.parametrize("locale", OTHERS)
def test_people_write_from_the_domain_of_their_company(accounts: MakeAccounts, locale: str) -> None:
    people = contacts(accounts(ACCOUNTS["B2B"], locale=locale))

    assert sum(contact.email.endswith("@" + contact.company.domain) for contact in people) >= 0.95 * len(people)


@pytest.mark.parametrize("locale", OTHERS)
def test_common_surnames_are_common_and_no_two_colleagues_share_one(accounts: MakeAccounts, locale: str) -> None:
    names, market = read_data(f"locales/{locale}/names.json"), accounts(ACCOUNTS["B2B"], locale=locale)
    surnames = [contact.person.last for contact in contacts(market)]

    first, share = names["surnames"][0], names["surnameWeights"][0] / sum(names["surnameWeights"])
    expected = sum(1 - (1 - share) ** len(account.contacts) for account in market) / len(surnames)
    assert surnames.count(first) / len(surnames) == pytest.approx(expected, abs=0.015)


def test_names_of_one_origin_go_together() -> None:
    locale, surnames_of = load_locale("en_GB"), read_data("locales/en_GB/names.json")["surnamesOf"]
    seed = SeedSequence("names")
    people = [locale.person(seed.stream(RandomStream.PERSON, number)) for number in range(3_000)]
    bound = [person for person in people if person.first in surnames_of]

    assert len({person.first for person in bound}) > 3
    assert all(person.last in surnames_of[person.first] for person in bound)


@pytest.mark.parametrize("locale", OTHERS)
def test_titles_are_many_and_finished(accounts: MakeAccounts, locale: str) -> None:
    titles = [contact.job_title for contact in contacts(accounts(ACCOUNTS["B2B"], locale=locale))[:1000]]

    assert len(set(titles)) >= 150
    assert not any(re.search(r"[{}\[\]|]", title) for title in titles)


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_texts_are_in_the_language(run: MakeRun, locale: str, scenario: str) -> None:
    made = run(CONTACTS[scenario], locale, scenario=scenario)
    texts = [item.properties[SENTENCES[kind]] for kind in SENTENCES for item in made.of_type(kind)]

    assert len(texts) > 2 * CONTACTS[scenario]
    assert sum(bool(re.search(COMMON_WORDS[locale], text, re.IGNORECASE)) for text in texts) >= 0.85 * len(texts)
    assert not any(re.search(r"[{}\[\]|]|  |\.\.", text) for text in texts)
    assert len(set(texts)) >= 0.9 * len(texts)
    if not locale.startswith("en"):
        english = re.compile(r"\b(the|with|they|and)\b")
        assert sum(bool(english.search(text)) for text in texts) < 0.02 * len(texts)


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_nothing_of_an_activity_is_empty(run: MakeRun, locale: str, scenario: str) -> None:
    for item in run(CONTACTS[scenario], locale, scenario=scenario).activities:
        assert all(item.properties.values()), item.event


def test_local_parts_are_transliterated(accounts: MakeAccounts) -> None:
    german = contacts(accounts(ACCOUNTS["B2B"], locale="de_DE"))
    japanese = contacts(accounts(ACCOUNTS["B2B"], locale="ja_JP"))

    mueller = [contact.email for contact in german if contact.person.last == "Müller"]
    assert any("mueller" in email for email in mueller)
    assert not any("muller" in email for email in mueller)
    assert any("sato" in contact.email for contact in japanese if contact.person.last == "佐藤")


def test_locales_mix_by_weight_and_keep_their_companies_whole() -> None:
    settings = GenerationSettings("7", locales=(("en_US", 3.0), ("de_DE", 1.0)), contacts_per_company=3)
    generator = AccountGenerator(settings)
    market = [generator.account(number) for number in range(1_000)]

    german = sum(account.company.locale == "de_DE" for account in market) / len(market)
    assert german == pytest.approx(0.25, abs=0.04)
    assert len({contact.email for contact in contacts(market)}) == len(contacts(market))
    for account in market:
        locale = generator.locale_context(account.number).locale
        assert (account.company.locale, account.company.country) == (locale.name, locale.country)


def test_consumers_of_several_locales_never_share_an_address() -> None:
    settings = GenerationSettings("7", "B2C", tuple((name, 1.0) for name in locale_names()))
    generator = AccountGenerator(settings)

    assert len({generator.facts(index).email for index in range(4000)}) == 4000


@pytest.mark.parametrize(
    ("locales", "currency", "low", "high"),
    [(("ja_JP",), "JPY", 3_000_000, 30_000_000), (("ja_JP", "en_US"), "USD", 10_000, 100_000)],
    ids=str,
)
def test_amounts_are_in_the_currency_of_the_locale_and_in_dollars_where_locales_differ(
    run: MakeRun, locales: tuple[str, ...], currency: str, low: int, high: int
) -> None:
    made = run(CONTACTS["B2B"], *locales)
    amounts = [float(item.properties["amount"]) for item in made.of_type(ObjectType.DEALS)]

    assert low < median(amounts) < high
    assert {item.properties["hs_line_item_currency_code"] for item in made.of_type(ObjectType.LINE_ITEMS)} == {currency}


def test_an_unknown_locale_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownLocaleError, match="unknown locale 'xx_XX'; available: de_DE, en_GB, en_US"):
        AccountGenerator(GenerationSettings(seed="7", locales=(("xx_XX", 1.0),)))


@pytest.mark.parametrize("locales", [(), (("en_US", 0.0),), (("en_US", -1.0),)])
def test_locales_without_weight_are_refused(locales: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(GenerationError, match="locales must name at least one locale"):
        GenerationSettings(seed="7", locales=locales)


def test_a_company_without_contacts_is_refused() -> None:
    with pytest.raises(GenerationError, match="contacts_per_company is 0, must be at least 1"):
        GenerationSettings(seed="7", contacts_per_company=0)


@pytest.mark.parametrize(
    ("language", "date", "short"),
    [
        ("fr", "1er septembre 2026", "1/09"),
        ("pt", "1º de setembro de 2026", "01/09"),
        ("de", "1. September 2026", "1.9."),
        ("en", "September 1, 2026", "9/1"),
        ("en_GB", "1 September 2026", "01/09"),
    ],
)
def test_the_first_of_a_month_is_written_as_the_language_does(language: str, date: str, short: str) -> None:
    first = datetime(2026, 9, 1, 12, tzinfo=UTC)
    loaded = load_language(language, "B2B")

    assert (loaded.date(first), loaded.short_date(first)) == (date, short)
    (found,) = TextFormats(loaded).dates(loaded.day(first))
    assert (found.month, found.day, found.weekday) == (9, 1, 1)


@pytest.mark.parametrize(
    ("language", "full", "half"),
    [("en", "2:00 pm", "2:30 pm"), ("en_GB", "2pm", "2.30pm"), ("fr", "14 h 00", "14 h 30")],
)
def test_a_full_hour_is_written_as_the_language_does(language: str, full: str, half: str) -> None:
    loaded = load_language(language, "B2B")

    assert loaded.time(datetime(2026, 9, 1, 14, tzinfo=UTC)) == full
    assert loaded.time(datetime(2026, 9, 1, 14, 30, tzinfo=UTC)) == half
