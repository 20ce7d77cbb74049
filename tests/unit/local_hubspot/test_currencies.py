"""The account's currencies, and records in a currency that it does not have."""

import pytest
from starlette.testclient import TestClient
from unit.local_hubspot.conftest import HubSpot

from local_hubspot.app import create_app

ROOTS = ["/settings/v3/currencies", "/settings/currencies/2026-03", "/settings/currencies/2026-09"]
CODES = {"deals": "deal_currency_code", "line_items": "hs_line_item_currency_code"}
NAMES = {"deals": {"dealname": "Deal", "dealstage": "qualifiedtobuy"}, "line_items": {"name": "Line"}}


@pytest.mark.parametrize("root", ROOTS)
def test_an_account_has_a_home_currency_and_a_rate_for_each_further_one(hubspot: HubSpot, root: str) -> None:
    assert hubspot.get(f"{root}/company-currency")["id"] == "USD"
    assert hubspot.get(f"{root}/exchange-rates") == {"results": []}

    hubspot.set(currency="CHF", furtherCurrencies=["EUR", "GBP"])

    assert hubspot.get(f"{root}/company-currency")["id"] == "CHF"
    rates = hubspot.get(f"{root}/exchange-rates")["results"]
    assert [(rate["fromCurrencyCode"], rate["toCurrencyCode"]) for rate in rates] == [("EUR", "CHF"), ("GBP", "CHF")]
    details = hubspot.get("/account-info/v3/details")
    assert (details["companyCurrency"], details["additionalCurrencies"]) == ("CHF", ["EUR", "GBP"])


def test_currencies_need_a_scope_of_their_own() -> None:
    tokens = {"pat-account": frozenset({"oauth"}), "pat-currencies": frozenset({"settings.currencies.read"})}
    with TestClient(create_app(tokens=tokens)) as http:
        answers = {
            token: http.get(f"{ROOTS[0]}/exchange-rates", headers={"Authorization": f"Bearer {token}"})
            for token in tokens
        }

    assert {token: answer.status_code for token, answer in answers.items()} == {
        "pat-account": 403,
        "pat-currencies": 200,
    }
    assert answers["pat-account"].json()["context"]["requiredGranularScopes"] == ["settings.currencies.read"]


@pytest.mark.parametrize("kind", CODES)
def test_a_record_may_be_in_any_currency_of_the_account_and_in_no_other(hubspot: HubSpot, kind: str) -> None:
    hubspot.set(currency="CHF", furtherCurrencies=["EUR"])
    name = CODES[kind]

    kept = [hubspot.create(kind, **NAMES[kind], **{name: code}) for code in ("CHF", "EUR", "")]

    assert [hubspot.read(kind, one, name)[name] for one in kept] == ["CHF", "EUR", None]
    body = hubspot.post(f"/crm/v3/objects/{kind}", {"properties": NAMES[kind] | {name: "USD"}}, 400)
    assert "USD was not one of the allowed options: [CHF, EUR]" in body["message"]
    status, _ = hubspot.call("PATCH", f"/crm/v3/objects/{kind}/{kept[0]}", {"properties": {name: "USD"}})
    assert status == 400


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", ""])
def test_a_currency_is_a_code_of_three_capitals(hubspot: HubSpot, currency: str) -> None:
    status, _ = hubspot.call("PUT", "/_local/settings", {"currency": currency})

    assert status == 400
