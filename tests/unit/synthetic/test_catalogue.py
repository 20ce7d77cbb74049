"""The products of a simulation, as the portal's."""

from unit.synthetic.conftest import MakeGenerator

from simcrm.models.crm_objects import ObjectType, RecordKey
from simcrm.synthetic import load_scenario
from simcrm.synthetic.pricing import Buyer, price_lines
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence


def test_every_product_has_a_number_a_sku_and_a_price(factual_generator: MakeGenerator) -> None:
    products = factual_generator("b2b-software").catalogue()

    assert [product.number for product in products] == list(range(20))
    assert products[0].properties == {
        "name": "Test Automation",
        "description": "For customers who want to release weekly without a test freeze.",
        "hs_sku": "SOFTWARE-EN-01",
        "price": "1100",
        "recurringbillingfrequency": "annually",
    }
    assert products[1].properties == {
        "name": "Test Automation onboarding",
        "description": "One-time service for Test Automation.",
        "hs_sku": "SOFTWARE-EN-01-S",
    }
    assert str(RecordKey("sim", ObjectType.PRODUCTS, products[1].number)) == "sim:product:1"


def test_names_and_skus_occur_once(factual_generator: MakeGenerator) -> None:
    products = factual_generator("B2B", "en_US", "en_GB", "de_DE").catalogue()

    assert len({product.name for product in products}) == len(products)
    assert len({product.properties["hs_sku"] for product in products}) == len(products)
    assert {"Test Automation", "Testautomatisierung"} <= {product.name for product in products}


def test_equal_simulations_have_equal_catalogues(factual_generator: MakeGenerator) -> None:
    made = factual_generator("B2B", "de_DE")

    assert made.catalogue() == made.catalogue()
    assert made.catalogue() == factual_generator.__wrapped__("B2B", "de_DE").catalogue()  # type: ignore[attr-defined]


def test_prices_are_in_the_currency_of_the_simulation(factual_generator: MakeGenerator) -> None:
    dollars = {product.name: product for product in factual_generator("B2B", "fr_FR", "ja_JP").catalogue()}
    yen = {product.name: product for product in factual_generator("B2B", "ja_JP").catalogue()}

    assert dollars["テスト自動化ツール"].properties["price"] == "1100"
    assert int(yen["テスト自動化ツール"].properties["price"]) > 100 * 1100


def test_every_line_of_a_deal_is_in_the_catalogue(factual_generator: MakeGenerator) -> None:
    names = {product.name for product in factual_generator("B2B").catalogue()}
    for segment in load_scenario("B2B").segments:
        for offer in segment.texts["en"].offers:
            rng = SeedSequence("s").stream(RandomStream.STORY, 1)
            lines = price_lines(offer, Buyer(4, 3, 1.0), 90_000, 0.0, rng)
            assert {line.product for line in lines} <= names


def test_goods_are_paid_for_once(factual_generator: MakeGenerator) -> None:
    products = {product.name: product.properties for product in factual_generator("B2C").catalogue()}

    assert products["Mattress"]["price"] == "1500"
    assert "recurringbillingfrequency" not in products["Mattress"]
    assert products["Family Fitness Membership"]["recurringbillingfrequency"] == "annually"
