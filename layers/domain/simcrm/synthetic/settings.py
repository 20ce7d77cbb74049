"""The settings of a generator."""

from dataclasses import dataclass

from simcrm.models.run_currency import RunCurrency
from simcrm.synthetic.errors import GenerationError
from simcrm.synthetic.exchange_rates import resolve_currency
from simcrm.synthetic.scenario import CountRange, ScenarioParameters

RECORD_LIMIT = 50_000_000
"""Maximum records of one simulation; up to here, email addresses and domains are unique by construction."""


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """The input of a generator; equal settings give equal records.

    ``contacts_per_company`` is the range of an account's contacts or their mean; None is the scenario's own range.
    ``total_records`` is the number of all contacts, which may cut the last account short. ``domain_suffix`` puts all
    domains under a domain that the user owns; ``undeliverable`` puts them under a reserved top-level domain.
    ``pack_paths`` are files or folders of user packs.
    ``parameters`` replace the scenario's. ``currency`` is that of all amounts; None is that of the locales.
    Raises GenerationError for an invalid value.
    """

    seed: str
    scenario: str = "B2B"
    locales: tuple[tuple[str, float], ...] = (("en_US", 1.0),)
    contacts_per_company: CountRange | int | None = 1
    total_records: int | None = None
    domain_suffix: str | None = None
    undeliverable: bool = False
    pack_paths: tuple[str, ...] = ()
    parameters: ScenarioParameters | None = None
    currency: RunCurrency | None = None

    @property
    def run_currency(self) -> RunCurrency:
        """The currency of all amounts. Raises UnknownLocaleError and DataFileError."""
        return self.currency or resolve_currency(name for name, _ in self.locales)

    def __post_init__(self) -> None:
        sizes = self.contacts_per_company
        low, high = (sizes.low, sizes.high) if isinstance(sizes, CountRange) else (sizes or 1, sizes or 1)
        if sizes == 0 or not 1 <= low <= high:
            raise GenerationError(f"contacts_per_company is {sizes}, must be at least 1")
        if not self.locales or any(weight <= 0 for _, weight in self.locales):
            raise GenerationError("locales must name at least one locale, each with a weight above 0")
