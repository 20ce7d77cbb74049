"""What the limits of one process decide, to the millisecond, and the numbers that are assumed before headers come."""

import pytest
import redis
from recorders import LogLines
from scripted_portal import ScriptedPortal, ok

from simcrm.core.cloudwatch_metrics import HUBSPOT, Metric, flush
from simcrm.core.config import HubSpotRateLimitConfig
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.hubspot.rate_limit.budgets import (
    CallOutcome,
    Decision,
    DenyReason,
    RateLimitBucket,
    RateLimitHeaders,
    RateLimits,
    bucket_for_path,
    plausible_headers,
    rate_limits_from_config,
)
from simcrm.hubspot.rate_limit.limiter import MAX_WAIT_SECONDS, HubSpotRateLimiter, Permit, Sleeper
from simcrm.hubspot.rate_limit.local_limiter import LocalRateLimits

STANDARD, ASSOCIATIONS, SEARCH = RateLimitBucket.STANDARD, RateLimitBucket.ASSOCIATIONS, RateLimitBucket.SEARCH
GRANTED = Decision(DenyReason.GRANTED)
START = 1_000.0
NOTHING = RateLimitHeaders()


@pytest.fixture
def limits() -> LocalRateLimits:
    return LocalRateLimits(RateLimits(standard=10, associations=15, search=5))


def outage(limits: LocalRateLimits, now: float, times: int = 1) -> list[bool]:
    return [limits.release(STANDARD, CallOutcome.FAILED, 0.0, now) for _ in range(times)]


def test_what_is_assumed_of_a_portal() -> None:
    assumed = RateLimits()

    assert [assumed.for_bucket(bucket) for bucket in (STANDARD, ASSOCIATIONS, SEARCH)] == [100, 100, 5]
    assert assumed.daily == 250_000


def test_what_is_configured_replaces_it() -> None:
    environment = {"HUBSPOT_CALLS_PER_TEN_SECONDS": "190", "HUBSPOT_CALLS_PER_DAY": "1000000"}
    configured = rate_limits_from_config(HubSpotRateLimitConfig.load(environment))

    assert (configured.standard, configured.associations, configured.daily) == (190, 100, 1_000_000)
    assert rate_limits_from_config(HubSpotRateLimitConfig.load({})) == RateLimits()


def test_a_path_says_which_budget_it_uses() -> None:
    paths = ["/crm/v3/objects/contacts/search", "/crm/v4/associations/a/b/batch/create", "/crm/v3/owners"]

    assert [bucket_for_path(path) for path in paths] == [SEARCH, ASSOCIATIONS, STANDARD]


@pytest.mark.parametrize(
    ("bucket", "count", "interval"), [(STANDARD, 2, 10.4), (ASSOCIATIONS, 3, 10.4), (SEARCH, 1, 1.4)]
)
def test_a_process_takes_a_fifth_and_waits_until_its_first_call_is_old(
    limits: LocalRateLimits, bucket: RateLimitBucket, count: int, interval: float
) -> None:
    assert [limits.acquire(bucket, START + number) for number in range(count)] == [GRANTED] * count

    now = START + count
    if now - START < interval:
        denied = limits.acquire(bucket, now)
        assert denied.reason is DenyReason.BUDGET
        assert denied.wait == pytest.approx(START + interval - now)
    assert limits.acquire(bucket, START + interval) == GRANTED


def test_the_smallest_budget_is_one_call() -> None:
    limits = LocalRateLimits(RateLimits(search=1))

    assert limits.acquire(SEARCH, START) == GRANTED
    assert limits.acquire(SEARCH, START).reason is DenyReason.BUDGET


def test_a_cooldown_is_one_buckets_own_and_ends_to_the_second(limits: LocalRateLimits) -> None:
    assert limits.release(STANDARD, CallOutcome.THROTTLED, 3.0, START) is False

    assert limits.acquire(STANDARD, START + 1) == Decision(DenyReason.COOLDOWN, 2.0)
    assert limits.acquire(SEARCH, START + 1) == GRANTED
    assert limits.acquire(STANDARD, START + 3) == GRANTED


