"""The currency of a run: that of its locales, or the portal's home currency where the portal does not have it."""

import json
from decimal import Decimal
from pathlib import Path
from statistics import median

import pytest
from builders import DAY, START, plan
from unit.synthetic.conftest import Run

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.text.account_checker import AccountChecker
from simcrm.models.crm_objects import ObjectType
from simcrm.models.run_currency import PortalCurrencies, RunCurrency
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic import locale_names
from simcrm.synthetic.exchange_rates import exchange_rates, resolve_currency
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.text_formats import TextFormats

DATA = Path(__file__).parents[3] / "layers" / "domain" / "simcrm" / "synthetic" / "data"
END = START + 180 * DAY
UNKNOWN = "XAU"
LANGUAGES = sorted({load_locale(name).language for name in locale_names()})


def resolved(locales: tuple[str, ...], portal: PortalCurrencies | None) -> tuple[str, str | None, bool | None]:
    found = resolve_currency(locales, portal)
    assert found.rate == exchange_rates()[found.code]
    return found.code, found.original, found.available


@pytest.mark.parametrize(
    ("locales", "portal", "expected"),
    [
        (("de_DE",), None, ("EUR", None, None)),
        (("de_DE", "fr_FR"), None, ("EUR", None, None)),
        (("de_DE", "en_US"), None, ("USD", None, None)),
        (("de_DE",), PortalCurrencies("EUR"), ("EUR", None, True)),
        (("de_DE",), PortalCurrencies("USD", ("EUR", "GBP")), ("EUR", None, True)),
        (("de_DE",), PortalCurrencies("CHF", ("GBP",)), ("CHF", "EUR", True)),
        (("ja_JP", "en_GB"), PortalCurrencies("JPY", ("GBP",)), ("JPY", "USD", True)),
        (("de_DE",), PortalCurrencies(UNKNOWN), ("EUR", None, False)),
        (("de_DE",), PortalCurrencies(UNKNOWN, ("EUR",)), ("EUR", None, True)),
    ],
    ids=str,
)
def test_the_currency_is_one_that_the_portal_has(
    locales: tuple[str, ...], portal: PortalCurrencies | None, expected: tuple[str, str | None, bool | None]
) -> None:
    assert resolved(locales, portal) == expected


