"""Complete translated vocabularies with what is the same in every language: prices, departments, who buys what."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simcrm.synthetic.dataclass_loader import load_dataclass
from simcrm.synthetic.scenario import Offer, Trade, Vocabulary

_ORIGINAL, _SETUP_NAME = "original", "setupName"
"""Fields of a translated offer that are none of an offer: the English product, and the name of its introduction."""


def complete_translation(raw: Mapping[str, Any], english: Vocabulary) -> Vocabulary:
    """Return a translated vocabulary with the prices, departments and buyers of the English one.

    Args:
        raw: the JSON of the translation. It may offer fewer products; each names its English ``original``.
        english: the vocabulary that was translated.
    """
    offers = [{key: offer[key] for key in offer if key not in {_ORIGINAL, _SETUP_NAME}} for offer in raw["offers"]]
    vocabulary = load_dataclass(Vocabulary, {**raw, "offers": offers})
    originals: dict[str, str] = {
        offer.product: entry[_ORIGINAL] for offer, entry in zip(vocabulary.offers, raw["offers"], strict=True)
    }
    by_product: dict[str, Offer] = {offer.product: offer for offer in english.offers}
    completed = (
        _complete_offer(offer, by_product[originals[offer.product]], entry.get(_SETUP_NAME, ""))
        for offer, entry in zip(vocabulary.offers, raw["offers"], strict=True)
    )
    trades = {
        industry: _complete_trade(trade, english.trades[industry], originals)
        for industry, trade in vocabulary.trades.items()
    }
    return replace(vocabulary, offers=tuple(completed), trades=trades)


def _complete_offer(offer: Offer, original: Offer, setup_name: str) -> Offer:
    price = None if original.price is None else replace(original.price, setup_name=setup_name)
    return replace(offer, price=price, asked_by=original.asked_by)


def _complete_trade(trade: Trade, original: Trade, originals: Mapping[str, str]) -> Trade:
    """Return a trade that buys what it buys in English, unless the translation says so itself."""
    if trade.products or not original.products:
        return trade
    bought = {product for part in (original, *original.specialties) for product in part.products}
    products = tuple(product for product, english in originals.items() if english in bought)
    return replace(trade, products=products)
