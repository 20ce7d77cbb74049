"""The gate before HubSpot, in a real Redis and without one."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from portal_in_process import LocalPortal
from recorders import LogLines
from scripted_portal import ScriptedPortal, ok, problem

from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import DailyLimitError, PortalAccessError, PortalUnavailableError
from simcrm.hubspot.rate_limit.budgets import (
    INTERVAL_MS,
    CallOutcome,
    RateLimitBucket,
    RateLimitHeaders,
    RateLimits,
    bucket_for_path,
)
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter, Sleeper
from simcrm.hubspot.rate_limit.local_limiter import DAILY_RETRY_SECONDS, PROCESS_SHARE
from simcrm.hubspot.rate_limit.redis_limiter import FAILURES, STATE, calls_key
from simcrm.hubspot.rate_limit.status import clear_daily_limit, parse_status, queue_status_read

STANDARD, ASSOCIATIONS, SEARCH = RateLimitBucket.STANDARD, RateLimitBucket.ASSOCIATIONS, RateLimitBucket.SEARCH
NOTHING = RateLimitHeaders()
Make = Callable[..., HubSpotRateLimiter]


class NoPatienceError(Exception):
    """The limiter would have slept."""


def refuse_to_sleep(seconds: float) -> None:
    raise NoPatienceError(seconds)


@pytest.fixture
def make(cache: redis.Redis) -> Make:
    """A writer's limiter; what it would sleep for is raised."""
    timing = Sleeper(sleep=refuse_to_sleep)
    return lambda **budgets: HubSpotRateLimiter(cache, RateLimits(**{"standard": 3, **budgets}), timing)


def use(
    limiter: HubSpotRateLimiter, times: int, bucket: RateLimitBucket = STANDARD, outcome: CallOutcome = CallOutcome.OK
) -> None:
    for _ in range(times):
        limiter.release(limiter.acquire(bucket), outcome, NOTHING, None)


def test_writers_share_one_budget(make: Make) -> None:
    first, second = make(), make()
    use(first, 2)
    use(second, 1)

    with pytest.raises(NoPatienceError) as waits:
        first.acquire(STANDARD)
    assert 9 < waits.value.args[0] <= 10


def test_a_budget_returns_when_its_interval_is_over(cache: redis.Redis) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    limiter = HubSpotRateLimiter(cache, RateLimits(search=2), Sleeper(sleep=sleep))
    use(limiter, 3, SEARCH)

    assert 0.5 < sum(slept) <= 1.1


@pytest.mark.parametrize("other", [ASSOCIATIONS, SEARCH])
def test_search_and_associations_have_budgets_of_their_own(make: Make, other: RateLimitBucket) -> None:
    limiter = make()
    use(limiter, 3)

    use(limiter, 1, other)


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("/crm/objects/2026-09/contacts/batch/upsert", STANDARD),
        ("/crm/v3/objects/notes/search", SEARCH),
        ("/crm/associations/2026-09/contacts/companies/batch/create", ASSOCIATIONS),
        ("/crm/v4/associations/contacts/notes/batch/read", ASSOCIATIONS),
    ],
)
def test_a_path_tells_its_budget(path: str, family: RateLimitBucket) -> None:
    assert bucket_for_path(path) is family


@pytest.mark.parametrize(("said", "more"), [(5, 4), (2, 1)])
def test_the_portals_word_replaces_what_was_configured(make: Make, said: int, more: int) -> None:
    limiter = make()
    limiter.release(limiter.acquire(STANDARD), CallOutcome.OK, RateLimitHeaders(said, said - 1, None), None)

    use(make(), more)
    with pytest.raises(NoPatienceError):
        make().acquire(STANDARD)


def read_links(client: HubSpotClient, times: int) -> None:
    for _ in range(times):
        client.post("/crm/v4/associations/contacts/companies/batch/read", {"inputs": []})


@pytest.mark.parametrize("general", [False, True])
def test_associations_stay_within_their_own_limit_whichever_the_headers_show(
    cache: redis.Redis,
    general: bool,  # noqa: FBT001
) -> None:
    portal = LocalPortal(plan="professional", association_headers_show_general_limit=general)
    limiter = HubSpotRateLimiter(cache, RateLimits(), Sleeper(sleep=refuse_to_sleep))
    client = HubSpotClient(portal.http(), ApiPaths("2026-09"), limiter=limiter)

    with pytest.raises(NoPatienceError):
        read_links(client, 200)

    assert len(portal.calls) == 150


