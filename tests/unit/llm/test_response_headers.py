"""Limits and delays, in the variants in which servers state them."""

from datetime import UTC, datetime

import pytest

from simcrm.llm.providers.base import RateLimitWindow, RateLimitWindows
from simcrm.llm.providers.response_headers import (
    parse_duration,
    parse_rate_limits,
    parse_reset_delay,
    parse_retry_after,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Mon, 02 Mar 2026 10:00:07 GMT"}, 7.0),
        ({"retry-after": "Mon, 02 Mar 2026 11:00:07 +0100"}, 7.0),
        ({"retry-after": "Mon, 02 Mar 2026 10:00:07 -0000"}, 7.0),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 02 Mar 2026"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_a_delay_is_in_milliseconds_in_seconds_a_date_or_unknown(
    headers: dict[str, str], expected: float | None
) -> None:
    assert parse_retry_after(headers, NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("12ms", 0.012),
        ("1h2m3s", 3_723.0),
        ("2m59.56s", 179.56),
        ("1d", 86_400.0),
        ("7.5", 7.5),
        ("", None),
        ("soon", None),
        ("6m0x", None),
        ("2026-03-02T10:00:00Z", None),
    ],
)
def test_a_duration_is_in_seconds_or_unknown(text: str, expected: float | None) -> None:
    assert parse_duration(text) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"left-a": "0", "reset-a": "6m0s", "left-b": "3", "reset-b": "1h"}, 360.0),
        ({"left-a": "0", "reset-a": "1s", "left-b": "0", "reset-b": "2s"}, 2.0),
        ({"left-a": "0"}, None),
        ({"left-a": "1", "reset-a": "1s"}, None),
        ({}, None),
    ],
)
def test_windows_that_are_used_up_are_waited_for(headers: dict[str, str], expected: float | None) -> None:
    assert parse_reset_delay(headers, "left-{}", "reset-{}", ("a", "b")) == expected


def test_windows_that_headers_do_not_state_are_unknown() -> None:
    headers = {"l-a": "5", "r-a": "4", "l-b": "5", "l-c": "x", "r-c": "4"}

    windows = parse_rate_limits(headers, "l-{}", "r-{}", (("a",), ("b",), ("c",)))

    assert windows == RateLimitWindows(RateLimitWindow(5, 4), None, None)


def test_the_first_name_that_is_stated_counts() -> None:
    headers = {"l-b": "6", "r-b": "5", "l-all": "8", "r-all": "7"}

    windows = parse_rate_limits(headers, "l-{}", "r-{}", (("a",), ("b", "all"), ("c", "all")))

    assert windows == RateLimitWindows(None, RateLimitWindow(6, 5), RateLimitWindow(8, 7))