def test_nine_failures_within_a_minute_open_the_breaker_for_half_a_minute(limits: LocalRateLimits) -> None:
    assert outage(limits, START, 9) == [False] * 8 + [True]

    assert limits.acquire(STANDARD, START + 10) == Decision(DenyReason.BREAKER, 20.0)
    assert limits.acquire(STANDARD, START + 30) == GRANTED


def test_failures_older_than_a_minute_do_not_count(limits: LocalRateLimits) -> None:
    outage(limits, START, 8)

    assert outage(limits, START + 60) == [False]
    assert outage(limits, START + 61, 8) == [False] * 7 + [True]


def test_failures_count_until_the_minute_is_over(limits: LocalRateLimits) -> None:
    outage(limits, START, 8)

    assert outage(limits, START + 59.9) == [True]


def test_after_the_breaker_one_probe_goes_out_in_twenty_seconds(limits: LocalRateLimits) -> None:
    outage(limits, START, 9)

    assert limits.acquire(STANDARD, START + 30) == GRANTED
    assert limits.acquire(STANDARD, START + 31) == Decision(DenyReason.BREAKER, 19.0)
    assert limits.acquire(SEARCH, START + 50) == GRANTED


def test_a_probe_that_fails_opens_the_breaker_again(limits: LocalRateLimits) -> None:
    outage(limits, START, 9)
    limits.acquire(STANDARD, START + 30)

    assert outage(limits, START + 31) == [True]
    assert limits.acquire(STANDARD, START + 32) == Decision(DenyReason.BREAKER, 29.0)


def test_a_probe_that_succeeds_closes_the_breaker(limits: LocalRateLimits) -> None:
    outage(limits, START, 9)
    limits.acquire(STANDARD, START + 30)

    assert limits.release(STANDARD, CallOutcome.OK, 0.0, START + 31) is False
    assert [limits.acquire(SEARCH, START + 31), limits.acquire(STANDARD, START + 31)] == [GRANTED, GRANTED]
    assert outage(limits, START + 32, 8) == [False] * 8


def test_a_spent_day_stops_calls_for_a_minute_or_until_one_succeeds(limits: LocalRateLimits) -> None:
    assert limits.release(STANDARD, CallOutcome.DAILY, 0.0, START) is False
    assert limits.acquire(SEARCH, START + 59) == Decision(DenyReason.DAILY)
    assert limits.acquire(SEARCH, START + 60) == GRANTED

    limits.release(STANDARD, CallOutcome.DAILY, 0.0, START)
    limits.release(STANDARD, CallOutcome.OK, 0.0, START + 1)
    assert limits.acquire(STANDARD, START + 2) == GRANTED


def test_a_spent_day_closes_the_breaker(limits: LocalRateLimits) -> None:
    outage(limits, START, 9)
    limits.release(STANDARD, CallOutcome.DAILY, 0.0, START)

    assert limits.acquire(STANDARD, START + 61) == GRANTED
    assert limits.acquire(STANDARD, START + 61) == GRANTED


@pytest.mark.parametrize(
    ("bucket", "limit", "expected"),
    [
        (STANDARD, 190, RateLimitHeaders(190, 5, 7)),
        (ASSOCIATIONS, None, RateLimitHeaders(None, 5, 7)),
        (ASSOCIATIONS, 150, RateLimitHeaders(150, 5, 7)),
        (ASSOCIATIONS, 151, RateLimitHeaders(150, None, 7)),
        (ASSOCIATIONS, 250, RateLimitHeaders(150, None, 7)),
        (ASSOCIATIONS, 251, RateLimitHeaders(251, 5, 7)),
    ],
)
def test_a_general_limit_says_nothing_about_associations(
    bucket: RateLimitBucket, limit: int | None, expected: RateLimitHeaders
) -> None:
    assert plausible_headers(bucket, RateLimitHeaders(limit, 5, 7)) == expected


