"""Every locale holds the agreements of en_US in its own names, places, numbers and words."""

import re
from collections import defaultdict

import pytest
from unit.synthetic.conftest import ARRIVAL, MakeEvent, MakeRun

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import DealOutcome, LifecycleTrigger
from simcrm.synthetic import (
    GenerationError,
    GenerationSettings,
    SyntheticGenerator,
    UnknownLocaleError,
    locale_names,
)
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.transliteration import to_latin

COUNT = 1_500
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


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_addresses_and_domains_are_unique_and_plain(run: MakeRun, locale: str, scenario: str) -> None:
    _, pairs = run(COUNT, scenario=scenario, locale=locale)
    emails = [pair.contact["email"] for pair in pairs]

    assert len(set(emails)) == COUNT
    assert len({pair.company["domain"] for pair in pairs}) == COUNT
    assert all(re.fullmatch(r"[a-z0-9._-]+@[a-z0-9.-]+\.[a-z]+", email) for email in emails)


@pytest.mark.parametrize("locale", OTHERS)
def test_places_and_phones_agree(run: MakeRun, locale: str) -> None:
    data = read_data(f"locales/{locale}/places.json")
    places: dict[tuple[str, str], list[str]] = {}
    areas: dict[str, set[str]] = defaultdict(set)
    for row in data["places"]:
        city, region, codes, postal = row.split("|")
        places[city, data["regions"][region]] = [shape(code) for code in postal.split(",")]
        areas[data["regions"][region]].update(shape(code) for code in codes.split(","))

    for pair in run(COUNT, locale=locale)[1]:
        for record in (pair.contact, pair.company):
            assert any(re.fullmatch(code, record["zip"]) for code in places[record["city"], record["state"]])
            assert any(
                re.search(area, record["phone"].replace("(", "").replace(")", "")) for area in areas[record["state"]]
            )


def shape(pattern: str) -> str:
    return re.escape(pattern).replace(r"\#", r"\d").replace("@", "[A-Z]")


@pytest.mark.parametrize("locale", OTHERS)
def test_domains_end_as_in_the_country_and_carry_the_name(run: MakeRun, locale: str) -> None:
    _, pairs = run(COUNT, locale=locale)

    assert all(re.search(DOMAINS[locale], pair.company["domain"]) for pair in pairs)
    if locale != "ja_JP":
        words = [re.split(r"[ &-]+", pair.company["name"])[0] for pair in pairs]
        stems = [pair.company["domain"].replace("-", "") for pair in pairs]
        carried = [to_latin(word, locale).lower() in stem for word, stem in zip(words, stems, strict=True)]
        assert sum(carried) >= 0.95 * COUNT


@pytest.mark.parametrize("locale", OTHERS)
def test_people_write_from_the_domain_of_their_company(run: MakeRun, locale: str) -> None:
    _, pairs = run(COUNT, locale=locale)

    assert sum(pair.contact["email"].endswith("@" + pair.company["domain"]) for pair in pairs) >= 0.95 * COUNT


@pytest.mark.parametrize("locale", OTHERS)
def test_common_surnames_are_common(run: MakeRun, locale: str) -> None:
    names = read_data(f"locales/{locale}/names.json")
    _, pairs = run(COUNT, locale=locale)
    surnames = [pair.contact["lastname"] for pair in pairs]

    first, total = names["surnames"][0], sum(names["surnameWeights"])
    assert surnames.count(first) / COUNT == pytest.approx(names["surnameWeights"][0] / total, abs=0.015)


