from collections.abc import Iterator

import pytest
import redis

from simcrm.cache.response_cache import ResponseCache
from simcrm.core.json_types import JsonObject


@pytest.fixture
def numbers() -> Iterator[JsonObject]:
    """Answers of which each is another."""
    return ({"number": number} for number in range(10))


def test_a_question_is_asked_once_within_its_seconds(cache: redis.Redis, numbers: Iterator[JsonObject]) -> None:
    kept = ResponseCache(cache)

    assert [kept.get_or_compute("one", 60, lambda: next(numbers)) for _ in range(3)] == [{"number": 0}] * 3
    assert kept.get_or_compute("other", 60, lambda: next(numbers)) == {"number": 1}
    assert 0 < cache.ttl("answer:one") <= 60


def test_what_was_forgotten_is_asked_again(cache: redis.Redis, numbers: Iterator[JsonObject]) -> None:
    kept = ResponseCache(cache)
    kept.get_or_compute("one", 60, lambda: next(numbers))

    kept.delete("one")

    assert kept.get_or_compute("one", 60, lambda: next(numbers)) == {"number": 1}


def test_without_a_cache_every_question_is_asked(absent_redis_url: str, numbers: Iterator[JsonObject]) -> None:
    away = redis.Redis.from_url(absent_redis_url, decode_responses=True)

    for kept in (ResponseCache(None), ResponseCache(away)):
        first, second = (kept.get_or_compute("one", 60, lambda: next(numbers)) for _ in range(2))
        assert first != second
        kept.delete("one")