def test_a_portal_that_never_throttles_is_taken_at_its_word(make: Make) -> None:
    limiter = make(associations=1)
    limiter.release(limiter.acquire(ASSOCIATIONS), CallOutcome.OK, RateLimitHeaders(10_000, 9_999, None), None)

    use(limiter, 20, ASSOCIATIONS)


def test_calls_of_others_on_the_same_token_are_counted(make: Make) -> None:
    limiter = make(standard=10)
    limiter.release(limiter.acquire(STANDARD), CallOutcome.OK, RateLimitHeaders(10, 2, None), None)

    use(limiter, 2)
    with pytest.raises(NoPatienceError):
        limiter.acquire(STANDARD)


@pytest.mark.parametrize(("asked", "wait"), [(4.0, 4.0), (None, 10.0)])
def test_a_throttled_call_cools_all_writers_down(make: Make, asked: float | None, wait: float) -> None:
    limiter = make()
    limiter.release(limiter.acquire(STANDARD), CallOutcome.THROTTLED, NOTHING, asked)

    with pytest.raises(NoPatienceError) as waits:
        make().acquire(STANDARD)
    assert wait - 1 < waits.value.args[0] <= wait


def test_a_long_cooldown_is_spent_in_the_queue(make: Make) -> None:
    limiter = make()
    limiter.release(limiter.acquire(STANDARD), CallOutcome.THROTTLED, NOTHING, 60)

    with pytest.raises(PortalUnavailableError, match="cooldown") as busy:
        limiter.acquire(STANDARD)
    assert 59 < (busy.value.retry_after or 0) <= 60


def test_a_throttled_call_without_a_word_from_the_portal_lowers_the_budget(make: Make, cache: redis.Redis) -> None:
    limiter = make(standard=20)
    use(limiter, 11)
    limiter.release(limiter.acquire(STANDARD), CallOutcome.THROTTLED, NOTHING, 0)

    assert cache.hget(STATE, "limit:standard") == "9"


def refused_by_headers(policy: str, **said: int) -> ScriptedPortal:
    """A portal that answers 429 with these rate limit headers, then 200."""
    names = {"limit": "Max", "remaining": "Remaining", "daily_remaining": "Daily-Remaining"}
    answer = problem(429, retry_after=60, policyName=policy)
    answer.headers.update({f"X-HubSpot-RateLimit-{names[name]}": str(value) for name, value in said.items()})
    return ScriptedPortal(answer, ok())


def test_the_headers_of_a_429_are_learned_from(make: Make, cache: redis.Redis) -> None:
    limiter = make(standard=100)
    use(limiter, 9)
    portal = refused_by_headers("TEN_SECONDLY_ROLLING", limit=50, remaining=0, daily_remaining=700)

    with pytest.raises(PortalUnavailableError):
        HubSpotClient(portal.http(), ApiPaths("v3"), limiter=limiter).get("/x")

    assert cache.hmget(STATE, "limit:standard", "foreign:standard", "daily_left") == ["50", "40", "700"]


def test_the_headers_of_a_spent_day_do_not_outlive_a_resume(make: Make, cache: redis.Redis) -> None:
    client = HubSpotClient(
        refused_by_headers("DAILY", limit=100, remaining=90, daily_remaining=0).http(),
        ApiPaths("v3"),
        limiter=make(standard=100),
    )
    with pytest.raises(DailyLimitError):
        client.get("/x")

    clear_daily_limit(cache)

    assert client.get("/x") == {"results": []}


def settle_all(
    limiter: HubSpotRateLimiter, calls: int, cache: redis.Redis, headers: RateLimitHeaders = NOTHING
) -> list[Any]:
    """Make calls of search one after the other, each in an interval of its own; the limits after each."""
    limits = []
    for _ in range(calls):
        cache.delete(calls_key(SEARCH))
        limiter.release(limiter.acquire(SEARCH), CallOutcome.OK, headers, None)
        limits.append(cache.hget(STATE, "limit:search"))
    return limits


def test_after_a_throttled_call_good_answers_raise_the_limit_to_what_is_configured(
    make: Make, cache: redis.Redis
) -> None:
    limiter = make(search=5)
    limiter.release(limiter.acquire(SEARCH), CallOutcome.THROTTLED, NOTHING, 0)
    assert cache.hget(STATE, "limit:search") == "1"

    limits = settle_all(limiter, 12, cache)

    assert limits == ["2", "2", "3", "3", "3", "4", "4", "4", "4", "5", "5", "5"]
    assert settle_all(limiter, 20, cache)[-1] == "5"
    use(limiter, 4, SEARCH)
    with pytest.raises(NoPatienceError):
        use(limiter, 2, SEARCH)


