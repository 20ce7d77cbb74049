"""The checker of finished texts: what is not so is found, and what is so is not."""

import datetime as dt
from dataclasses import replace
from functools import cache

import pytest

from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import Person, load_locale, locale_names
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.text_checker import DateKind, FindingKind, PersonRole, TextChecker, TextClaims

MONDAY = dt.datetime(2026, 3, 9, 15, 30, tzinfo=dt.UTC)
DECISION = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
LOCALES = locale_names()
NAMES = {
    "en_US": (("Karen", "Miller", "f"), ("Brian", "Davis", "m"), ("Susan", "Clark", "f")),
    "en_GB": (("Karen", "Taylor", "f"), ("Brian", "Davies", "m"), ("Susan", "Evans", "f")),
    "de_DE": (("Sabine", "Müller", "f"), ("Jürgen", "Weber", "m"), ("Petra", "Schulz", "f")),
    "es_ES": (("Ana", "García", "f"), ("Javier", "López", "m"), ("Yolanda", "Pérez", "f")),
    "fr_FR": (("Agnès", "Durand", "f"), ("Xavier", "Dubois", "m"), ("Virginie", "Vasseur", "f")),
    "nl_NL": (("Sanne", "de Vries", "f"), ("Jeroen", "Bakker", "m"), ("Marieke", "Smit", "f")),
    "it_IT": (("Chiara", "Rossi", "f"), ("Giuseppe", "Esposito", "m"), ("Paola", "Ferrari", "f")),
    "pt_BR": (("Adriana", "Silva", "f"), ("Yuri", "Souza", "m"), ("Vitória", "Pereira", "f")),
    "ja_JP": (("結衣", "佐藤", "f"), ("悠斗", "鈴木", "m"), ("明美", "高橋", "f")),
}
PRODUCTS = ("Test Automation", "API Gateway", "Gateway")


def person(locale: str, number: int) -> Person:
    first, last, sex = NAMES[locale][number]
    return Person(first, last, first, last, sex)


@cache
def checker(locale: str) -> TextChecker:
    data = load_locale(locale)
    return TextChecker(load_language(data.language, "B2B"), data, PRODUCTS)


def claims(locale: str = "en_US") -> TextClaims:
    return TextClaims(
        currency=load_locale(locale).currency,
        people={
            person(locale, 0): PersonRole.CONTACT,
            person(locale, 1): PersonRole.OWNER,
            person(locale, 2): PersonRole.ABSENT,
        },
        amounts=frozenset({1_250_000}),
        dates=frozenset({(MONDAY.date(), DateKind.DUE), (DECISION.date(), DateKind.DECISION)}),
        minutes=frozenset({45}),
        seats=80,
        employees=240,
        discount=10,
        products=frozenset({"API Gateway"}),
        phrases=frozenset({"dashboards loading for 20 minutes", "Diego Martin Works"}),
    )


