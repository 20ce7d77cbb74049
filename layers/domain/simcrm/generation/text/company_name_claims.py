"""Company names and domain stems from the model, unique across all simulations."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN_PREFIX, NAME_PREFIX
from simcrm.cache.resilient_cache import CacheWithFallback, RedisClient
from simcrm.generation.text.record_text import RecordText, RecordTextResult
from simcrm.synthetic.facts import CompanyFacts, ContactFacts

_LEGAL_FORM = re.compile(
    r"[\s,]+(inc|llc|ltd|corp|gmbh|ag|plc|co|s\.?a|s\.?l|b\.?v|srl|group|holdings?)\.?$", re.IGNORECASE
)
MAX_STEM_LENGTH = 40


def domain_stem(name: str) -> str:
    """Return the domain, without its ending, for a company name; empty if the name has no Latin letters."""
    plain = unicodedata.normalize("NFKD", _LEGAL_FORM.sub("", name)).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())[:MAX_STEM_LENGTH]


def plain_name(name: str) -> str:
    """Return a company's name without its legal form."""
    return _LEGAL_FORM.sub("", name)


def company_domain(company: CompanyFacts, stem: str) -> str:
    """Return the domain of a company whose name has this stem."""
    return company.domain.replace(company.domain_stem, stem, 1)


def candidate_names(text: RecordText, facts: ContactFacts) -> Iterator[tuple[str, str]]:
    """Yield the names that the model proposes with their stems; one without Latin letters keeps the sampler's stem."""
    for name in (text.company_name, text.other_name):
        if name:
            yield name, domain_stem(name) or facts.company.domain_stem


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
    if record.text is None:
        return record
    mine = f"{simulation_id}:{record.index}"
    for name, stem in candidate_names(record.text, facts):
        key = domain_stem(name) or plain_name(name).casefold()
        owner_by_key = {DOMAIN_PREFIX + company_domain(facts.company, stem): mine, NAME_PREFIX + key: mine}
        if cache.call(partial(_claim, owner_by_key=owner_by_key), lambda: False):
            return record.model_copy(update={"company_name": name, "domain_stem": stem})
    return record


def _claim(client: RedisClient, owner_by_key: dict[str, str]) -> bool:
    """Whether the record owns all keys; a repeated claim finds its own."""
    return name_claims.claim(client, owner_by_key) == owner_by_key
