import pytest
from recorders import LogLines

from simcrm.cache.iam_auth import ElastiCacheIamProvider
from simcrm.cache.redis_client import redis_client
from simcrm.core.config import CacheConfig


def config(**variables: str) -> CacheConfig:
    return CacheConfig.load(variables)


def test_without_a_url_there_is_no_cache() -> None:
    assert redis_client(config()) is None


def test_values_come_back_as_text(redis_url: str) -> None:
    cache = redis_client(config(REDIS_URL=redis_url))

    assert cache is not None
    cache.set("a", 1)
    assert cache.get("a") == "1"


def test_a_process_keeps_one_connection_for_a_configuration(redis_url: str) -> None:
    assert redis_client(config(REDIS_URL=redis_url)) is redis_client(config(REDIS_URL=redis_url))


def test_a_slow_cache_is_treated_as_absent_after_a_second(redis_url: str) -> None:
    cache = redis_client(config(REDIS_URL=redis_url))

    assert cache is not None
    arguments = cache.connection_pool.connection_kwargs
    assert (arguments["socket_timeout"], arguments["socket_connect_timeout"]) == (0.5, 0.5)
    assert arguments["retry"].get_retries() == 1


def test_connecting_calls_nobody_until_a_command_does() -> None:
    assert redis_client(config(REDIS_URL="rediss://cache.invalid:6379")) is not None


@pytest.mark.parametrize(
    ("variables", "user"),
    [({}, "default.iam-user"), ({"REDIS_IAM_USER": "simcrm"}, "simcrm")],
)
def test_a_cache_of_aws_is_asked_with_signed_credentials(variables: dict[str, str], user: str) -> None:
    cache = redis_client(config(REDIS_URL="rediss://cache.invalid:6379", REDIS_IAM_CACHE="simcrm-cache", **variables))

    assert cache is not None
    provider = cache.connection_pool.connection_kwargs["credential_provider"]
    assert isinstance(provider, ElastiCacheIamProvider)
    assert provider.get_credentials()[0] == user
    assert provider.get_credentials()[1].startswith("simcrm-cache/?")


def test_a_cache_of_ones_own_takes_what_its_url_says() -> None:
    cache = redis_client(config(REDIS_URL="redis://:pass@cache.invalid:6379/3"))

    assert cache is not None
    arguments = cache.connection_pool.connection_kwargs
    assert (arguments["credential_provider"], arguments["password"], arguments["db"]) == (None, "pass", 3)


@pytest.mark.parametrize(
    "url",
    [
        "cache.invalid:6379",
        "https://:secret-word@cache.invalid",
        "redis://:secret-word@cache.invalid:port",
        "redis://:secret-word@cache.invalid:6379?timeout=1",
        "rediss://:secret-word@cache.invalid:6379?ssl_cert_reqs=maybe",
        "redis://:secret-word@[cache.invalid",
    ],
)
def test_a_url_that_cannot_be_parsed_is_no_cache_for_a_reason_that_is_logged(url: str, log_lines: LogLines) -> None:
    assert redis_client(config(REDIS_URL=url)) is None
    assert redis_client(config(REDIS_URL=url)) is None

    (line,) = log_lines.with_event_id("CACHE_UNAVAILABLE")
    assert line["reason"] == "InvalidUrl"
    assert "secret-word" not in str(line)
