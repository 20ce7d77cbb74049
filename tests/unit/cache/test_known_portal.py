import pytest
import redis

from simcrm.cache.known_portal import recall_portal, remember_portal
from simcrm.models.crm_objects import ObjectType
from simcrm.models.portal_snapshot import PortalSnapshot
from simcrm.models.run_currency import PortalCurrencies


@pytest.mark.parametrize(
    "snapshot",
    [
        PortalSnapshot(),
        PortalSnapshot(currencies=PortalCurrencies("CHF", ("EUR", "USD"))),
        PortalSnapshot(omitted_types={ObjectType.LINE_ITEMS: ("crm.objects.line_items.write",)}, omitted_labels=()),
    ],
)
def test_the_latest_snapshot_is_remembered_for_a_month(cache: redis.Redis, snapshot: PortalSnapshot) -> None:
    assert recall_portal(cache) == PortalSnapshot()

    remember_portal(cache, PortalSnapshot(currencies=PortalCurrencies("GBP"), omitted_labels=("a scope",)))
    remember_portal(cache, snapshot)

    assert recall_portal(cache) == snapshot
    assert 29 * 86_400 < cache.ttl("portal:snapshot") <= 30 * 86_400


def test_without_a_cache_nothing_is_known(absent_redis_url: str) -> None:
    for cache in (None, redis.Redis.from_url(absent_redis_url, decode_responses=True)):
        remember_portal(cache, PortalSnapshot(currencies=PortalCurrencies("EUR")))

        assert recall_portal(cache) == PortalSnapshot()
