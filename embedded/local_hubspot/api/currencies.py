"""Currency endpoints: the home currency and the exchange rates of the others."""

from typing import Any

from local_hubspot.api.portal_call import PortalCall
from local_server.http_calls import ApiResponse

_ADDED_AT = "2025-01-06T09:00:00Z"


def company_currency(call: PortalCall) -> ApiResponse:
    """Return the home currency."""
    return ApiResponse(200, {"createdAt": _ADDED_AT, "id": call.portal.settings.currency})


def list_exchange_rates(call: PortalCall) -> ApiResponse:
    """Return a rate to the home currency for each further one; how much they are worth does not matter here."""
    settings = call.portal.settings
    rows = [_rate(number, code, settings.currency) for number, code in enumerate(settings.further_currencies, 1)]
    return ApiResponse(200, {"results": rows})


def _rate(number: int, code: str, home: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "fromCurrencyCode": code,
        "toCurrencyCode": home,
        "conversionRate": 1.0,
        "createdAt": _ADDED_AT,
        "updatedAt": _ADDED_AT,
        "effectiveAt": _ADDED_AT,
        "visibleInUI": True,
    }