def test_answers_from_before_a_throttled_one_do_not_raise_the_limit(make: Make, cache: redis.Redis) -> None:
    limiter = make(search=5)
    early = [limiter.acquire(SEARCH) for _ in range(4)]
    limiter.release(limiter.acquire(SEARCH), CallOutcome.THROTTLED, NOTHING, 1)
    for permit in early:
        limiter.release(permit, CallOutcome.OK, NOTHING, None)

    assert cache.hget(STATE, "limit:search") == "3"


def test_a_limit_that_is_throttled_again_begins_anew(make: Make, cache: redis.Redis) -> None:
    limiter = make(search=5)
    for _ in range(2):
        cache.delete(calls_key(SEARCH))
        limiter.release(limiter.acquire(SEARCH), CallOutcome.THROTTLED, NOTHING, 0)
        assert settle_all(limiter, 3, cache) == ["2", "2", "3"]


def test_the_portals_own_word_on_a_limit_is_not_raised(make: Make, cache: redis.Redis) -> None:
    limiter = make(standard=100)
    for _ in range(20):
        limiter.release(limiter.acquire(STANDARD), CallOutcome.OK, RateLimitHeaders(50, 49, None), None)
        cache.delete(calls_key(STANDARD))

    assert cache.hget(STATE, "limit:standard") == "50"


@pytest.fixture
def spent(make: Make) -> HubSpotRateLimiter:
    """A limiter whose portal says that the day is spent, though less was counted."""
    limiter = make(standard=100)
    limiter.release(limiter.acquire(STANDARD), CallOutcome.DAILY, NOTHING, None)
    return limiter


def test_a_day_that_the_portal_calls_spent_stops_all_writers(
    spent: HubSpotRateLimiter, make: Make, cache: redis.Redis
) -> None:
    for limiter, bucket in ((spent, STANDARD), (make(), ASSOCIATIONS)):
        with pytest.raises(DailyLimitError, match="after midnight"):
            limiter.acquire(bucket)

    answer = parse_status(queue_status_read(cache), RateLimits())
    assert answer["buckets"]["daily"]["remaining"] == 0
    assert answer["hubspotCircuitTripped"] is False


def test_later_one_call_asks_whether_the_day_is_over_and_the_others_wait_for_its_answer(
    spent: HubSpotRateLimiter, make: Make, cache: redis.Redis
) -> None:
    cache.hincrby(STATE, "daily_spent_at", -1_000_000)
    probe = spent.acquire(STANDARD)
    with pytest.raises(NoPatienceError):
        make().acquire(STANDARD)
    spent.release(probe, CallOutcome.DAILY, NOTHING, None)
    with pytest.raises(DailyLimitError):
        make().acquire(STANDARD)

    cache.hincrby(STATE, "daily_spent_at", -1_000_000)
    spent.release(spent.acquire(STANDARD), CallOutcome.OK, NOTHING, None)
    use(spent, 5)


def test_who_resumes_a_run_lets_the_portal_be_asked_again(spent: HubSpotRateLimiter, cache: redis.Redis) -> None:
    clear_daily_limit(cache)

    use(spent, 5)


def test_without_a_cache_there_is_nothing_to_forget(absent_redis_url: str, log_lines: LogLines) -> None:
    clear_daily_limit(None)
    with redis.Redis.from_url(absent_redis_url) as absent:
        clear_daily_limit(absent)

    assert len(log_lines.with_event_id("CACHE_UNAVAILABLE")) == 1


def test_without_redis_a_spent_day_stops_this_process_for_a_while() -> None:
    now = [0.0]
    limiter = local(now)
    limiter.release(limiter.acquire(STANDARD), CallOutcome.DAILY, NOTHING, None)
    with pytest.raises(DailyLimitError):
        limiter.acquire(STANDARD)

    now[0] = DAILY_RETRY_SECONDS + 1
    use(limiter, 2)


def test_a_429_of_the_day_is_learned_as_such(make: Make) -> None:
    portal = LocalPortal()
    portal.fault(kind="rate_limit", policy="DAILY", times=1)
    client = HubSpotClient(portal.http(), ApiPaths("2026-09"), limiter=make(standard=100))

    for _ in range(3):
        with pytest.raises(DailyLimitError):
            client.get("/crm/v3/owners")
    assert len(portal.calls) == 1


