"""One registry of the portal's names: who was first, for how long, and how they become free."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from builders import planned_object

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN, EMAIL, KEEP_SECONDS, NAME, RENEW_SECONDS
from simcrm.cache.resilient_cache import SharedState
from simcrm.generation.text.company_name_claims import domain_of, name_companies
from simcrm.generation.text.record_text import Origin, Told
from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic import GenerationSettings, LeadFacts, SyntheticGenerator
from simcrm.writing.address_claims import Claims, variant

FIRST, SECOND = "sim-one", "sim-two"


@pytest.fixture
def facts() -> LeadFacts:
    return SyntheticGenerator(GenerationSettings(seed="seed", scenario="B2B")).facts(0)


def named(cache: redis.Redis, simulation: str, facts: LeadFacts) -> Told:
    """A record whose model calls its company Acme Ledger."""
    words: Any = {"n": "Acme Ledger Inc"}
    told = Told.model_validate({"index": 0, "origin": Origin(method="ai"), "words": words})
    (found,) = name_companies(SharedState(cache), simulation, [told], {0: facts})
    return found


def keys(cache: redis.Redis) -> Iterator[str]:
    yield from cache.scan_iter("claim*")


def test_the_domain_of_a_name_that_a_model_chose_is_claimed_for_the_writer_too(
    cache: redis.Redis, facts: LeadFacts
) -> None:
    domain = domain_of(facts, str(named(cache, FIRST, facts).stem))

    def written(simulation: str) -> str:
        company = planned_object(ObjectType.COMPANIES, domain=domain, simcrm_simulation_id=simulation)
        return Claims(cache).settle([company])[0].properties["domain"]

    assert (written(FIRST), written(SECOND)) == (domain, variant(domain, SECOND))


def test_a_domain_that_a_writer_has_claimed_is_no_name_for_a_model(cache: redis.Redis, facts: LeadFacts) -> None:
    name_claims.claim(cache, {DOMAIN + domain_of(facts, "acmeledger"): FIRST})

    assert named(cache, SECOND, facts).stem != "acmeledger"


def test_a_record_that_comes_again_finds_its_own_name(cache: redis.Redis, facts: LeadFacts) -> None:
    assert named(cache, FIRST, facts) == named(cache, FIRST, facts)


def test_a_release_frees_all_names_of_one_simulation_and_no_other(cache: redis.Redis, facts: LeadFacts) -> None:
    stem = named(cache, FIRST, facts).stem
    wanted = {f"{kind}{number}": FIRST for kind in (NAME, DOMAIN, EMAIL) for number in range(600)}
    name_claims.claim(cache, wanted)
    name_claims.claim(cache, {DOMAIN + "other": SECOND, NAME + "other": f"{FIRST}er:3"})

    Claims(cache).release(FIRST)

    assert named(cache, SECOND, facts).stem == stem
    assert name_claims.owners(cache, wanted) == {}
    assert name_claims.owners(cache, [DOMAIN + "other", NAME + "other"]) == {
        DOMAIN + "other": SECOND,
        NAME + "other": f"{FIRST}er:3",
    }


def test_all_names_are_kept_for_the_same_time(cache: redis.Redis, facts: LeadFacts) -> None:
    named(cache, FIRST, facts)
    name_claims.claim(cache, {EMAIL + "ada@mail.test": FIRST})

    lifetimes = {cache.ttl(key) for key in keys(cache)}
    assert len(list(keys(cache))) == 4
    assert all(KEEP_SECONDS - 60 < left <= KEEP_SECONDS for left in lifetimes)


def test_a_run_that_lives_keeps_its_names_and_leaves_others_as_they_are(cache: redis.Redis) -> None:
    name_claims.claim(cache, {DOMAIN + "theirs": SECOND})
    name_claims.claim(cache, {f"{EMAIL}{number}": FIRST for number in range(600)} | {DOMAIN + "theirs": FIRST})
    for key in keys(cache):
        cache.expire(key, 60)

    name_claims.renew(cache, FIRST)

    kept = {key for key in keys(cache) if cache.ttl(key) > KEEP_SECONDS - 60}
    assert kept == {f"{EMAIL}{number}" for number in range(600)} | {f"claims:{FIRST}"}


def test_names_are_gone_through_once_a_month(cache: redis.Redis) -> None:
    name_claims.claim(cache, {EMAIL + "ada": FIRST})
    name_claims.renew(cache, FIRST)
    cache.expire(EMAIL + "ada", 60)

    name_claims.renew(cache, FIRST)

    assert cache.ttl(EMAIL + "ada") <= 60
    assert 28 * 86_400 < cache.ttl(f"claims:{FIRST}:renewed") <= RENEW_SECONDS


def test_nothing_of_a_simulation_is_left_by_a_release(cache: redis.Redis) -> None:
    name_claims.claim(cache, {EMAIL + "ada": FIRST})
    name_claims.renew(cache, FIRST)

    name_claims.release(cache, FIRST)

    assert list(keys(cache)) == []
