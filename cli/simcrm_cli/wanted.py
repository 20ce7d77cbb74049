"""Build a generator from options, and turn its errors into those of a command."""

from collections.abc import Iterable
from datetime import UTC, datetime

from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.synthetic import DataFileError, GenerationError
from simcrm_cli.errors import CliError
from simcrm_cli.offline_generator import OfflineOptions, build_generator


def build_generator_or_fail(options: OfflineOptions) -> BatchGenerator:
    """Return the generator for these options.

    Raises:
        CliError: the options are invalid, or name something that does not exist.
    """
    try:
        return build_generator(options)
    except InvalidSimulationError as error:
        raise CliError(error.code, str(error)) from error
    except (GenerationError, DataFileError) as error:
        raise CliError("GENERATION_ERROR", str(error)) from error


def parse_locale_weights(locales: Iterable[str]) -> dict[str, float]:
    """Parse locales such as ``de_DE``, or ``de_DE=0.3`` with a weight.

    Raises:
        CliError: a weight is not a number.
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
    """Return a time with a zone; without one it is UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
