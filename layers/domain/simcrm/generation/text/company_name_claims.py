"""Company names and domain stems from the model, unique across all simulations."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN_PREFIX, NAME_PREFIX
from simcrm.cache.resilient_cache import CacheWithFallback, RedisClient
from simcrm.generation.text.apply_text import company_domain
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.synthetic.facts import ContactFacts

_LEGAL_FORM = re.compile(
    r"[\s,]+(inc|llc|ltd|corp|gmbh|ag|plc|co|s\.?a|s\.?l|b\.?v|srl|group|holdings?)\.?$", re.IGNORECASE
)
MAX_STEM_LENGTH = 40


def domain_stem(name: str) -> str:
    """Return the domain, without its ending, for a company name; empty if the name has no Latin letters."""
    plain = unicodedata.normalize("NFKD", _LEGAL_FORM.sub("", name)).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())[:MAX_STEM_LENGTH]


def candidate_names(name: str, facts: ContactFacts) -> Iterator[tuple[str, str]]:
    """Yield name and stem: plain, with the town, then with the index; the last is always unique."""
    stem, town = domain_stem(name), facts.company.place.city
    yield name, stem
    yield f"{name} {town}", stem + domain_stem(town)
    yield f"{name} {facts.index}", f"{stem}{facts.index}"


def claim_company_names(
    cache: CacheWithFallback,
    simulation_id: str,
    results: Sequence[RecordTextResult],
    facts_by_index: Mapping[int, ContactFacts],
) -> list[RecordTextResult]:
    """Return the records with final company names; the sampler's names stay if it is unknown which are taken."""
    return [_claim_name(cache, simulation_id, record, facts_by_index[record.index]) for record in results]


def _claim_name(
    cache: CacheWithFallback, simulation_id: str, record: RecordTextResult, facts: ContactFacts
) -> RecordTextResult:
    if record.text is None or not record.text.company_name or not domain_stem(record.text.company_name):
        return record
    mine = f"{simulation_id}:{record.index}"
    for name, stem in candidate_names(record.text.company_name, facts):
        owner_by_key = {DOMAIN_PREFIX + company_domain(facts.company, stem): mine, NAME_PREFIX + stem: mine}
        if cache.call(partial(_claim, owner_by_key=owner_by_key), lambda: False):
            return record.model_copy(update={"company_name": name, "domain_stem": stem})
    return record


def _claim(client: RedisClient, owner_by_key: dict[str, str]) -> bool:
    """Whether the record owns all keys; a repeated claim finds its own."""
    return name_claims.claim(client, owner_by_key) == owner_by_key
