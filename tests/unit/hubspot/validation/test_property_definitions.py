"""How long definitions are used, and when they are read again."""

import pytest
import redis
from portal_in_process import LocalPortal

from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.property_rules import PropertyRule
from simcrm.hubspot.validation.value_coercion import Adjustment, coerce
from simcrm.models.crm_objects import ObjectType

CONTACTS, NOTES = ObjectType.CONTACTS, ObjectType.NOTES


class Clock:
    """Seconds that move when a test says so."""

    def __init__(self) -> None:
        self.now = 5_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def definitions(portal: LocalPortal, clock: Clock) -> PropertyDefinitionCache:
    return PropertyDefinitionCache(portal.client(), None, "portal", clock)


def reads(portal: LocalPortal, kind: ObjectType = CONTACTS) -> int:
    return sum(path.endswith(f"/{kind}") and "properties" in path for _, path in portal.calls)


def test_definitions_are_used_for_an_hour(
    definitions: PropertyDefinitionCache, portal: LocalPortal, clock: Clock
) -> None:
    for seconds, count in ((0, 1), (3_599, 1), (1, 2), (3_599, 2)):
        clock.now += seconds
        definitions.rules_for(CONTACTS)
        assert reads(portal) == count


def test_definitions_that_the_portal_contradicts_are_read_again_once_a_minute(
    definitions: PropertyDefinitionCache, portal: LocalPortal, clock: Clock
) -> None:
    definitions.rules_for(CONTACTS)
    for seconds, count in ((0, 2), (59, 2), (1, 3), (59, 3)):
        clock.now += seconds
        definitions.refresh(CONTACTS)
        assert reads(portal) == count


def test_who_cannot_wait_reads_definitions_again_at_once(
    definitions: PropertyDefinitionCache, portal: LocalPortal
) -> None:
    for count in (1, 2, 3):
        definitions.refresh(CONTACTS, 0)
        assert reads(portal) == count


def test_other_types_and_a_shared_cache_have_definitions_of_their_own(
    portal: LocalPortal, clock: Clock, cache: redis.Redis
) -> None:
    first, second = (PropertyDefinitionCache(portal.client(), cache, "portal", clock) for _ in range(2))
    rules = first.rules_for(CONTACTS)

    assert second.rules_for(CONTACTS) == rules
    assert (reads(portal), reads(portal, NOTES)) == (1, 0)
    assert first.rules_for(NOTES).pipelines == {}
    assert 3_600 - 60 < cache.ttl("portal:portal:definitions:contacts") <= 3_600
    PropertyDefinitionCache(portal.client(), cache, "another", clock).rules_for(CONTACTS)
    assert reads(portal) == 2


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("date", "1772461800000", ("2026-03-02", Adjustment.DATE_CORRECTED)),
        ("date", "1772409600000", ("2026-03-02", Adjustment.DATE_CORRECTED)),
        ("date", "1772409599999", ("2026-03-01", Adjustment.DATE_CORRECTED)),
        ("date", "2026-03-02", ("2026-03-02", None)),
        ("datetime", "2026-03-02T15:00:00+01:00", ("2026-03-02T14:00:00.000Z", Adjustment.DATE_CORRECTED)),
    ],
)
def test_milliseconds_are_read_as_the_day_they_fall_on(
    kind: str, value: str, expected: tuple[str, Adjustment | None]
) -> None:
    assert coerce(PropertyRule(name="moment", type=kind), value) == expected
