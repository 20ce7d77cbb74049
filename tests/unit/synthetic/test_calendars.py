"""Places rest on the public holidays of their region, and work less in vacation weeks."""

from datetime import date

import pytest

from simcrm.synthetic.calendars import load_place_calendar
from simcrm.synthetic.locales import Place, load_locale, locale_names
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence
from simcrm.synthetic.time_densities import BUSINESS, BUSINESS_MAIL, CONSUMER, load_time_density


def place(region: str, code: str = "0") -> Place:
    return Place("Somewhere", region, code, [], [])


@pytest.mark.parametrize(
    ("locale", "region", "code", "day", "is_holiday"),
    [
        ("de_DE", "Bayern", "1", date(2026, 1, 6), True),
        ("de_DE", "Hamburg", "5", date(2026, 1, 6), False),
        ("de_DE", "Hamburg", "5", date(2017, 10, 31), True),
        ("de_DE", "Bayern", "1", date(2040, 12, 25), True),
        ("en_GB", "City of Edinburgh", "3", date(2026, 1, 2), True),
        ("en_GB", "Greater London", "7", date(2026, 1, 2), False),
        ("en_GB", "Greater London", "7", date(2022, 9, 19), True),
        ("en_US", "Massachusetts", "MA", date(2026, 4, 20), True),
        ("en_US", "New York", "NY", date(2026, 4, 20), False),
        ("en_US", "New York", "NY", date(2026, 7, 3), True),
        ("es_ES", "Comunidad de Madrid", "9", date(2024, 5, 2), True),
        ("es_ES", "Cataluña", "7", date(2024, 5, 2), False),
        ("fr_FR", "Île-de-France", "11", date(2026, 7, 14), True),
        ("it_IT", "Lombardia", "8", date(2026, 6, 2), True),
        ("it_IT", "Lombardia", "8", date(2026, 12, 7), False),
        ("ja_JP", "東京都", "15", date(2026, 5, 6), True),
        ("ja_JP", "東京都", "15", date(2026, 12, 31), True),
        ("nl_NL", "Utrecht", "9", date(2026, 4, 27), True),
        ("nl_NL", "Utrecht", "9", date(2026, 5, 5), False),
        ("pt_BR", "São Paulo", "SP", date(2026, 7, 9), True),
        ("pt_BR", "Rio de Janeiro", "RJ", date(2026, 7, 9), False),
    ],
)
def test_a_region_rests_on_its_own_holidays(
    locale: str, region: str, code: str, day: date, *, is_holiday: bool
) -> None:
    assert (day in load_place_calendar(locale, place(region, code)).holidays) is is_holiday


@pytest.mark.parametrize("locale", locale_names())
def test_every_place_has_holidays_in_every_year(locale: str) -> None:
    rng = SeedSequence("places").stream(RandomStream.COMPANY, 0)
    for _ in range(60):
        holidays = load_place_calendar(locale, load_locale(locale).place(rng)).holidays
        counts = [sum(day.year == year for day in holidays) for year in range(2015, 2041)]
        assert min(counts) >= 5
        assert max(counts) <= 25
        assert all(day.weekday() < 5 for day in holidays)


def test_vacations_are_those_of_the_locale() -> None:
    france, germany = (load_place_calendar(locale, place("")).vacation for locale in ("fr_FR", "de_DE"))
    assert france[8, 10] < germany[8, 10] < 1
    assert (7, 10) not in france
    assert all(load_place_calendar(locale, place("")).vacation[12, 27] == 0.1 for locale in locale_names())


def test_days_of_a_moving_date_are_reduced() -> None:
    assert load_place_calendar("en_US", place("", "CA")).reduced_days[date(2026, 11, 27)] == 0.3
    assert {date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18)} <= load_place_calendar(
        "pt_BR", place("", "SP")
    ).reduced_days.keys()


def test_an_unknown_locale_has_no_holidays() -> None:
    assert not load_place_calendar("xx_XX", place("Nowhere")).holidays


def test_densities_cover_a_week() -> None:
    business, mail, consumer = (load_time_density(name) for name in (BUSINESS, BUSINESS_MAIL, CONSUMER))
    assert business.hours.options == mail.hours.options
    assert mail.off_hours is not None
    assert not set(mail.off_hours.options) & set(mail.hours.options)
    assert [share > 0 for share in business.weekdays] == [True] * 5 + [False] * 2
    assert all(consumer.weekdays)
    assert list(consumer.hours.options) == sorted(consumer.hours.options)
