"""Price a deal: lines of a product by its price model, in quantities that fit the company, for a target amount."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import floor, log
from typing import NamedTuple

from simcrm.models.account_story import LineItem
from simcrm.synthetic.scenario import Offer, Price, PriceModel
from simcrm.synthetic.seeded_random import StreamRandom

CENTS = 100
MIN_SEATS = 3
EMPLOYEES_PER_SITE = 20
_EDITIONS = (0.6, 1.0, 1.6)
"""Prices of the editions of a product, relative to its list price."""
_YEARS = (1, 2, 3)
_UNIT_DIGITS, _TOTAL_DIGITS = 2, 3
TOLERANCE, AGREED_SHARE = 0.015, 0.06
"""How far a deal may be from its target, and how far a price may be agreed off the list; services make up the rest."""
_REMAINDER_WEIGHT = 20
"""How much more a missed target counts than a quantity that is unlike what the company expects."""
_DEFAULT_PRICE = Price(PriceModel.ONE_OFF, 0, 0.0)
"""A product without a price is sold in one line."""


class Buyer(NamedTuple):
    """Who a deal is priced for: the company's headcount, the number of users it expects, and its currency's rate."""

    employees: int
    seats: int
    rate: float


@dataclass(frozen=True, slots=True)
class _Unit:
    """One way to sell a product: the price of a unit and the discount on it in whole units of the currency."""

    price: int
    discount: int
    quantity: int

    @property
    def total(self) -> int:
        return (self.price - self.discount) * self.quantity


def price_lines(offer: Offer, buyer: Buyer, amount: float, discount: float, rng: StreamRandom) -> tuple[LineItem, ...]:
    """Return the lines of a deal whose total is within 3 % of ``amount``.

    Args:
        offer: the product that is sold.
        buyer: who buys it.
        amount: the target in US dollars, after the discount.
        discount: the discount on every line, from 0 to 1.
        rng: draws of this deal.
    """
    price = offer.price or _DEFAULT_PRICE
    target = max(1.0, amount * buyer.rate)
    has_setup = bool(price.setup_name) and rng.bernoulli(price.setup_probability)
    product_target = target * (1 - price.setup) if has_setup else target
    unit = _best_unit(price, buyer, product_target, discount, rng)
    setup = target - unit.total
    if not price.setup_name or setup < target * (TOLERANCE if has_setup else AGREED_SHARE):
        setup, unit = 0.0, _match_total(unit, target, discount)
    line = LineItem(offer.product, unit.quantity, unit.price * CENTS, unit.discount * CENTS)
    return (line, _price_setup(offer.setup_product, setup, unit)) if setup else (line,)


def _price_setup(product: str, total: float, unit: _Unit) -> LineItem:
    """Return the line of a service at the product's discount, so that it is also that of the whole deal."""
    share = unit.discount / unit.price
    listed = _round(total / (1 - share), _TOTAL_DIGITS) * CENTS
    return LineItem(product, 1, listed, round(listed * share / CENTS) * CENTS)


def round_list_price(value: float) -> int:
    """Round the price of one unit as a price list does, to two significant digits of whole units of the currency."""
    return _round(value, _UNIT_DIGITS)


def without_discount(lines: tuple[LineItem, ...]) -> tuple[LineItem, ...]:
    """Return the lines at their list prices."""
    return tuple(line._replace(discount=0) for line in lines)


def scale_first_line(lines: tuple[LineItem, ...], factor: float) -> tuple[LineItem, ...]:
    """Return the lines as they are estimated before anything is quoted: the first at another price.

    Its quantity stays, because people name the number of users before they hear a price.
    """
    first = lines[0]
    return (first._replace(unit_price=_round(first.unit_price / CENTS * factor, _TOTAL_DIGITS) * CENTS), *lines[1:])


def _best_unit(price: Price, buyer: Buyer, target: float, discount: float, rng: StreamRandom) -> _Unit:
    """Return the edition and term in which the target buys about as many units as the company expects to need."""
    if price.model is PriceModel.ONE_OFF:
        return _unit(_round(target / (1 - discount), _TOTAL_DIGITS), discount, 1)
    low, expected, high = _quantities(price.model, buyer)
    units = list(_units(price, buyer.rate, target, discount, (low, high)))
    offset = rng.randbelow(len(units))

    def misfit(unit: _Unit) -> float:
        return abs(log(unit.quantity / expected)) + _REMAINDER_WEIGHT * abs(target - unit.total) / target

    return min(units[offset:] + units[:offset], key=misfit)


def _quantities(model: PriceModel, buyer: Buyer) -> tuple[int, int, int]:
    """Return the least, the expected and the largest number of units that a company buys."""
    if model is PriceModel.SEAT:
        high = max(1, buyer.employees)
        return min(MIN_SEATS, high), max(1, min(buyer.seats, high)), high
    sites = max(1, buyer.employees // EMPLOYEES_PER_SITE)
    return 1, 1 + sites // 4, sites


def _units(price: Price, rate: float, target: float, discount: float, limits: tuple[int, int]) -> Iterator[_Unit]:
    low, high = limits
    for edition in _EDITIONS:
        for years in _YEARS:
            one = _unit(round_list_price(price.list_price * edition * rate) * years, discount, 1)
            yield replace(one, quantity=max(low, min(high, floor(target / max(1, one.total)))))


def _unit(price: int, discount: float, quantity: int) -> _Unit:
    return _Unit(price, round(price * discount), quantity)


def _match_total(unit: _Unit, target: float, discount: float) -> _Unit:
    """Return a unit at the price that makes up the target, if the list price is too far from it."""
    if abs(unit.total - target) <= target * TOLERANCE:
        return unit
    return _unit(_round(target / unit.quantity / (1 - discount), _TOTAL_DIGITS), discount, unit.quantity)


def _round(value: float, digits: int) -> int:
    """Round a price to this many significant digits, as price lists do."""
    whole = max(1, round(value))
    step = int("1" + "0" * max(0, len(str(whole)) - digits))
    return max(1, round(whole / step) * step)