class Time:
    """A clock that moves by what is slept."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def sleeper(self) -> Sleeper:
        return Sleeper(lambda: self.now, self.sleep)


@pytest.mark.parametrize(("max_wait", "is_granted"), [(12.0, True), (10.4, True), (10.3, False), (60.0, True)])
def test_a_caller_waits_as_long_as_it_may(max_wait: float, *, is_granted: bool) -> None:
    time = Time()
    limiter = HubSpotRateLimiter(None, RateLimits(standard=5), time.sleeper())
    limiter.acquire(STANDARD)
    flush()

    if is_granted:
        assert limiter.acquire(STANDARD, max_wait).bucket is STANDARD
        assert time.slept == [pytest.approx(10.4)]
        assert flush() == {(Metric.LIMIT_WAIT, HUBSPOT): [10_400]}
    else:
        with pytest.raises(PortalUnavailableError) as raised:
            limiter.acquire(STANDARD, max_wait)
        assert raised.value.retry_after == pytest.approx(10.4)
        assert time.slept == []


def test_a_caller_that_need_not_wait_measures_no_wait() -> None:
    flush()
    HubSpotRateLimiter(None, RateLimits(), Time().sleeper()).acquire(STANDARD)

    assert flush() == {}


def test_nobody_waits_longer_than_a_function_may() -> None:
    time = Time()
    limiter = HubSpotRateLimiter(None, RateLimits(), time.sleeper())
    limiter.release(Permit(STANDARD, "call"), CallOutcome.THROTTLED, NOTHING, MAX_WAIT_SECONDS + 0.1)

    with pytest.raises(PortalUnavailableError, match="cooldown"):
        limiter.acquire(STANDARD, 60.0)
    assert time.slept == []


def test_waits_add_up() -> None:
    time = Time()
    limiter = HubSpotRateLimiter(None, RateLimits(), time.sleeper())
    limiter.release(Permit(STANDARD, "call"), CallOutcome.THROTTLED, NOTHING, 7.0)

    def sleep_and_throttle(seconds: float) -> None:
        time.sleep(seconds)
        limiter.release(Permit(STANDARD, "call"), CallOutcome.THROTTLED, NOTHING, 7.0)

    limiter._sleeper = Sleeper(lambda: time.now, sleep_and_throttle)
    with pytest.raises(PortalUnavailableError) as raised:
        limiter.acquire(STANDARD, 60.0)

    assert (time.slept, raised.value.retry_after) == ([7.0], 7.0)


def test_a_throttled_call_without_a_delay_cools_down_for_its_interval() -> None:
    time = Time()
    limiter = HubSpotRateLimiter(None, RateLimits(), time.sleeper())
    limiter.release(Permit(SEARCH, "call"), CallOutcome.THROTTLED, NOTHING, None)

    limiter.acquire(SEARCH)

    assert time.slept == [1.0]


def test_throttled_calls_and_an_opened_breaker_are_measured() -> None:
    limiter = HubSpotRateLimiter(None, RateLimits(), Time().sleeper())
    flush()
    limiter.release(Permit(STANDARD, "call"), CallOutcome.THROTTLED, NOTHING, 0.0)
    for _ in range(9):
        limiter.release(Permit(STANDARD, "call"), CallOutcome.FAILED, NOTHING, None)

    assert flush() == {(Metric.COOLDOWNS, HUBSPOT): [1], (Metric.BREAKER_OPENED, HUBSPOT): [1]}


def test_an_absent_cache_is_left_alone_for_ten_seconds(absent_redis_url: str, log_lines: LogLines) -> None:
    time = Time()
    limiter = HubSpotRateLimiter(redis.Redis.from_url(absent_redis_url), RateLimits(), time.sleeper())
    for moment in (0.0, 9.9, 10.0):
        time.now = START + moment
        limiter.acquire(STANDARD)

    assert len(log_lines.with_event_id("LIMITS_LOCAL")) == 2


def test_an_answer_comes_through_the_limiter() -> None:
    portal = ScriptedPortal(ok({"a": 1}))
    limiter = HubSpotRateLimiter(None, RateLimits(), Time().sleeper())
    client = HubSpotClient(portal.http(), ApiPaths("v3"), limiter=limiter)

    assert client.get("/x") == client.post("/x", {}) == {"a": 1}
