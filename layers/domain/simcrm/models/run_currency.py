"""The currencies of a portal, and the one in which a run's amounts are."""

from collections.abc import Iterator
from dataclasses import dataclass

from simcrm.core.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class PortalCurrencies:
    """The ISO 4217 codes that a portal takes: its home currency, and those that were added to it."""

    home: str
    further: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The home currency, followed by the others."""
        return (self.home, *self.further)


@dataclass(frozen=True, slots=True)
class RunCurrency:
    """The currency of all amounts of a run, by its ISO 4217 code.

    ``rate`` is what a US dollar is worth in it, on average over ``year``. ``original`` is the currency of the run's
    locales if amounts are converted from it, because the portal does not have it. ``available`` says whether the portal
    has ``code``; it is None if no portal was asked.
    """

    code: str
    rate: float
    year: int
    original: str | None = None
    available: bool | None = None

    def to_document(self) -> JsonObject:
        """Return the currency as the API describes it."""
        return {"code": self.code, "convertedFrom": self.original, "inPortal": self.available, "rateYear": self.year}


def currency_notices(currency: RunCurrency | None) -> Iterator[str]:
    """Yield what users should know about a run's amounts: that they are converted, or that they could not be."""
    if currency is None:
        return
    if currency.original is not None:
        yield (
            f"The portal does not have {currency.original}: amounts are converted to its home currency, "
            f"{currency.code}, at the average rate of {currency.year}."
        )
    elif currency.available is False:
        yield (
            f"The portal does not have {currency.code}, and no rate to its home currency is known: amounts stay in "
            f"{currency.code}, without a currency."
        )
