"""From options to a generator, with the generator's refusals as the command's."""

from collections.abc import Iterable
from datetime import UTC, datetime

from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.synthetic import DataFileError, GenerationError
from simcrm_cli.errors import CliError
from simcrm_cli.offline_generator import OfflineOptions, build_generator


def build_generator_or_fail(options: OfflineOptions) -> BatchGenerator:
    """The generator of what is wanted.

    Raises:
        CliError: the options make no simulation, or name what does not exist.
    """
    try:
        return build_generator(options)
    except InvalidSimulationError as error:
        raise CliError(error.code, str(error)) from error
    except (GenerationError, DataFileError) as error:
        raise CliError("GENERATION_ERROR", str(error)) from error


def parse_locale_weights(locales: Iterable[str]) -> dict[str, float]:
    """Locales as given: ``de_DE``, or ``de_DE=0.3`` with a weight.

    Raises:
        CliError: a weight is no number above 0.
    """
    weights: dict[str, float] = {}
    for locale in locales:
        name, _, weight = locale.partition("=")
        try:
            weights[name] = float(weight or 1)
        except ValueError:
            raise CliError("BAD_OPTIONS", f"The weight in --locale {locale} is no number.") from None
    return weights


def to_aware(moment: datetime) -> datetime:
    """A day without a zone begins in UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