def findings(text: str, locale: str = "en_US") -> list[tuple[str, str]]:
    return [(str(kind), excerpt) for kind, excerpt in checker(locale).check(text, claims(locale))]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_language_writes_is_read_back_in_its_formats(locale: str) -> None:
    language = load_language(load_locale(locale).language, "B2B")
    currency = load_locale(locale).currency
    contact = person(locale, 0)
    allowed = [
        language.money(12_500, currency),
        language.day(MONDAY),
        language.date(MONDAY),
        language.short_date(MONDAY),
        language.quarter(DECISION),
        language.time(MONDAY),
        language.full_name(contact),
        language.address(contact, "person"),
        language.address(contact, "person_acc"),
        contact.first,
        "API Gateway",
    ]

    for piece in allowed:
        assert findings(f"x {piece} x.", locale) == [], piece


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_not_so_is_found_in_every_language(locale: str) -> None:
    language = load_language(load_locale(locale).language, "B2B")
    currency = load_locale(locale).currency
    tuesday = MONDAY + dt.timedelta(days=1)
    absent = person(locale, 2)
    wrong = [
        (FindingKind.AMOUNT, language.money(12_600, currency)),
        (FindingKind.AMOUNT, language.money(12_500, "GBP" if currency == "USD" else "USD")),
        (FindingKind.DATE, language.date(tuesday).removeprefix("el ")),
        (FindingKind.DATE, language.short_date(tuesday)),
        (FindingKind.DATE, language.quarter(MONDAY)),
        (FindingKind.PERSON, language.full_name(absent)),
        (FindingKind.PRODUCT, "Test Automation"),
    ]

    for kind, piece in wrong:
        assert findings(f"x {piece} x.", locale) == [(kind, piece)]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_weekday_that_is_not_that_of_its_date_is_found(locale: str) -> None:
    language = load_language(load_locale(locale).language, "B2B")
    monday, tuesday = language.labels["weekdays"][:2]
    before, _, after = language.day(MONDAY).rpartition(monday)
    written = f"{before}{tuesday}{after}"

    assert [kind for kind, _ in findings(f"x {written} x.", locale)] == [FindingKind.WEEKDAY]


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_US", "a 50-minute call"),
        ("en_US", "2 hours"),
        ("en_US", "two hours"),
        ("de_DE", "50 Minuten"),
        ("de_DE", "zwei Stunden"),
        ("es_ES", "50 minutos"),
        ("fr_FR", "2 heures"),
        ("nl_NL", "50 minuten"),
        ("nl_NL", "2 uur"),
        ("pt_BR", "50 minutos"),
        ("it_IT", "50 minuti"),
        ("ja_JP", "50分間"),
        ("ja_JP", "2時間"),
    ],
)
def test_a_duration_that_is_not_the_scenes_is_found(locale: str, text: str) -> None:
    assert [kind for kind, _ in findings(f"x {text} x", locale)] == [FindingKind.DURATION]


@pytest.mark.parametrize(
    ("locale", "right", "wrong"),
    [
        ("en_US", ["45 minutes", "0.75 hours", "10 %", "10 percent", "80 seats", "240 employees"], "15% off"),
        ("de_DE", ["45 Minuten", "0,75 Stunden", "10 %", "10 Prozent", "80 Lizenzen", "240 Mitarbeiter"], "15 % auf"),
        ("es_ES", ["45 minutos", "10 %", "10 por ciento", "80 licencias"], "15 % de"),
        ("fr_FR", ["45 minutes", "10 %", "10\u202f%", "10 pour cent", "80 licences"], "15 % de"),
        ("nl_NL", ["45 minuten", "0,75 uur", "10%", "10 procent", "80 licenties", "240 medewerkers"], "15% op"),
        ("pt_BR", ["45 minutos", "10%", "10 por cento", "80 licenças"], "15% de"),
        ("it_IT", ["45 minuti", "10 %", "10%", "10 per cento", "80 licenze", "240 dipendenti"], "15 % di"),
        ("ja_JP", ["45分", "10%", "10パーセント", "80ライセンス"], "15%の"),
    ],
)
def test_a_percentage_that_is_not_the_discount_is_found(locale: str, right: list[str], wrong: str) -> None:
    assert [findings(f"x {text} x", locale) for text in right] == [[]] * len(right)
    assert [kind for kind, _ in findings(f"x {wrong} x", locale)] == [FindingKind.PERCENTAGE]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Costs EUR 12,500.", [("amount", "EUR 12,500")]),
        ("Costs 12,500 USD or USD 12,500.00.", []),
        ("Costs $12,500.50.", [("amount", "$12,500.50")]),
        ("Costs $12.500.", [("amount", "$12.500")]),
        ("Costs $12,50,0.", [("amount", "$12,50,0")]),
        ("Costs $12k.", [("amount", "$12")]),
        ("Due March 9.", []),
        ("Due March 9, 2027.", [("date", "March 9, 2027")]),
        ("Due Monday, March 9, 2026 at 3:30 pm.", []),
        ("Due tuesday, march 9.", [("weekday", "tuesday, march 9")]),
        ("Due 2026-03-10 or 3/10/2026.", [("date", "2026-03-10"), ("date", "3/10/2026")]),
        ("Support is there 24/7, a 50/50 chance.", []),
        ("Buys 81 seats.", [("number", "81 seats")]),
        ("A firm of 250 employees.", [("number", "250 employees")]),
        ("Hi {first}, [now", [("leftover", "{first}"), ("leftover", "[")]),
        ("Dear [Name],", [("leftover", "[Name]")]),
        ("Wants the Gateway.", [("product", "Gateway")]),
        ("Dashboards loading for 20 minutes.", []),
        ("In Diego Martin Works.", []),
    ],
)
def test_a_part_is_judged_by_its_format(text: str, found: list[tuple[str, str]]) -> None:
    assert findings(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Karen Miller and Brian called; Karen agreed.", []),
        ("Karen Miller's team", []),
        ("Karen Smith's team", ["Karen Smith"]),
        ("Spoke to Howard Zzyzx.", ["Howard Zzyzx"]),
        ("Spoke to Susan.", ["Susan"]),
        ("Ask Clark first.", ["Clark"]),
        ("Susanne spoke.", []),
        ("Spoke to Howard about it.", []),
        ("Will Karen join? Mark Monday as done.", []),
        ("Karen SSO", []),
    ],
)
def test_people_who_may_not_be_named_are_found(text: str, found: list[str]) -> None:
    assert findings(text) == [("person", name) for name in found]


