"""What a run's input means to the generator, whether it can be generated, and the number of its contacts."""

from dataclasses import replace

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.run_currency import RunCurrency
from simcrm.models.simulation_input import MAX_RECORDS, ContactRange, SimulationInput
from simcrm.planning.scenario_overrides import apply_overrides
from simcrm.synthetic import (
    CountRange,
    GenerationError,
    GenerationSettings,
    ScenarioParameters,
    create_layout,
    load_scenario,
    locale_names,
)

DEFAULT_LOCALE = "en_US"


def generation_settings(request: SimulationInput, seed: str, currency: RunCurrency | None = None) -> GenerationSettings:
    """Return the settings of the generator; without a currency, amounts are in that of the locales."""
    sizes = request.contacts_per_company
    return GenerationSettings(
        seed=seed,
        scenario=request.scenario,
        locales=tuple(sorted(run_locales(request).items())),
        contacts_per_company=CountRange(sizes.min, sizes.max) if isinstance(sizes, ContactRange) else sizes,
        total_records=request.total_records,
        domain_suffix=request.domain_suffix,
        undeliverable=request.undeliverable,
        parameters=_parameters(request),
        currency=currency,
    )


def run_locales(request: SimulationInput) -> dict[str, float]:
    """Return the weights of a run's locales by name."""
    return request.locales or {request.locale or DEFAULT_LOCALE: 1.0}


def require_generatable(request: SimulationInput) -> None:
    """Require that the scenario and the locales exist and that the companies do not have too many contacts.

    Without a seed and an id, the exact number of contacts is known later.

    Raises:
        InvalidSimulationError: names the invalid field.
    """
    try:
        load_scenario(request.scenario)
    except GenerationError as error:
        raise InvalidSimulationError("scenario", str(error)) from error
    for name, locale in _named_locales(request):
        if locale not in locale_names():
            known = ", ".join(locale_names())
            raise InvalidSimulationError(name, f"unknown locale {locale}; available: {known}")
    count_records(request, str(request.seed if request.seed is not None else request.simulation_id))


def _named_locales(request: SimulationInput) -> list[tuple[str, str]]:
    """Return the locales that an input names, each with its field."""
    if request.locale is not None:
        return [("locale", request.locale)]
    return [(f"locales.{locale}", locale) for locale in request.locales or ()]


def count_records(request: SimulationInput, seed: str, pack_paths: tuple[str, ...] = ()) -> int:
    """Return the number of a run's contacts: as requested, or as many as its companies have.

    ``pack_paths`` names files with additional scenarios.

    Raises:
        InvalidSimulationError: the companies have more contacts than a run may have.
    """
    if request.total_records is not None:
        return request.total_records
    companies = request.total_companies or 0
    layout = create_layout(replace(generation_settings(request, seed), pack_paths=pack_paths))
    records = layout.first_index(companies)
    if records > MAX_RECORDS:
        problem = f"{companies:,} companies have {records:,} contacts, and a run has at most {MAX_RECORDS:,}"
        raise InvalidSimulationError("totalCompanies", f"{problem}: lower it, or contactsPerCompany")
    return records


def _parameters(request: SimulationInput) -> ScenarioParameters | None:
    changes = request.scenario_parameters
    return None if changes is None else apply_overrides(load_scenario(request.scenario).parameters, changes)
