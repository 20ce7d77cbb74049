"""What a US dollar is worth in other currencies, and the currency of a run's amounts."""

from collections.abc import Iterable, Mapping
from functools import cache

from simcrm.models.run_currency import PortalCurrencies, RunCurrency
from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.locales import load_locale

_FILE = "exchange_rates.json"
US_DOLLAR = "USD"


@cache
def exchange_rates() -> Mapping[str, float]:
    """Return how much of each currency a US dollar is worth, by ISO 4217 code. Raises DataFileError."""
    rates: dict[str, float] = read_data(_FILE)["perUsDollar"]
    return rates


def resolve_currency(locales: Iterable[str], portal: PortalCurrencies | None = None) -> RunCurrency:
    """Return the currency of a run.

    It is that of the locales, or the US dollar if they differ. If the portal does not have it, amounts are converted to
    the portal's home currency, unless no rate is known for that.

    Raises:
        UnknownLocaleError, DataFileError: a locale does not exist, or its data is damaged.
    """
    own = _common_currency(locales)
    if portal is None:
        return _run_currency(own)
    if own in portal.codes:
        return _run_currency(own, available=True)
    if portal.home not in exchange_rates():
        return _run_currency(own, available=False)
    return _run_currency(portal.home, original=own, available=True)


def _common_currency(locales: Iterable[str]) -> str:
    currencies = {load_locale(name).currency for name in locales}
    return currencies.pop() if len(currencies) == 1 else US_DOLLAR


def _run_currency(code: str, original: str | None = None, *, available: bool | None = None) -> RunCurrency:
    return RunCurrency(code, exchange_rates()[code], read_data(_FILE)["year"], original, available)
