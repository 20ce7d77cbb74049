"""The currencies that a portal takes."""

import re

from simcrm.hubspot.batch_reader import read_pages
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.errors import ForbiddenError, RequestRejectedError
from simcrm.models.run_currency import PortalCurrencies

_CODE = re.compile("[A-Z]{3}")


def read_currencies(client: HubSpotClient, account: JsonObject) -> PortalCurrencies | None:
    """The portal's currencies, by its account details and, if the token may read them, its exchange rates.

    None if the account details do not name the home currency.
    """
    home = str(account.get("companyCurrency"))
    if not _CODE.fullmatch(home):
        return None
    codes = {str(code) for code in [*(account.get("additionalCurrencies") or []), *_codes_with_rates(client)]}
    return PortalCurrencies(home, tuple(sorted(code for code in codes - {home} if _CODE.fullmatch(code))))


def _codes_with_rates(client: HubSpotClient) -> list[str]:
    """The currencies that have an exchange rate and are not hidden; none if the token lacks the scope."""
    try:
        rows = read_pages(client, client.paths.exchange_rates())
    except (ForbiddenError, RequestRejectedError):
        return []
    return [str(row.get("fromCurrencyCode")) for row in rows if row.get("visibleInUI") is not False]
