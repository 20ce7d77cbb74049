"""A company's name and domain stem by the model, unique over all simulations."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import redis

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN, NAME
from simcrm.cache.resilient_cache import SharedState
from simcrm.generation.text.record_text import Told
from simcrm.synthetic import LeadFacts

_FORM = re.compile(r"[\s,]+(inc|llc|ltd|corp|gmbh|ag|plc|co|s\.?a|s\.?l|b\.?v|srl|group|holdings?)\.?$", re.IGNORECASE)
STEM_LENGTH = 40


def stem_of(name: str) -> str:
    """What a company of this name would call its domain, without the end; empty where it has no Latin letters."""
    plain = unicodedata.normalize("NFKD", _FORM.sub("", name)).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())[:STEM_LENGTH]


def variants(name: str, facts: LeadFacts) -> Iterator[tuple[str, str]]:
    """Name and stem, then with the town, then with the index: the last one is nobody else's."""
    stem, town = stem_of(name), facts.company.place.city
    yield name, stem
    yield f"{name} {town}", stem + stem_of(town)
    yield f"{name} {facts.index}", f"{stem}{facts.index}"


def name_companies(
    shared: SharedState, simulation_id: str, told: Sequence[Told], facts_of: Mapping[int, LeadFacts]
) -> list[Told]:
    """The records with their companies' final names; where nobody can tell what is taken, the sampler's stand."""
    return [_named(shared, simulation_id, record, facts_of[record.index]) for record in told]


def _named(shared: SharedState, simulation_id: str, record: Told, facts: LeadFacts) -> Told:
    if record.words is None or not record.words.n or not stem_of(record.words.n):
        return record
    mine = f"{simulation_id}:{record.index}"
    for name, stem in variants(record.words.n, facts):
        wanted = {DOMAIN + domain_of(facts, stem): mine, NAME + stem: mine}
        if shared.ask(partial(_claim, wanted=wanted), lambda: False):
            return record.model_copy(update={"name": name, "stem": stem})
    return record


def domain_of(facts: LeadFacts, stem: str) -> str:
    """The domain of a company whose name has this stem."""
    return facts.company.domain.replace(facts.company.stem, stem, 1)


def _claim(found: redis.Redis, wanted: dict[str, str]) -> bool:
    """Whether all of it is the record's; one that comes again finds its own."""
    return name_claims.claim(found, wanted) == wanted