def test_there_is_one_table_with_its_year_and_its_source() -> None:
    table = json.loads((DATA / "exchange_rates.json").read_text(encoding="utf-8"))

    assert table["perUsDollar"]["USD"] == 1
    assert {load_locale(name).currency for name in locale_names()} <= table["perUsDollar"].keys()
    assert resolve_currency(["en_US"]).year == table["year"] == 2025
    assert table["source"]
    holding = [path.name for path in DATA.rglob("*.json") if "Rate" in path.read_text(encoding="utf-8")]
    assert [name for name in holding if name == "locale.json"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_currency_has_a_format_that_is_found_again(language: str) -> None:
    words = load_language(language, "B2B")
    formats = TextFormats(words)

    for code in exchange_rates():
        (found,) = formats.amounts(f"({words.money(12_500, code)})")
        assert (found.currency, found.value) == (code, Decimal(12_500))


@pytest.mark.parametrize(
    ("language", "written"), [("en", "CHF 12,500"), ("de", "12.500 CHF"), ("pt", "CHF 12.500"), ("ja", "12,500 CHF")]
)
def test_a_currency_without_a_symbol_is_written_with_its_code(language: str, written: str) -> None:
    assert load_language(language, "B2B").money(12_500, "CHF") == written


def test_words_that_look_like_codes_are_no_amounts() -> None:
    formats = TextFormats(load_language("en", "B2B"))

    assert list(formats.amounts("We try 3 of the top 10, all 12 of them; STOP 5.")) == []
    assert [found.currency for found in formats.amounts("TRY 3")] == ["TRY"]


def made(locale: str, portal: PortalCurrencies | None, scenario: str = "B2B") -> Run:
    """Half a year of accounts in a portal with these currencies."""
    planned = plan(
        run_start=END,
        currencies=portal,
        locale=locale,
        scenario=scenario,
        totalRecords=120,
        seed="7",
        startTime=to_iso_utc(START),
        endTime=to_iso_utc(END),
    )
    return Run(AccountHistories.from_plan(planned))


def codes(run: Run, kind: ObjectType, name: str) -> set[str | None]:
    return {item.properties.get(name) for item in run.of_type(kind)}


@pytest.mark.parametrize(
    ("portal", "deal_code", "line_code"),
    [
        (None, None, "EUR"),
        (PortalCurrencies("EUR"), "EUR", "EUR"),
        (PortalCurrencies("USD", ("EUR",)), "EUR", "EUR"),
        (PortalCurrencies("USD"), "USD", "USD"),
        (PortalCurrencies(UNKNOWN), None, None),
    ],
    ids=str,
)
def test_deals_and_line_items_name_a_currency_only_if_the_portal_has_it(
    portal: PortalCurrencies | None, deal_code: str | None, line_code: str | None
) -> None:
    run = made("de_DE", portal)

    assert codes(run, ObjectType.DEALS, "deal_currency_code") == {deal_code}
    assert codes(run, ObjectType.LINE_ITEMS, "hs_line_item_currency_code") == {line_code}


def amounts(run: Run) -> list[float]:
    return [float(item.properties["amount"]) for item in run.of_type(ObjectType.DEALS)]


def sold(run: Run) -> float:
    lines = [item.properties for item in run.of_type(ObjectType.LINE_ITEMS)]
    return sum(float(line["price"]) * int(line["quantity"]) for line in lines)


def test_everything_is_in_the_same_currency() -> None:
    """Deals, prices of lines and products, and the revenue of companies are worth as much in yen as in dollars."""
    yen, dollars = made("en_US", PortalCurrencies("JPY")), made("en_US", PortalCurrencies("USD"))
    rate = exchange_rates()["JPY"]
    prices = [
        {product.name: float(product.properties["price"]) for product in run.histories.generator.catalogue()
         if "price" in product.properties}
        for run in (yen, dollars)
    ]  # fmt: skip

    for amount, in_dollars in zip(amounts(yen), amounts(dollars), strict=True):
        assert amount == pytest.approx(rate * in_dollars, rel=0.2)  # an estimate may count other units
    assert sold(yen) == pytest.approx(rate * sold(dollars), rel=0.02)
    assert prices[0].keys() == prices[1].keys()
    assert all(prices[0][name] == pytest.approx(rate * prices[1][name], rel=0.06) for name in prices[1])
    for one, other in zip(yen.records, dollars.records, strict=True):
        revenues = [float(record.company["annualrevenue"]) for record in (one, other)]
        assert revenues[0] == pytest.approx(rate * revenues[1], rel=0.11)
        assert one.company["name"] == other.company["name"]


def test_prices_and_revenues_are_round_in_the_currency_that_they_are_converted_to() -> None:
    run = made("de_DE", PortalCurrencies("SEK"))

    for product in run.histories.generator.catalogue():
        assert len(product.properties.get("price", "1").rstrip("0")) <= 2, product.properties
    assert all(len(record.company["annualrevenue"].rstrip("0")) <= 2 for record in run.records)


@pytest.mark.parametrize(
    ("locale", "home"), [("en_US", "CHF"), ("de_DE", "PLN"), ("ja_JP", "BHD"), ("pt_BR", "USD"), ("fr_FR", UNKNOWN)]
)
def test_texts_say_the_amounts_that_the_properties_hold_in_any_currency(locale: str, home: str) -> None:
    run = made(locale, PortalCurrencies(home))
    checker = AccountChecker(run.histories)
    texts = [text for number in range(run.histories.arrivals.count) for text in checker.judge(number)]

    assert [(finding.excerpt, text.text) for text in texts for finding in text.findings] == []
    language, currency = run.histories.generator.locale_contexts[0].language, run.histories.plan.currency
    assert currency is not None
    formats = TextFormats(language)
    said = {found.currency for text in texts for found in formats.amounts(text.text)}
    assert said == {currency.code}


def test_a_rate_that_a_plan_holds_outlives_the_table() -> None:
    """A plan of an earlier table stays what it was."""
    run = made("de_DE", PortalCurrencies("EUR"))
    old = run.histories.plan.model_copy(update={"currency": RunCurrency("EUR", 9.239, 2020, available=True)})

    before = amounts(Run(AccountHistories.from_plan(old)))

    assert median(before) == pytest.approx(10 * median(amounts(run)), rel=0.05)