@pytest.mark.parametrize("locale", OTHERS)
def test_titles_are_many_and_finished(run: MakeRun, locale: str) -> None:
    titles = [pair.contact["jobtitle"] for pair in run(COUNT, locale=locale)[1][:1000]]

    assert len(set(titles)) >= 150
    assert not any(re.search(r"[{}\[\]|]", title) for title in titles)


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
def test_texts_are_in_the_language(run: MakeRun, event: MakeEvent, locale: str, scenario: str) -> None:
    generator, _ = run(COUNT, scenario=scenario, locale=locale)
    events = [
        (event(ObjectType.NOTES, LifecycleTrigger.CREATED), "hs_note_body"),
        (event(ObjectType.NOTES, LifecycleTrigger.OPPORTUNITY), "hs_note_body"),
        (event(ObjectType.CALLS, LifecycleTrigger.QUALIFIED), "hs_call_body"),
        (event(ObjectType.TASKS, LifecycleTrigger.QUALIFIED), "hs_task_body"),
        (event(ObjectType.TICKETS, LifecycleTrigger.SUPPORT), "content"),
        (event(ObjectType.DEALS, LifecycleTrigger.WON, DealOutcome.WON), "simcrm_sales_notes"),
    ]
    texts = [generator.activity(index, made)[name] for index in range(200) for made, name in events]

    assert sum(bool(re.search(COMMON_WORDS[locale], text, re.IGNORECASE)) for text in texts) >= 0.85 * len(texts)
    assert not any(re.search(r"[{}\[\]|]|  |\.\.", text) for text in texts)
    assert len(set(texts)) >= 0.9 * len(texts)
    if not locale.startswith("en"):
        english = re.compile(r"\b(the|with|they|for)\b")
        assert sum(bool(english.search(text)) for text in texts) < 0.02 * len(texts)


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("moment", list(LifecycleTrigger))
def test_every_moment_has_words(run: MakeRun, event: MakeEvent, locale: str, moment: LifecycleTrigger) -> None:
    for scenario in ("B2B", "B2C"):
        generator, _ = run(COUNT, scenario=scenario, locale=locale)
        for index in range(30):
            for object_type in (ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.TICKETS):
                assert all(generator.activity(index, event(object_type, moment)).values())


def test_local_parts_are_transliterated(run: MakeRun) -> None:
    _, german = run(COUNT, locale="de_DE")
    _, japanese = run(COUNT, locale="ja_JP")

    mueller = [pair.contact["email"] for pair in german if pair.contact["lastname"] == "Müller"]
    assert any("mueller" in email for email in mueller)
    assert not any("muller" in email for email in mueller)
    assert any("sato" in pair.contact["email"] for pair in japanese if pair.contact["lastname"] == "佐藤")


def test_locales_mix_by_weight_and_keep_their_companies_whole() -> None:
    settings = GenerationSettings(seed="7", locales=(("en_US", 3.0), ("de_DE", 1.0)), contacts_per_company=3)
    generator = SyntheticGenerator(settings)
    facts = [generator.facts(index) for index in range(3000)]

    german = sum(fact.company.locale == "de_DE" for fact in facts) / len(facts)
    assert german == pytest.approx(0.25, abs=0.04)
    assert len({fact.email for fact in facts}) == len(facts)
    pair = generator.pair(0, ARRIVAL)
    assert pair.contact["country"] == pair.company["country"]


def test_consumers_of_several_locales_never_share_an_address() -> None:
    settings = GenerationSettings(seed="7", scenario="B2C", locales=tuple((name, 1.0) for name in locale_names()))
    generator = SyntheticGenerator(settings)

    assert len({generator.facts(index).email for index in range(4000)}) == 4000


def test_amounts_are_in_the_currency_of_the_locale_and_in_dollars_where_locales_differ(run: MakeRun) -> None:
    yen = run(COUNT, locale="ja_JP")[0]
    mixed = SyntheticGenerator(GenerationSettings(seed="7", locales=(("ja_JP", 1.0), ("en_US", 1.0))))

    assert sorted(yen.facts(index).amount for index in range(500))[250] > 3_000_000
    assert sorted(mixed.facts(index).amount for index in range(500))[250] < 100_000


def test_an_unknown_locale_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownLocaleError, match="unknown locale 'xx_XX'; available: de_DE, en_GB, en_US"):
        SyntheticGenerator(GenerationSettings(seed="7", locales=(("xx_XX", 1.0),)))


@pytest.mark.parametrize("locales", [(), (("en_US", 0.0),), (("en_US", -1.0),)])
def test_locales_without_weight_are_refused(locales: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(GenerationError, match="locales must name at least one locale"):
        GenerationSettings(seed="7", locales=locales)


def test_a_company_without_contacts_is_refused() -> None:
    with pytest.raises(GenerationError, match="contacts_per_company is 0, must be at least 1"):
        GenerationSettings(seed="7", contacts_per_company=0)
