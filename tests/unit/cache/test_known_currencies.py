import pytest
import redis

from simcrm.cache.known_currencies import recall_currencies, remember_currencies
from simcrm.models.run_currency import PortalCurrencies


@pytest.mark.parametrize("currencies", [PortalCurrencies("EUR"), PortalCurrencies("CHF", ("EUR", "USD"))])
def test_the_latest_currencies_are_remembered_for_a_month(cache: redis.Redis, currencies: PortalCurrencies) -> None:
    assert recall_currencies(cache) is None

    remember_currencies(cache, PortalCurrencies("GBP"))
    remember_currencies(cache, currencies)

    assert recall_currencies(cache) == currencies
    assert 29 * 86_400 < cache.ttl("portal:currencies") <= 30 * 86_400


def test_without_a_cache_no_currency_is_known(absent_redis_url: str) -> None:
    for cache in (None, redis.Redis.from_url(absent_redis_url, decode_responses=True)):
        remember_currencies(cache, PortalCurrencies("EUR"))

        assert recall_currencies(cache) is None