def test_the_day_that_is_spent_stops_the_run_and_is_asked_about_later(make: Make, cache: redis.Redis) -> None:
    limiter = make(daily=1)
    use(limiter, 1)
    with pytest.raises(PortalAccessError, match="daily"):
        limiter.acquire(STANDARD)

    cache.hincrby(STATE, "daily_at", -1_000_000)
    limiter.release(limiter.acquire(STANDARD), CallOutcome.OK, RateLimitHeaders(3, 2, 500), None)
    use(limiter, 1)


def test_more_than_eight_failures_open_the_breaker_for_all(make: Make) -> None:
    limiter = make(standard=100)
    use(limiter, 8, outcome=CallOutcome.FAILED)
    use(limiter, 1)
    use(limiter, 1, outcome=CallOutcome.FAILED)

    with pytest.raises(PortalUnavailableError, match="breaker") as busy:
        make(standard=100).acquire(ASSOCIATIONS)
    assert 29 < (busy.value.retry_after or 0) <= 30


def opened_long_ago(make: Make, cache: redis.Redis) -> HubSpotRateLimiter:
    limiter = make(standard=100)
    use(limiter, 9, outcome=CallOutcome.FAILED)
    cache.hincrby(STATE, "open_until", -31_000)
    return limiter


def test_after_that_one_probe_goes_and_its_success_closes_the_breaker(make: Make, cache: redis.Redis) -> None:
    limiter = opened_long_ago(make, cache)
    probe = limiter.acquire(STANDARD)
    with pytest.raises(PortalUnavailableError, match="breaker"):
        limiter.acquire(STANDARD)

    limiter.release(probe, CallOutcome.OK, NOTHING, None)
    use(limiter, 2)


def test_a_probe_that_fails_opens_it_again(make: Make, cache: redis.Redis) -> None:
    limiter = opened_long_ago(make, cache)
    use(limiter, 1, outcome=CallOutcome.FAILED)

    with pytest.raises(PortalUnavailableError, match="breaker") as busy:
        limiter.acquire(STANDARD)
    assert (busy.value.retry_after or 0) > 29


def test_all_keys_lie_in_one_hash_slot_and_forget(make: Make, cache: redis.Redis) -> None:
    limiter = make(standard=100)
    use(limiter, 1)
    use(limiter, 1, outcome=CallOutcome.FAILED)

    keys = {calls_key(STANDARD), STATE, FAILURES}
    assert set(cache.keys("*")) == keys
    assert all("{hs}" in key and cache.pttl(key) > 0 for key in keys)


def test_without_redis_a_safe_local_rate_holds(absent_redis_url: str, log_lines: LogLines) -> None:
    now = [0.0]
    timing = Sleeper(lambda: now[0], refuse_to_sleep)
    with redis.Redis.from_url(absent_redis_url) as absent:
        limiter = HubSpotRateLimiter(absent, RateLimits(standard=10 * PROCESS_SHARE), timing)
        use(limiter, 10)
        with pytest.raises(NoPatienceError):
            limiter.acquire(STANDARD)
        now[0] += INTERVAL_MS[STANDARD] / 1000 + 1
        use(limiter, 10)

    assert {line["reason"] for line in log_lines.with_event_id("LIMITS_LOCAL")} == {"ConnectionError"}


def local(now: list[float]) -> HubSpotRateLimiter:
    return HubSpotRateLimiter(None, RateLimits(standard=500), Sleeper(lambda: now[0], refuse_to_sleep))


def test_without_redis_a_throttled_call_cools_down_too() -> None:
    now = [0.0]
    limiter = local(now)
    limiter.release(limiter.acquire(STANDARD), CallOutcome.THROTTLED, NOTHING, 5)
    with pytest.raises(NoPatienceError):
        limiter.acquire(STANDARD)

    now[0] = 5.1
    use(limiter, 1)


def test_without_redis_the_breaker_works_too() -> None:
    now = [0.0]
    limiter = local(now)
    use(limiter, 9, outcome=CallOutcome.FAILED)
    with pytest.raises(PortalUnavailableError, match="breaker"):
        limiter.acquire(STANDARD)

    now[0] = 31.0
    probe = limiter.acquire(STANDARD)
    with pytest.raises(PortalUnavailableError, match="breaker"):
        limiter.acquire(STANDARD)
    limiter.release(probe, CallOutcome.OK, NOTHING, None)
    use(limiter, 2)
