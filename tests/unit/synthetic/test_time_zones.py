from collections import Counter
from datetime import UTC
from typing import Any

import pytest
from builders import DAY, START, plan

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.row_generator import RowGenerator
from simcrm.synthetic import locale_names
from simcrm.synthetic.locales import Place
from simcrm.synthetic.time_zones import time_zone_for

CLOCKS = {
    "de_DE": {"Europe/Berlin"},
    "en_GB": {"Europe/London"},
    "es_ES": {"Europe/Madrid", "Atlantic/Canary"},
    "fr_FR": {"Europe/Paris"},
    "ja_JP": {"Asia/Tokyo"},
    "pt_BR": {"America/Sao_Paulo", "America/Manaus"},
}
RECORDS = 400


def backfill(locale: str, scenario: str = "B2B", **fields: Any) -> RowGenerator:
    now = START + 90 * DAY
    span = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(now), "locale": locale, "scenario": scenario}
    return RowGenerator.from_plan(plan(run_start=now, **{"totalRecords": RECORDS, **span, **fields}))


@pytest.mark.parametrize("locale", CLOCKS)
def test_records_work_by_the_clocks_of_their_country(locale: str) -> None:
    some = backfill(locale)

    assert {some.timelines.synthetic_generator.zone(index).key for index in range(RECORDS)} <= CLOCKS[locale]


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


def test_american_records_are_spread_over_the_zones_of_the_country() -> None:
    some = backfill("en_US")
    zones = Counter(some.timelines.synthetic_generator.zone(index).key for index in range(RECORDS))

    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"} <= zones.keys()
    assert zones["America/New_York"] > zones["America/Denver"]


@pytest.mark.parametrize("fields", [{}, {"contactsPerCompany": 3}, {"scenario": "B2C"}])
def test_the_clock_of_a_record_is_that_of_its_companys_place(fields: dict[str, Any]) -> None:
    some = backfill("en_US", **fields)

    for index in range(60):
        assert some.timelines.synthetic_generator.zone(index) == time_zone_for(
            "en_US", some.timelines.synthetic_generator.facts(index).company.place
        )


@pytest.mark.parametrize("scenario", ["B2B", "B2C"])
@pytest.mark.parametrize("locale", [*CLOCKS, "en_US"])
def test_nobody_works_at_night_or_on_a_weekend_of_their_own_place(locale: str, scenario: str) -> None:
    some = backfill(locale, scenario)

    times = [
        event.at.astimezone(some.timelines.synthetic_generator.zone(index))
        for index in range(RECORDS)
        for event in some.timelines.unbudgeted_timeline(index)
    ]
    assert len(times) > RECORDS
    assert all(local.weekday() < 5 and 9 <= local.hour < 18 for local in times)
    assert locale == "en_GB" or any(not 9 <= local.astimezone(UTC).hour < 18 for local in times)
