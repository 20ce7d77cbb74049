from collections.abc import Callable

import pytest
import redis
from recorders import LogLines

from simcrm.cache.run_counters import KEEP_SECONDS, Metrics, created
from simcrm.models.crm_objects import ObjectType
from simcrm.models.throughput_series import Point


@pytest.fixture
def away(absent_redis_url: str) -> Metrics:
    """The counters while the cache does not answer."""
    return Metrics(redis.Redis.from_url(absent_redis_url, decode_responses=True), "sim-test")


def test_a_simulation_that_has_counted_nothing_has_no_counters(metrics: Metrics) -> None:
    assert metrics.read() == {}


def test_counters_are_raised(metrics: Metrics) -> None:
    metrics.add({"contacts_created": 2, "hubspot_calls": 1})
    metrics.add({"contacts_created": 3})

    assert metrics.read() == {"contacts_created": "5", "hubspot_calls": "1"}


def test_counters_stand_where_users_look_for_them(metrics: Metrics, cache: redis.Redis) -> None:
    metrics.add({"contacts_created": 2})

    assert cache.hgetall("sim:sim-test:metrics") == {"contacts_created": "2"}
    assert metrics.key == "sim:sim-test:metrics"


def test_counters_of_another_simulation_are_its_own(metrics: Metrics, cache: redis.Redis) -> None:
    Metrics(cache, "sim-other").add({"contacts_created": 2})

    assert metrics.read() == {}


def test_what_the_ledger_says_replaces_what_was_counted(metrics: Metrics) -> None:
    metrics.add({"contacts_created": 7, "hubspot_calls": 1})

    metrics.put({"contacts_created": 5, "records_refused": 0})

    assert metrics.read() == {"contacts_created": "5", "hubspot_calls": "1", "records_refused": "0"}


@pytest.mark.parametrize("change", [Metrics.add, Metrics.put])
def test_counters_are_kept_for_ninety_days_after_the_last_change(
    metrics: Metrics, cache: redis.Redis, change: Callable[[Metrics, dict[str, int]], None]
) -> None:
    change(metrics, {"contacts_created": 1})

    assert KEEP_SECONDS == 90 * 86_400
    assert KEEP_SECONDS - 5 <= cache.ttl(metrics.key) <= KEEP_SECONDS


@pytest.mark.parametrize("change", [Metrics.add, Metrics.put, lambda metrics, _: metrics.renew()])
def test_all_keys_of_a_run_are_kept_while_it_lives(
    metrics: Metrics, cache: redis.Redis, change: Callable[[Metrics, dict[str, int]], None]
) -> None:
    metrics.add_written({"contacts_created": 1}, Point(40, 1))
    keys = (metrics.key, metrics.series_key, metrics.whole_key)
    for key in keys:
        cache.expire(key, 60)

    change(metrics, {"contacts_created": 1})

    assert min(map(cache.ttl, keys)) >= KEEP_SECONDS - 5


def test_what_the_cache_has_lost_is_not_made_whole_by_renewing(metrics: Metrics, cache: redis.Redis) -> None:
    cache.flushall()

    metrics.renew()

    assert metrics.read_whole() == ({}, False)


def test_raising_nothing_asks_nobody(away: Metrics, log_lines: LogLines) -> None:
    away.add({})

    assert log_lines.of("CACHE_UNAVAILABLE") == []


def test_setting_nothing_is_no_fault_of_the_cache(metrics: Metrics, log_lines: LogLines) -> None:
    metrics.put({})

    assert log_lines.of("CACHE_UNAVAILABLE") == []


def test_without_a_cache_nothing_is_counted_and_nothing_stops() -> None:
    absent = Metrics(None, "sim-test")

    absent.add({"contacts_created": 1})
    absent.put({"contacts_created": 1})

    assert absent.read() == {}


def test_a_cache_that_does_not_answer_stops_nothing_and_is_logged(away: Metrics, log_lines: LogLines) -> None:
    away.add({"contacts_created": 1})
    away.put({"contacts_created": 1})

    assert away.read() == {}
    lines = log_lines.of("CACHE_UNAVAILABLE")
    assert [line["reason"] for line in lines] == ["ConnectionError"] * 3
    assert {line["simulationId"] for line in lines} == {"sim-test"}


def test_counters_of_a_cache_that_was_emptied_are_not_whole(metrics: Metrics, cache: redis.Redis) -> None:
    metrics.add({"contacts_created": 7})
    assert metrics.read_whole() == ({"contacts_created": "7"}, True)

    cache.flushall()
    metrics.add({"contacts_created": 1})

    assert metrics.read_whole() == ({"contacts_created": "1"}, False)


def test_counters_are_whole_again_when_they_are_what_the_ledger_says(metrics: Metrics, cache: redis.Redis) -> None:
    cache.flushall()
    metrics.add_written({"contacts_created": 1, "hubspot_calls": 4}, Point(40, 1))

    metrics.restore({"contacts_created": 8}, {10: 5, 20: 3})

    assert metrics.read_whole() == ({"contacts_created": "8", "hubspot_calls": "4"}, True)
    assert metrics.read_series() == {10: 5, 20: 3}
    assert min(map(cache.ttl, (metrics.key, metrics.series_key, metrics.whole_key))) >= KEEP_SECONDS - 5


def test_a_cache_that_is_away_has_nothing_whole_and_takes_nothing(away: Metrics, log_lines: LogLines) -> None:
    away.begin()
    away.restore({"contacts_created": 8}, {10: 5})

    assert away.read_whole() == ({}, False)
    assert away.read_series() is None
    assert len(log_lines.of("CACHE_UNAVAILABLE")) == 4


def test_each_type_has_a_counter() -> None:
    assert created(ObjectType.COMPANIES) == "companies_created"
    assert len({created(kind) for kind in ObjectType}) == len(ObjectType)
