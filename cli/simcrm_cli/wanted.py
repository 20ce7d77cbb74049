"""From options to a generator, with the generator's refusals as the command's."""

from collections.abc import Iterable
from datetime import UTC, datetime

from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.synthetic import DataFileError, GenerationError
from simcrm_cli.errors import CliError
from simcrm_cli.offline_generator import Wanted, generator_of


def made_for(wanted: Wanted) -> BatchGenerator:
    """The generator of what is wanted.

    Raises:
        CliError: the options make no simulation, or name what does not exist.
    """
    try:
        return generator_of(wanted)
    except InvalidSimulationError as error:
        raise CliError(error.code, str(error)) from error
    except (GenerationError, DataFileError) as error:
        raise CliError("GENERATION_ERROR", str(error)) from error


def weights(locales: Iterable[str]) -> dict[str, float]:
    """Locales as given: ``de_DE``, or ``de_DE=0.3`` with a weight.

    Raises:
        CliError: a weight is no number above 0.
    """
    found: dict[str, float] = {}
    for given in locales:
        name, _, weight = given.partition("=")
        try:
            found[name] = float(weight or 1)
        except ValueError:
            raise CliError("BAD_OPTIONS", f"The weight in --locale {given} is no number.") from None
    return found


def aware(moment: datetime) -> datetime:
    """A day without a zone begins in UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
