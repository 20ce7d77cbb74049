"""The input of a simulation, checked against what exists: before it starts and again when it is planned."""

from typing import Any

from simcrm.errors import InvalidSimulationError
from simcrm.generation import GenerationError, load_scenario, locale_names
from simcrm.models.simulation import SimulationInput, parse_simulation


def check_simulation(document: dict[str, Any] | str | bytes) -> SimulationInput:
    """The input, if everything it names exists and can be made; the same for API, console and schedule.

    Raises:
        InvalidSimulationError: names the field.
    """
    checked = parse_simulation(document)
    try:
        load_scenario(checked.scenario)
    except GenerationError as error:
        raise InvalidSimulationError("scenario", str(error)) from error
    for field, locale in _locales(checked):
        if locale not in locale_names():
            known = ", ".join(locale_names())
            raise InvalidSimulationError(field, f"unknown locale {locale}; there are: {known}")
    return checked


def _locales(checked: SimulationInput) -> list[tuple[str, str]]:
    if checked.locale is not None:
        return [("locale", checked.locale)]
    return [(f"locales.{locale}", locale) for locale in checked.locales or ()]
