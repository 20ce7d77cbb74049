"""One registry of the portal's names: who was first, for how long, and how they become free."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from builders import planned_object

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN_PREFIX, EMAIL_PREFIX, NAME_PREFIX, RENEW_SECONDS, TTL_SECONDS
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.generation.text.company_name_claims import claim_company_names, company_domain
from simcrm.generation.text.record_text import RecordTextResult, TextProvenance
from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic import AccountGenerator, ContactFacts, GenerationSettings
from simcrm.writing.property_changes import AddressClaims, suffixed_domain

FIRST, SECOND = "sim-one", "sim-two"


@pytest.fixture
def facts() -> ContactFacts:
    return AccountGenerator(GenerationSettings(seed="seed", scenario="B2B")).facts(0)


def named_result(cache: redis.Redis, simulation: str, facts: ContactFacts) -> RecordTextResult:
    """A record whose model calls its company Acme Ledger."""
    words: Any = {"n": "Acme Ledger Inc"}
    results = RecordTextResult.model_validate({"index": 0, "origin": TextProvenance(method="ai"), "words": words})
    (found,) = claim_company_names(CacheWithFallback(cache), simulation, [results], {0: facts})
    return found


def keys(cache: redis.Redis) -> Iterator[str]:
    yield from cache.scan_iter("claim*")


def test_the_domain_of_a_name_that_a_model_chose_is_claimed_for_the_writer_too(
    cache: redis.Redis, facts: ContactFacts
) -> None:
    domain = company_domain(facts.company, str(named_result(cache, FIRST, facts).domain_stem))

    def written(simulation: str) -> str:
        company = planned_object(ObjectType.COMPANIES, domain=domain, simcrm_simulation_id=simulation)
        return AddressClaims(cache).claim([company])[0].properties["domain"]

    assert (written(FIRST), written(SECOND)) == (domain, suffixed_domain(domain, SECOND))


def test_a_domain_that_a_writer_has_claimed_is_no_name_for_a_model(cache: redis.Redis, facts: ContactFacts) -> None:
    name_claims.claim(cache, {DOMAIN_PREFIX + company_domain(facts.company, "acmeledger"): FIRST})

    assert named_result(cache, SECOND, facts).domain_stem != "acmeledger"


def test_a_record_that_comes_again_finds_its_own_name(cache: redis.Redis, facts: ContactFacts) -> None:
    assert named_result(cache, FIRST, facts) == named_result(cache, FIRST, facts)


def test_a_release_frees_all_names_of_one_simulation_and_no_other(cache: redis.Redis, facts: ContactFacts) -> None:
    stem = named_result(cache, FIRST, facts).domain_stem
    wanted = {f"{kind}{number}": FIRST for kind in (NAME_PREFIX, DOMAIN_PREFIX, EMAIL_PREFIX) for number in range(600)}
    name_claims.claim(cache, wanted)
    name_claims.claim(cache, {DOMAIN_PREFIX + "other": SECOND, NAME_PREFIX + "other": f"{FIRST}er:3"})

    AddressClaims(cache).release(FIRST)

    assert named_result(cache, SECOND, facts).domain_stem == stem
    assert name_claims.owners(cache, wanted) == {}
    assert name_claims.owners(cache, [DOMAIN_PREFIX + "other", NAME_PREFIX + "other"]) == {
        DOMAIN_PREFIX + "other": SECOND,
        NAME_PREFIX + "other": f"{FIRST}er:3",
    }


def test_all_names_are_kept_for_the_same_time(cache: redis.Redis, facts: ContactFacts) -> None:
    named_result(cache, FIRST, facts)
    name_claims.claim(cache, {EMAIL_PREFIX + "ada@mail.test": FIRST})

    lifetimes = {cache.ttl(key) for key in keys(cache)}
    assert len(list(keys(cache))) == 4
    assert all(TTL_SECONDS - 60 < left <= TTL_SECONDS for left in lifetimes)


def test_a_run_that_lives_keeps_its_names_and_leaves_others_as_they_are(cache: redis.Redis) -> None:
    name_claims.claim(cache, {DOMAIN_PREFIX + "theirs": SECOND})
    name_claims.claim(
        cache, {f"{EMAIL_PREFIX}{number}": FIRST for number in range(600)} | {DOMAIN_PREFIX + "theirs": FIRST}
    )
    for key in keys(cache):
        cache.expire(key, 60)

    name_claims.renew(cache, FIRST)

    kept = {key for key in keys(cache) if cache.ttl(key) > TTL_SECONDS - 60}
    assert kept == {f"{EMAIL_PREFIX}{number}" for number in range(600)} | {f"claims:{FIRST}"}


def test_names_are_gone_through_once_a_month(cache: redis.Redis) -> None:
    name_claims.claim(cache, {EMAIL_PREFIX + "ada": FIRST})
    name_claims.renew(cache, FIRST)
    cache.expire(EMAIL_PREFIX + "ada", 60)

    name_claims.renew(cache, FIRST)

    assert cache.ttl(EMAIL_PREFIX + "ada") <= 60
    assert 28 * 86_400 < cache.ttl(f"claims:{FIRST}:renewed") <= RENEW_SECONDS


def test_nothing_of_a_simulation_is_left_by_a_release(cache: redis.Redis) -> None:
    name_claims.claim(cache, {EMAIL_PREFIX + "ada": FIRST})
    name_claims.renew(cache, FIRST)

    name_claims.release(cache, FIRST)

    assert list(keys(cache)) == []
