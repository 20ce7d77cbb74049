"""The currencies of a portal, by its account details and by its exchange rates."""

from typing import Any

import httpx2
import pytest
from builders import DAY, START, plan
from portal_in_process import LocalPortal

from simcrm.hubspot.portal_currencies import read_currencies
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.models.crm_objects import ObjectType
from simcrm.models.run_currency import PortalCurrencies
from simcrm.planning.account_histories import AccountHistories
from simcrm.synthetic.activity_properties import activity_properties

VERSIONS = ["2026-09", "v3"]


def found(portal: LocalPortal, version: str = "2026-09") -> PortalCurrencies | None:
    return prepare_portal(portal.client(version=version), allow_production=False).currencies


def answer_rates(portal: LocalPortal, answer: httpx2.Response) -> None:
    portal.intercept = lambda request: answer if request.url.path.endswith("/exchange-rates") else None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_portal_has_its_home_currency_and_those_that_were_added(version: str) -> None:
    portal = LocalPortal(currency="CHF", further_currencies=("USD", "EUR"))

    assert found(portal, version) == PortalCurrencies("CHF", ("EUR", "USD"))


def test_a_new_portal_has_only_its_home_currency() -> None:
    assert found(LocalPortal()) == PortalCurrencies("USD")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_whoever_may_not_read_the_rates_knows_the_account_details(status: int) -> None:
    portal = LocalPortal(currency="CHF", further_currencies=("EUR",))
    answer_rates(portal, httpx2.Response(status, json={"category": "OTHER", "message": "no"}))

    assert found(portal) == PortalCurrencies("CHF", ("EUR",))


def test_a_missing_scope_does_not_stop_a_run() -> None:
    granted = {"oauth", "tickets", "crm.objects.owners.read", "sales-email-read"} | {
        f"crm.{area}.{name}.{mode}"
        for area in ("objects", "schemas")
        for name in ("contacts", "companies", "deals", "products", "line_items")
        for mode in ("read", "write")
    }
    portal = LocalPortal(tokens={"token-of-the-portal": frozenset(granted), "admin": None}, currency="GBP")

    assert found(portal) == PortalCurrencies("GBP")


def test_currencies_with_a_rate_count_though_the_account_details_do_not_name_them_and_hidden_ones_do_not() -> None:
    portal = LocalPortal(currency="USD")
    rows: list[dict[str, Any]] = [
        {"fromCurrencyCode": "EUR", "visibleInUI": True},
        {"fromCurrencyCode": "EUR", "visibleInUI": True},
        {"fromCurrencyCode": "GBP"},
        {"fromCurrencyCode": "SEK", "visibleInUI": False},
        {"fromCurrencyCode": None},
    ]
    answer_rates(portal, httpx2.Response(200, json={"results": rows}))

    assert found(portal) == PortalCurrencies("USD", ("EUR", "GBP"))


@pytest.mark.parametrize("account", [{}, {"companyCurrency": None}, {"companyCurrency": "dollars"}])
def test_a_portal_that_does_not_name_its_home_currency_has_none(account: dict[str, Any]) -> None:
    portal = LocalPortal()

    assert read_currencies(portal.client(), account) is None
    assert portal.calls == []


@pytest.mark.parametrize(
    ("home", "further", "codes"), [("CHF", (), {"CHF"}), ("USD", ("EUR",), {"EUR"}), ("XAU", ("USD",), {None})]
)
def test_a_portal_takes_the_deals_and_line_items_of_a_run(
    home: str, further: tuple[str, ...], codes: set[str | None]
) -> None:
    """A portal refuses a currency that it does not have, so a run names none of these."""
    portal = LocalPortal(currency=home, further_currencies=further)
    planned = plan(run_start=START + 200 * DAY, currencies=found(portal), locale="de_DE", totalRecords=40)
    histories = AccountHistories.from_plan(planned)

    for kind, name in ((ObjectType.DEALS, "deal_currency_code"), (ObjectType.LINE_ITEMS, "hs_line_item_currency_code")):
        inputs = [
            {"properties": activity_properties(history.writer, event)}
            for history in map(histories.history, range(histories.arrivals.count))
            for own in history.events
            for event in own
            if event.object_type is kind
        ]
        portal.request("POST", f"/crm/v3/objects/{kind}/batch/create", {"inputs": inputs[:100]})
        assert {row[name] for row in portal.records(kind, name)} == codes
