"""A cache as AWS has it: cluster mode, TLS, and a password that IAM signs and that is soon no longer good."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
import redis
from pytest_socket import enable_socket, socket_allow_hosts
from recorders import LogLines
from tls_terminator import LOOPBACK, Door, tls_before

from simcrm.cache.iam_auth import ElastiCacheIamProvider
from simcrm.cache.redis_client import redis_client
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import CacheConfig
from simcrm.hubspot.rate_limit.budgets import CallOutcome, RateLimitBucket, RateLimitHeaders, RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm.llm.rate_limit.cost_budget import CostBudget

USER = "simcrm-user"
NAME = "simcrm-cache"
pytestmark = pytest.mark.parametrize("redis_kind", ["cluster"])
FORBIDDEN = ("keys", "monitor", "object", "memory", "slowlog", "wait", "swapdb", "move", "psubscribe", "config")


def _ask(server: redis.Redis, *words: str) -> None:
    execute: Any = server.execute_command
    execute(*words)


class Guarded:
    """A server that knows one password at a time: the one that is signed for the moment."""

    def __init__(self, server: redis.Redis, moments: list[datetime]) -> None:
        self._ask, self._moments = partial(_ask, server), moments
        denied = [f"-{name}" for name in FORBIDDEN]
        self._ask("ACL", "SETUSER", USER, "reset", "on", "~*", "+@all", *denied)
        self.accept_only_todays()

    def accept_only_todays(self) -> None:
        """Take the password of this moment and none of an earlier one."""
        _, password = ElastiCacheIamProvider(user=USER, cache=NAME).get_credentials()
        self._ask("ACL", "SETUSER", USER, "resetpass", f">{password}")

    def let_time_pass(self) -> None:
        """A quarter of an hour later another password is good; connections stay."""
        self._moments.append(self._moments[-1] + timedelta(minutes=16))
        self.accept_only_todays()

    def drop_connections(self) -> None:
        """End all sessions of the user, as AWS does twelve hours after they began."""
        self._ask("CLIENT", "KILL", "USER", USER)


@pytest.fixture
def door(redis_url: str, tmp_path: Path) -> Iterator[Door]:
    enable_socket()
    socket_allow_hosts([LOOPBACK], allow_unix_socket=True)
    with tls_before(Path(redis_url.removeprefix("unix://")), tmp_path) as door:
        yield door


@pytest.fixture
def guarded(cache: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    moments = [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moments[-1].replace(tzinfo=None))
    yield Guarded(cache, moments)
    _ask(cache, "ACL", "DELUSER", USER)


@pytest.fixture
def found(door: Door, guarded: Guarded) -> redis.Redis:
    """The cache as a function finds it."""
    assert guarded
    url = f"rediss://{LOOPBACK}:{door.port}?ssl_ca_certs={door.certificate}"
    cache = redis_client(CacheConfig.load({"REDIS_URL": url, "REDIS_IAM_CACHE": NAME, "REDIS_IAM_USER": USER}))
    assert cache is not None
    return cache


def test_a_connection_that_broke_is_made_again_with_a_new_password(
    found: redis.Redis, guarded: Guarded, log_lines: LogLines
) -> None:
    counters = RunCounters(found, "sim-test")
    counters.mark_started()
    counters.add({"contacts_created": 2})

    guarded.let_time_pass()
    guarded.drop_connections()
    counters.add({"contacts_created": 3})

    assert counters.read_with_completeness() == ({"contacts_created": "5"}, True)
    assert log_lines.with_event_id("CACHE_UNAVAILABLE") == []


def test_limits_and_money_stay_shared_when_connections_break(
    found: redis.Redis, guarded: Guarded, log_lines: LogLines
) -> None:
    limiter, budget = (
        HubSpotRateLimiter(found, RateLimits(standard=9)),
        CostBudget(CacheWithFallback(found), "sim-test", 100),
    )
    for _ in range(3):
        guarded.let_time_pass()
        guarded.drop_connections()
        limiter.release(limiter.acquire(RateLimitBucket.STANDARD), CallOutcome.OK, RateLimitHeaders(), None)
        assert budget.reserve(30)
        guarded.drop_connections()
        budget.settle(30, 30)

    assert budget.reserve(11) is False
    assert log_lines.with_event_id("LIMITS_LOCAL") == log_lines.with_event_id("CACHE_UNAVAILABLE") == []


def test_a_password_that_is_no_longer_good_leaves_the_cache_absent(
    found: redis.Redis, guarded: Guarded, cache: redis.Redis, log_lines: LogLines
) -> None:
    _ask(cache, "ACL", "SETUSER", USER, "resetpass", ">another")
    guarded.drop_connections()

    RunCounters(found, "sim-test").add({"contacts_created": 1})

    (line,) = log_lines.with_event_id("CACHE_UNAVAILABLE")
    assert line["reason"] == "AuthenticationError"
