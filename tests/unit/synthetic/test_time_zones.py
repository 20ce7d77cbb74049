"""Everybody lives by the clock of their own place."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from unit.synthetic.conftest import MakeRun, Run

from simcrm.models.account_story import Purpose, SceneKind
from simcrm.synthetic import AccountGenerator, CountRange, GenerationSettings, locale_names
from simcrm.synthetic.locales import Place
from simcrm.synthetic.time_zones import time_zone_for

CLOCKS = {
    "de_DE": {"Europe/Berlin"},
    "en_GB": {"Europe/London"},
    "es_ES": {"Europe/Madrid", "Atlantic/Canary"},
    "fr_FR": {"Europe/Paris"},
    "it_IT": {"Europe/Rome"},
    "ja_JP": {"Asia/Tokyo"},
    "nl_NL": {"Europe/Amsterdam"},
    "pt_BR": {"America/Sao_Paulo", "America/Manaus"},
}
ACCOUNTS = 400
CONTACTS = {"B2B": 100, "B2C": 50}


def generator(locale: str, scenario: str = "B2B", sizes: CountRange | int = 1) -> AccountGenerator:
    return AccountGenerator(GenerationSettings("7", scenario, ((locale, 1.0),), sizes))


@pytest.mark.parametrize("locale", CLOCKS)
def test_accounts_work_by_the_clocks_of_their_country(locale: str) -> None:
    made = generator(locale)

    assert {made.zone(number).key for number in range(ACCOUNTS)} <= CLOCKS[locale]


def test_every_locale_has_a_clock() -> None:
    assert set(CLOCKS) | {"en_US"} == set(locale_names())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("NY", "America/New_York"),
        ("TX", "America/Chicago"),
        ("CO", "America/Denver"),
        ("AZ", "America/Phoenix"),
        ("CA", "America/Los_Angeles"),
        ("HI", "Pacific/Honolulu"),
    ],
)
def test_a_state_has_its_own_clock(code: str, expected: str) -> None:
    assert time_zone_for("en_US", Place("Somewhere", "A state", code, [], [])).key == expected


def test_american_accounts_are_spread_over_the_zones_of_the_country() -> None:
    made = generator("en_US")
    zones = Counter(made.zone(number).key for number in range(ACCOUNTS))

    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"} <= zones.keys()
    assert zones["America/New_York"] > zones["America/Denver"]


@pytest.mark.parametrize(("scenario", "sizes"), [("B2B", 1), ("B2B", CountRange(3, 6)), ("B2C", 1)], ids=str)
def test_the_clock_of_an_account_is_that_of_its_companys_place(scenario: str, sizes: CountRange | int) -> None:
    made = generator("en_US", scenario, sizes)

    for number in range(60):
        assert made.zone(number) == time_zone_for("en_US", made.account(number).company.place)


def times_at_work(run: Run) -> list[datetime]:
    """When sellers act, by the clocks of their customers; what is sent as an order comes in is sent by no seller."""
    times, made = [], run.histories
    for number in range(made.arrivals.count):
        story, zone = made.history(number).story, made.generator.zone(number)
        is_consumer = made.generator.pack.is_consumer
        for touch in story.touches:
            is_confirmation = is_consumer and story.scenes[touch.scene].kind is SceneKind.SIGNATURE
            if touch.purpose not in {Purpose.INCOMING, Purpose.REQUEST} and not is_confirmation:
                times += [touch.begins_at.astimezone(zone), touch.at.astimezone(zone)]
    return times


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
@pytest.mark.parametrize("locale", [*CLOCKS, "en_US"])
def test_nobody_works_at_night_or_on_a_weekend_of_their_own_place(run: MakeRun, locale: str, scenario: str) -> None:
    times = times_at_work(run(CONTACTS[scenario] if locale in CLOCKS else 1_000, locale, scenario=scenario))

    assert len(times) > 100
    assert all(local.weekday() < 5 and 8 <= local.hour <= 18 for local in times)
    assert locale == "en_GB" or any(not 8 <= local.astimezone(UTC).hour <= 18 for local in times)