@pytest.mark.parametrize(
    ("locale", "text", "found"),
    [
        ("de_DE", "Termin mit Herr Müller.", ["Herr Müller"]),
        ("de_DE", "Termin mit Frau Dr. Müller und Herrn Weber, Frau Müllers Team.", []),
        ("de_DE", "Termin mit Frau Schulz.", ["Frau Schulz"]),
        ("de_DE", "Sabine Termin vorgeschlagen.", []),
        ("de_DE", "An Frau Termin bestätigt.", []),
        ("fr_FR", "M. Durand et Mme Vasseur", ["M. Durand", "Mme Vasseur"]),
        ("ja_JP", "高橋様から", ["高橋様"]),
        ("ja_JP", "佐藤様とお客様", []),
        ("ja_JP", "高橋明美さん", ["高橋明美"]),
    ],
)
def test_forms_of_address_are_those_of_the_language(locale: str, text: str, found: list[str]) -> None:
    assert findings(text, locale) == [("person", name) for name in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("見積は12,500円で{day}まで、10時30分に45分間。", []),
        ("見積は12,600円で3月10日まで。", [("amount", "12,600円"), ("date", "3月10日")]),
        ("500万円で第1四半期に", [("amount", "500万円"), ("date", "第1四半期")]),
    ],
)
def test_a_language_without_gaps_between_words_is_read(text: str, found: list[tuple[str, str]]) -> None:
    day = load_language("ja", "B2B").day(MONDAY)

    assert findings(text.format(day=day), "ja_JP") == found


def test_a_space_that_does_not_break_is_a_space() -> None:
    assert findings("Devis de 12\u202f500\u00a0€ pour Agnès\u00a0Durand.", "fr_FR") == []


def test_a_time_of_day_is_no_duration() -> None:
    assert findings("Rendez-vous à 14 h 30, demain 9:15.", "fr_FR") == []


def test_a_dutch_time_of_day_is_no_duration() -> None:
    assert findings("Maandag om 14:30 uur, dinsdag om 9:00 uur.", "nl_NL") == []


def test_a_date_with_hyphens_is_a_date() -> None:
    assert findings("Offerte op 9-3 of 9-3-2026.", "nl_NL") == []
    assert findings("Offerte op 10-3.", "nl_NL") == [("date", "10-3")]


def test_a_dutch_prefix_has_a_capital_letter_after_a_title_only() -> None:
    assert findings("Geachte mevrouw De Vries, met Sanne de Vries, de heer Bakker.", "nl_NL") == []
    assert findings("Geachte heer Jansen,", "nl_NL") == [("person", "heer Jansen")]


