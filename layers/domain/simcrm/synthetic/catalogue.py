"""The product catalogue of a simulation: what its deals sell, as the portal's products."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simcrm.models.crm_objects import Properties
from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.companies import SegmentSampler
from simcrm.synthetic.pricing import round_list_price
from simcrm.synthetic.scenario import Offer

ANNUALLY = "annually"


class CatalogueProduct(NamedTuple):
    """A product or a service by its number, which is the index of its record key.

    ``properties`` are the portal's; ``price`` is missing if it is agreed with each customer.
    """

    number: int
    properties: Properties

    @property
    def name(self) -> str:
        """The name, as in line items."""
        return self.properties["name"]


def build_catalogue(contexts: Sequence[LocaleContext]) -> tuple[CatalogueProduct, ...]:
    """Return the products of a simulation's locales, each followed by the service that introduces it.

    Locales of one language share their products. Prices are in the simulation's currency.
    """
    by_name = {properties["name"]: properties for context in contexts for properties in _all_properties(context)}
    return tuple(CatalogueProduct(number, properties) for number, properties in enumerate(by_name.values()))


def _all_properties(context: LocaleContext) -> Iterator[Properties]:
    for sampler in context.companies.segment_samplers:
        for number, offer in enumerate(sampler.vocabulary.offers, 1):
            sku = _sku(context, sampler, number)
            yield _product(context, offer, sku)
            if offer.setup_product:
                yield _service(context, offer, f"{sku}-S")


def _sku(context: LocaleContext, sampler: SegmentSampler, number: int) -> str:
    return f"{sampler.segment.name}-{context.language.name}-{number:02d}".upper()


def _product(context: LocaleContext, offer: Offer, sku: str) -> Properties:
    properties = {
        "name": offer.product,
        "description": context.language.product_description(offer.gains[0]),
        "hs_sku": sku,
    }
    if offer.price is None:
        return properties
    if offer.price.list_price:
        properties["price"] = str(round_list_price(offer.price.list_price * context.currency.rate))
    return properties | ({"recurringbillingfrequency": ANNUALLY} if offer.price.is_subscription else {})


def _service(context: LocaleContext, offer: Offer, sku: str) -> Properties:
    description = context.language.service_description(offer.product)
    return {"name": offer.setup_product, "description": description, "hs_sku": sku}
