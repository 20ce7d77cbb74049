from collections.abc import Callable

import pytest
import redis
from recorders import LogLines

from simcrm.cache.run_counters import TTL_SECONDS, RunCounters, created_counter
from simcrm.models.crm_objects import ObjectType
from simcrm.models.throughput_series import ThroughputBucket


@pytest.fixture
def away(absent_redis_url: str) -> RunCounters:
    """The counters while the cache does not answer."""
    return RunCounters(redis.Redis.from_url(absent_redis_url, decode_responses=True), "sim-test")


def test_a_simulation_that_has_counted_nothing_has_no_counters(metrics: RunCounters) -> None:
    assert metrics.read() == {}


def test_counters_are_raised(metrics: RunCounters) -> None:
    metrics.add({"contacts_created": 2, "hubspot_calls": 1})
    metrics.add({"contacts_created": 3})

    assert metrics.read() == {"contacts_created": "5", "hubspot_calls": "1"}


def test_counters_stand_where_users_look_for_them(metrics: RunCounters, cache: redis.Redis) -> None:
    metrics.add({"contacts_created": 2})

    assert cache.hgetall("sim:sim-test:metrics") == {"contacts_created": "2"}
    assert metrics.key == "sim:sim-test:metrics"


def test_counters_of_another_simulation_are_its_own(metrics: RunCounters, cache: redis.Redis) -> None:
    RunCounters(cache, "sim-other").add({"contacts_created": 2})

    assert metrics.read() == {}


def test_what_the_ledger_says_replaces_what_was_counted(metrics: RunCounters) -> None:
    metrics.add({"contacts_created": 7, "hubspot_calls": 1})

    metrics.set({"contacts_created": 5, "records_refused": 0})

    assert metrics.read() == {"contacts_created": "5", "hubspot_calls": "1", "records_refused": "0"}


@pytest.mark.parametrize("change", [RunCounters.add, RunCounters.set])
def test_counters_are_kept_for_ninety_days_after_the_last_change(
    metrics: RunCounters, cache: redis.Redis, change: Callable[[RunCounters, dict[str, int]], None]
) -> None:
    change(metrics, {"contacts_created": 1})

    assert TTL_SECONDS == 90 * 86_400
    assert TTL_SECONDS - 5 <= cache.ttl(metrics.key) <= TTL_SECONDS


@pytest.mark.parametrize("change", [RunCounters.add, RunCounters.set, lambda metrics, _: metrics.renew()])
def test_all_keys_of_a_run_are_kept_while_it_lives(
    metrics: RunCounters, cache: redis.Redis, change: Callable[[RunCounters, dict[str, int]], None]
) -> None:
    metrics.add_with_throughput({"contacts_created": 1}, ThroughputBucket(40, 1))
    keys = (metrics.key, metrics.throughput_key, metrics.complete_key)
    for key in keys:
        cache.expire(key, 60)

    change(metrics, {"contacts_created": 1})

    assert min(map(cache.ttl, keys)) >= TTL_SECONDS - 5


def test_what_the_cache_has_lost_is_not_made_whole_by_renewing(metrics: RunCounters, cache: redis.Redis) -> None:
    cache.flushall()

    metrics.renew()

    assert metrics.read_with_completeness() == ({}, False)


def test_raising_nothing_asks_nobody(away: RunCounters, log_lines: LogLines) -> None:
    away.add({})

    assert log_lines.with_event_id("CACHE_UNAVAILABLE") == []


def test_setting_nothing_is_no_fault_of_the_cache(metrics: RunCounters, log_lines: LogLines) -> None:
    metrics.set({})

    assert log_lines.with_event_id("CACHE_UNAVAILABLE") == []


def test_without_a_cache_nothing_is_counted_and_nothing_stops() -> None:
    absent = RunCounters(None, "sim-test")

    absent.add({"contacts_created": 1})
    absent.set({"contacts_created": 1})

    assert absent.read() == {}


def test_a_cache_that_does_not_answer_stops_nothing_and_is_logged(away: RunCounters, log_lines: LogLines) -> None:
    away.add({"contacts_created": 1})
    away.set({"contacts_created": 1})

    assert away.read() == {}
    lines = log_lines.with_event_id("CACHE_UNAVAILABLE")
    assert [line["reason"] for line in lines] == ["ConnectionError"] * 3
    assert {line["simulationId"] for line in lines} == {"sim-test"}


def test_counters_of_a_cache_that_was_emptied_are_not_whole(metrics: RunCounters, cache: redis.Redis) -> None:
    metrics.add({"contacts_created": 7})
    assert metrics.read_with_completeness() == ({"contacts_created": "7"}, True)

    cache.flushall()
    metrics.add({"contacts_created": 1})

    assert metrics.read_with_completeness() == ({"contacts_created": "1"}, False)


def test_counters_are_whole_again_when_they_are_what_the_ledger_says(metrics: RunCounters, cache: redis.Redis) -> None:
    cache.flushall()
    metrics.add_with_throughput({"contacts_created": 1, "hubspot_calls": 4}, ThroughputBucket(40, 1))

    metrics.restore({"contacts_created": 8}, {10: 5, 20: 3})

    assert metrics.read_with_completeness() == ({"contacts_created": "8", "hubspot_calls": "4"}, True)
    assert metrics.read_throughput() == {10: 5, 20: 3}
    assert min(map(cache.ttl, (metrics.key, metrics.throughput_key, metrics.complete_key))) >= TTL_SECONDS - 5


def test_a_cache_that_is_away_has_nothing_whole_and_takes_nothing(away: RunCounters, log_lines: LogLines) -> None:
    away.mark_started()
    away.restore({"contacts_created": 8}, {10: 5})

    assert away.read_with_completeness() == ({}, False)
    assert away.read_throughput() is None
    assert len(log_lines.with_event_id("CACHE_UNAVAILABLE")) == 4


def test_each_type_has_a_counter() -> None:
    assert created_counter(ObjectType.COMPANIES) == "companies_created"
    assert len({created_counter(kind) for kind in ObjectType}) == len(ObjectType)
