"""Check the requirements of a scenario pack beyond the types of its fields."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from itertools import chain

from simcrm.synthetic.data_files import data_names, read_data
from simcrm.synthetic.dataclass_loader import Path, StructureError, to_camel_case
from simcrm.synthetic.grammar import OTHER, Grammar, MissingFormError, requested_forms
from simcrm.synthetic.language_data import language_data, load_grammar, slot_forms, source_texts
from simcrm.synthetic.scenario import Offer, Price, ScenarioPack, ScenarioParameters, Segment, Trade, Vocabulary
from simcrm.synthetic.template_rules import root_slots, rule_errors

KINDS = ("B2B", "B2C")
_OFFER_PHRASES = ("pains", "gains", "issues", "objections", "triggers")
_PHRASES = ("events", "topics", "objections", "incumbents", "triggers", "competitors")
_SLOTS = {name: name.removesuffix("s") for name in (*_OFFER_PHRASES, *_PHRASES)}
"""The slot of each list of an offer or a vocabulary."""

_NO_INDUSTRY = "is not an option of HubSpot's company industry"
_REQUIRED = ("industries", "functions", "top_level_domains", "texts")


def check_pack(pack: ScenarioPack) -> ScenarioPack:
    """Check a pack and return it. Raises StructureError if a value is invalid."""
    if pack.kind not in KINDS:
        raise StructureError(("kind",), f"{pack.kind!r} is not one of {', '.join(KINDS)}")
    if not pack.segments and not pack.mix:
        raise StructureError(("segments",), "a pack needs segments, or a mix of other packs")
    _check_parameters(pack.parameters)
    _check_weights(pack.mix, ("mix",))
    _check_weights({segment.name: segment.weight for segment in pack.segments}, ("segments",))
    for number, segment in enumerate(pack.segments):
        _check_segment(segment, pack.kind, ("segments", number))
    return pack


def _check_parameters(parameters: ScenarioParameters) -> None:
    """Check parameters against the bounds that also apply to changes by the API."""
    # Imported here because shipped scenarios need no check, and the generator alone needs no other package.
    from pydantic import ValidationError  # noqa: PLC0415

    from simcrm.models.scenario_parameters import to_overrides  # noqa: PLC0415

    try:
        to_overrides(parameters)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        path = (to_camel_case(part) if isinstance(part, str) else part for part in problem["loc"])
        raise StructureError(("parameters", *path), problem["msg"].removeprefix("Value error, ")) from None


def _check_weights(weights: Mapping[str, int], path: Path) -> None:
    if weights and not any(weights.values()):
        raise StructureError(path, "has no weight above 0")


def _check_segment(segment: Segment, kind: str, path: Path) -> None:
    for name in _REQUIRED:
        if not getattr(segment, name):
            raise StructureError((*path, to_camel_case(name)), "must not be empty")
    for name in ("industries", "functions", "top_level_domains"):
        _check_weights(getattr(segment, name), (*path, to_camel_case(name)))
    _check_keys(segment.industries, read_data("hubspot.json")["industries"], (*path, "industries"), _NO_INDUSTRY)
    departments = language_data("en")["titles"]["functions"]
    known = f"is not a department; available: {', '.join(departments)}"
    _check_keys(segment.functions, departments, (*path, "functions"), known)
    for language, words in segment.texts.items():
        _check_vocabulary(segment, words, kind, language, (*path, "texts", language))


def _check_keys(keys: Iterable[str], known: Container[str], path: Path, reason: str) -> None:
    for key in keys:
        if key not in known:
            raise StructureError((*path, key), reason)


def _check_vocabulary(segment: Segment, vocabulary: Vocabulary, kind: str, language: str, path: Path) -> None:
    missing = [industry for industry in segment.industries if industry not in vocabulary.trades]
    if missing:
        raise StructureError((*path, "trades"), f"has nothing for {', '.join(missing)}")
    for number, offer in enumerate(vocabulary.offers):
        _check_offer(offer, vocabulary, (*path, "offers", number))
    products = [offer.product for offer in vocabulary.offers]
    for industry, trade in vocabulary.trades.items():
        _check_trade(trade, products, (*path, "trades", industry))
    _check_rules(vocabulary, kind, language, path)
    if language in data_names("languages"):
        check_grammar(vocabulary, kind, language, path)


def _check_offer(offer: Offer, vocabulary: Vocabulary, path: Path) -> None:
    incumbents, departments = vocabulary.incumbents, language_data("en")["titles"]["functions"]
    known = f"is none of the incumbents; there are: {', '.join(incumbents)}"
    _check_members(offer.replaces, incumbents, known, (*path, "replaces"))
    known = f"is no department; there are: {', '.join(departments)}"
    _check_members(offer.asked_by, departments, known, (*path, "askedBy"))
    if offer.price is not None:
        _check_price(offer.price, (*path, "price"))


def _check_price(price: Price, path: Path) -> None:
    for name in ("setup", "setup_probability"):
        value = getattr(price, name)
        if value > 1:
            raise StructureError((*path, to_camel_case(name)), f"must be from 0 to 1, is {value:g}")
    if price.is_subscription and not price.list_price:
        raise StructureError((*path, "listPrice"), f"must be above 0 for a price by {price.model}")
    if price.setup and not price.setup_name:
        raise StructureError((*path, "setup"), "needs a setupName, such as onboarding")
    if price.setup == 1:
        raise StructureError((*path, "setup"), "must leave a share for the product, is 1")


def _check_trade(trade: Trade, products: Sequence[str], path: Path) -> None:
    _check_members(trade.products, products, "is not a product of the offers", (*path, "products"))
    for number, specialty in enumerate(trade.specialties):
        _check_trade(specialty, products, (*path, "specialties", number))


def _check_members(values: Sequence[str], known: Collection[str], reason: str, path: Path) -> None:
    for number, value in enumerate(values):
        if value not in known:
            raise StructureError((*path, number), f"{value!r} {reason}")


def _check_rules(vocabulary: Vocabulary, kind: str, language: str, path: Path) -> None:
    if not vocabulary.rules:
        return
    shared, own = language_data(language), source_texts(language, kind)
    rules = {**shared["rules"], **own["rules"], **vocabulary.rules}
    for error in rule_errors(rules, root_slots(own["sourceKinds"], shared["endings"]["f"])):
        if error.rule in vocabulary.rules:
            place = (error.rule,) if error.line is None else (error.rule, error.line)
            raise StructureError((*path, "rules", *place), error.reason)


def check_grammar(vocabulary: Vocabulary, kind: str, language: str, path: Path) -> None:
    """Check that nouns have the forms that texts of their language ask for, and units their plurals.

    Raises StructureError.
    """
    grammar = load_grammar(language)
    own = chain.from_iterable(vocabulary.rules.values())
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for slot, form in slot_forms(language, kind).union(requested_forms(own)):
        asked[slot].add(form)
    for number, offer in enumerate(vocabulary.offers):
        place = (*path, "offers", number)
        _check_forms(offer.product, grammar, asked["product"], (*place, "product"))
        _check_unit(offer.unit, grammar, (*place, "unit"))
        for name in _OFFER_PHRASES:
            _check_phrases(getattr(offer, name), grammar, asked[_SLOTS[name]], (*place, name))
    for name in _PHRASES:
        _check_phrases(getattr(vocabulary, name), grammar, asked[_SLOTS[name]], (*path, name))


def _check_phrases(phrases: Iterable[str], grammar: Grammar, forms: Iterable[str], path: Path) -> None:
    for number, phrase in enumerate(phrases):
        _check_forms(phrase, grammar, forms, (*path, number))


def _check_forms(phrase: str, grammar: Grammar, forms: Iterable[str], path: Path) -> None:
    try:
        for form in sorted(forms):
            grammar.inflect(form, phrase)
    except MissingFormError as error:
        raise StructureError(path, str(error)) from None


def _check_unit(unit: Mapping[str, str], grammar: Grammar, path: Path) -> None:
    if not unit:
        return
    categories = grammar.plural_categories
    _check_keys(unit, categories, path, f"is no plural category of the language; there are: {', '.join(categories)}")
    for category in categories:
        if category not in unit:
            known = ", ".join(map(repr, unit.values()))
            number = "several are" if category == OTHER else "one is"
            raise StructureError((*path, category), f"required form is missing: what {number} called, beside {known}")