def test_an_idiom_is_no_date() -> None:
    assert findings("Soporte 24/7, no 24/6.", "es_ES") == [("date", "24/6")]


def test_a_name_that_an_absent_contact_shares_with_another_may_be_said() -> None:
    sister = Person("Wendy", "Miller", "Wendy", "Miller", "f")
    people = {person("en_US", 0): PersonRole.CONTACT, sister: PersonRole.ABSENT}
    found = checker("en_US").check("Miller called for Wendy.", replace(claims(), people=people))

    assert [finding.excerpt for finding in found] == ["Wendy"]


def test_a_surname_may_hold_the_name_of_an_absent_contact() -> None:
    named, absent = (
        Person(first, last, first, last, "m") for first, last in (("Luca", "Di Stefano"), ("Stefano", "Riva"))
    )
    people = {named: PersonRole.CONTACT, absent: PersonRole.ABSENT}

    assert checker("it_IT").check("Gentile dott. Di Stefano, ci sentiamo.", replace(claims(), people=people)) == []
    assert checker("it_IT").check("Ho parlato con Riva.", replace(claims(), people=people))


@pytest.mark.parametrize(
    ("locale", "absent", "text"),
    [
        ("en_US", ("Will", "Price"), "Will send the offer. Price is fine."),
        ("ja_JP", ("愛", "森"), "愛用中、森林の案件"),
    ],
)
def test_a_name_that_is_a_word_is_no_name_alone(locale: str, absent: tuple[str, str], text: str) -> None:
    someone = Person(*absent, *absent, "f")
    said = replace(claims(locale), people={someone: PersonRole.ABSENT})

    assert checker(locale).check(text, said) == []
    assert len(checker(locale).check(" ".join(absent if locale == "en_US" else absent[::-1]), said)) == 1


def test_a_phrase_hides_no_part_of_a_word_or_number() -> None:
    said = replace(claims(), phrases=frozenset({"500", "Kar"}))
    found = checker("en_US").check("Karen Smith pays $12,500 or $1500.", said)

    assert [finding.excerpt for finding in found] == ["Karen Smith", "$1500"]


def test_findings_are_in_the_order_of_the_text() -> None:
    kinds = [kind for kind, _ in findings("Susan wants 15 % off $9,000 by March 1 {now}.")]

    assert kinds == ["person", "percentage", "amount", "date", "leftover"]


def test_a_person_outside_the_account_may_be_named_if_the_claims_say_so() -> None:
    locale = load_locale("en_US")
    outsider = locale.person(SeedSequence("s").stream(RandomStream.PERSON, 1))
    text = f"{outsider.first} {outsider.last} called."
    named = replace(claims(), people={outsider: PersonRole.EXTERNAL})

    assert checker("en_US").check(text, claims()) != []
    assert checker("en_US").check(text, named) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_may_be_said_without_a_claim(locale: str) -> None:
    language, currency = load_language(load_locale(locale).language, "B2B"), load_locale(locale).currency
    text = f"{language.money(5, currency)} - {language.date(MONDAY)} - {language.quarter(MONDAY)} - 5 %"

    kinds = [finding.kind for finding in checker(locale).check(text, TextClaims(currency=currency))]
    assert kinds == [FindingKind.AMOUNT, FindingKind.DATE, FindingKind.DATE, FindingKind.PERCENTAGE]


def test_a_surname_of_several_words_is_the_persons_own() -> None:
    silva = Person("Laurent", "Da Silva", "Laurent", "Da Silva", "m")
    said = replace(claims("fr_FR"), people={silva: PersonRole.CONTACT})

    assert checker("fr_FR").check("Bonjour M. Da Silva,", said) == []
    assert [finding.kind for finding in checker("fr_FR").check("Bonjour M. Durand,", said)] == [FindingKind.PERSON]


def test_an_amount_begins_after_the_time_before_it() -> None:
    assert findings("à 17 h 40, 12 500 €", "fr_FR") == []
    assert findings("à 17 h 40, 4 291 €", "fr_FR") == [("amount", "4 291 €")]
