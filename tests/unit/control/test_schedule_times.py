from datetime import UTC, datetime

import pytest

from simcrm.control.schedule_times import firing
from simcrm.errors import InvalidInputError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "zone", "expected"),
    [
        ("0 3 * * ? *", "Europe/Berlin", ("cron(0 3 * * ? *)", "Europe/Berlin")),
        ("cron(0/15 9-17 ? * MON-FRI *)", "UTC", ("cron(0/15 9-17 ? * MON-FRI *)", "UTC")),
        ("cron(0 3 L * ? *)", "UTC", ("cron(0 3 L * ? *)", "UTC")),
        ("cron(0 3 29 FEB ? *)", "UTC", ("cron(0 3 29 FEB ? *)", "UTC")),
        ("cron(0 3 ? * 6#3 2027)", "UTC", ("cron(0 3 ? * 6#3 2027)", "UTC")),
        ("rate(1 minute)", "UTC", ("rate(1 minute)", "UTC")),
        ("rate(12 hours)", "UTC", ("rate(12 hours)", "UTC")),
        ("at(2027-07-01T08:00:00)", "Europe/Berlin", ("at(2027-07-01T06:00:00)", "UTC")),
    ],
)
def test_what_comes_is_taken(given: str, zone: str, expected: tuple[str, str]) -> None:
    assert firing(given, zone, NOW) == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("at(2026-11-23T12:00:00)", "has passed"),
        ("at(2027-02-30T08:00:00)", "no date"),
        ("cron(0 3 30 FEB ? *)", "never comes"),
        ("cron(0 3 * * ? 2020)", "never comes"),
        ("cron(0 3 1 JAN ? 2026)", "never comes"),
        ("cron(0 3 * * * *)", "needs ?"),
        ("cron(0 3 ? * ? *)", "needs ?"),
        ("cron(60 3 * * ? *)", "minutes cannot be 60"),
        ("cron(0 3 * FOO ? *)", "month cannot be FOO"),
        ("cron(0/0 3 * * ? *)", "minutes cannot be 0/0"),
        ("cron(0 3 * * ?)", "6 fields"),
        ("rate(0 minutes)", "is none of"),
        ("rate(1 week)", "is none of"),
        ("every night", "is none of"),
        ("", "is none of"),
    ],
)
def test_what_never_comes_is_refused(given: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        firing(given, "UTC", NOW)

    assert refused.value.field == "expression"
    assert reason in refused.value.problem


def test_a_moment_is_one_of_its_zone() -> None:
    at = "at(2026-11-23T12:30:00)"

    assert firing(at, "UTC", NOW) == (at, "UTC")
    with pytest.raises(InvalidInputError):
        firing(at, "Europe/Berlin", NOW)
