"""Prices of deals: quantities that fit the company, totals that meet the target, and what a deal goes through."""

from math import exp

import pytest

from simcrm.models.account_story import LineItem
from simcrm.synthetic import load_scenario
from simcrm.synthetic.grammar import Noun
from simcrm.synthetic.pricing import CENTS, Buyer, price_lines, scale_first_line, without_discount
from simcrm.synthetic.scenario import Offer, Price, PriceModel
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom

SEED = SeedSequence("prices")
BUSINESS = ("b2b-software", "b2b-manufacturing", "b2b-consulting", "b2b-healthcare", "b2b-finance")
OFFERS = [
    offer
    for name in (*BUSINESS, "b2c-retail", "b2c-travel", "b2c-subscriptions")
    for segment in load_scenario(name).segments
    for offer in segment.texts["en"].offers
]
STAFF = (6, 12, 60, 110, 250, 1_800)
SETUP = Price(PriceModel.SEAT, 900, 0.2, 1.0, "onboarding")


def rng(number: int = 0) -> StreamRandom:
    return SEED.stream(RandomStream.STORY, number)


def offer(price: Price | None) -> Offer:
    return Offer(Noun("Scale"), ("p",), ("g",), ("i",), price)


def total(lines: tuple[LineItem, ...]) -> float:
    return sum(line.total for line in lines) / CENTS


def deals(offer: Offer) -> list[tuple[Buyer, float, float, tuple[LineItem, ...]]]:
    """Deals of an offer with companies of all sizes, for amounts that grow with them, in three currencies."""
    found = []
    for number in range(120):
        staff, discount = STAFF[number % 6], (0.0, 0.08, 0.2)[number % 3]
        amount = exp(10.5 + 0.55 * (number % 6 - 3) + 0.7 * rng(number).normal())
        buyer = Buyer(
            staff, max(3, round(staff * (0.05 + 0.5 * rng(number).uniform()))), (1.0, 0.92, 150.0)[number % 3]
        )
        found.append((buyer, amount, discount, price_lines(offer, buyer, amount, discount, rng(number))))
    return found


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.product)
def test_the_lines_of_every_product_add_up_to_the_target(offer: Offer) -> None:
    for buyer, amount, _, lines in deals(offer):
        assert total(lines) == pytest.approx(amount * buyer.rate, rel=0.03)
        assert [line.product for line in lines] == [offer.product, offer.setup_product][: len(lines)]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.product)
def test_quantities_fit_the_company(offer: Offer) -> None:
    assert offer.price is not None
    for buyer, _, _, lines in deals(offer):
        quantity = lines[0].quantity
        if offer.price.model is PriceModel.SEAT:
            assert 3 <= quantity <= buyer.employees
        elif offer.price.model is PriceModel.SITE:
            assert 1 <= quantity <= max(1, buyer.employees // 20)
        else:
            assert quantity == 1


@pytest.mark.parametrize("name", BUSINESS)
def test_a_median_deal_sells_about_as_many_seats_as_a_company_of_middle_size_needs(name: str) -> None:
    scenario = load_scenario(name)
    amount = exp(scenario.parameters.amount_mu)
    for one in scenario.segments[0].texts["en"].offers:
        if one.price is not None and one.price.model is PriceModel.SEAT:
            lines = price_lines(one, Buyer(120, 22, 1.0), amount, 0.0, rng())
            assert 10 <= lines[0].quantity <= 60, one.product


def test_a_discount_is_in_whole_units_and_as_large_on_each_line_as_on_the_deal() -> None:
    for _, _, discount, lines in deals(offer(SETUP)):
        assert all(line.discount % CENTS == 0 for line in lines)
        assert lines[0].discount / CENTS == pytest.approx(lines[0].unit_price / CENTS * discount, abs=0.5)
        shares = [round(100 * line.discount / line.unit_price) for line in lines]
        shares.append(round(100 * (1 - total(lines) / total(without_discount(lines)))))
        assert max(shares) - min(shares) <= 1


def test_a_deal_has_the_same_lines_when_it_is_estimated_quoted_and_signed() -> None:
    for _, _, _, signed in deals(offer(SETUP)):
        listed = without_discount(signed)
        estimate = scale_first_line(listed, 1.15)
        for lines in (listed, estimate):
            assert [line.product for line in lines] == [line.product for line in signed]
            assert [line.quantity for line in lines] == [line.quantity for line in signed]
            assert lines[1:] == without_discount(signed)[1:]
        assert total(listed) >= total(signed)
        assert total(estimate) >= total(listed)


def test_a_setup_takes_about_its_share_and_comes_as_often_as_it_says() -> None:
    never, always = (offer(Price(PriceModel.ONE_OFF, 0, 0.2, often, "fitting")) for often in (0.0, 1.0))

    assert all(len(lines) == 1 for _, _, _, lines in deals(never))
    for _, _, _, lines in deals(always):
        assert lines[1].total / CENTS == pytest.approx(0.2 * total(lines), rel=0.05)


def test_services_make_up_what_a_small_company_cannot_use() -> None:
    product, service = price_lines(offer(SETUP), Buyer(5, 3, 1.0), 90_000, 0.0, rng())

    assert product.quantity == 5
    assert service.total > product.total


def test_a_small_deal_has_three_seats_at_a_price_that_was_agreed() -> None:
    (line,) = price_lines(offer(SETUP), Buyer(60, 10, 1.0), 1_200, 0.0, rng())

    assert (line.quantity, line.unit_price) == (3, 400 * CENTS)


def test_a_product_without_a_price_is_sold_in_one_line() -> None:
    assert price_lines(offer(None), Buyer(60, 10, 1.0), 36_315, 0.0, rng()) == (LineItem("Scale", 1, 36_300 * CENTS),)
