"""Generate records without a stack, the same as a backfill with this seed and these dates would write."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import ACTIVITY_TYPES, DISPLAY_ORDER, ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, resolve_plan
from simcrm.synthetic import DataFileError, GenerationError
from simcrm_cli.errors import CliError

_NOT_BY_RECORD = {ObjectType.MEETINGS, ObjectType.EMAILS, ObjectType.LINE_ITEMS}
ACTIVITY_NAMES = tuple(kind.value for kind in DISPLAY_ORDER if kind in ACTIVITY_TYPES and kind not in _NOT_BY_RECORD)
"""The types of a record's line."""

BACKFILL = timedelta(days=90)
Record = dict[str, Any]
BuiltT = TypeVar("BuiltT")


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """Input of a simulation's generator, and the user's own packs.

    ``companies`` replaces ``pairs``: all contacts of so many companies. ``as_of`` is a timezone-aware time, the end of
    the days in which the records arrive; ``locales`` are weights.
    """

    pairs: int | None
    seed: str
    scenario: str
    as_of: datetime
    activities: bool = True
    locales: Mapping[str, float] = field(default_factory=dict)
    packs: tuple[str, ...] = ()
    contacts_per_company: int | None = None
    domain_suffix: str | None = None
    undeliverable: bool = False
    companies: int | None = None


def _request(options: OfflineOptions) -> dict[str, Any]:
    request: dict[str, Any] = {
        "totalRecords": options.pairs,
        "totalCompanies": options.companies,
        "scenario": options.scenario,
        "startTime": (options.as_of - BACKFILL).isoformat(),
        "endTime": options.as_of.isoformat(),
        "timeScale": 0,
        "seed": options.seed,
        "activities": {"enabled": options.activities},
        "undeliverable": options.undeliverable,
    }
    request |= {"contactsPerCompany": options.contacts_per_company} if options.contacts_per_company is not None else {}
    request |= {"locales": dict(options.locales)} if options.locales else {}
    request |= {"domainSuffix": options.domain_suffix} if options.domain_suffix else {}
    return request


def build_generator(options: OfflineOptions) -> RowGenerator:
    """Return the generator of a simulation of the days before ``as_of``.

    Raises:
        InvalidSimulationError: an option is invalid as input of a simulation.
        GenerationError: there is no such scenario, locale or pack, or a pack is invalid.
    """
    return RowGenerator.from_plan(_resolve_plan(_request(options), options), options.packs)


def build_histories(options: OfflineOptions) -> AccountHistories:
    """Return the account histories of a simulation of the days before ``as_of``; raises as ``build_generator``."""
    return build_generator(options).histories


def _resolve_plan(request: dict[str, Any], options: OfflineOptions) -> SimulationPlan:
    return resolve_plan(
        "generate", parse_simulation_input(request), options.as_of, DEFAULT_PIPELINE, (), pack_paths=options.packs
    )


def to_line(record: Record) -> str:
    """Return one line of JSON; the same record always gives the same bytes."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def generate_records(generator: RowGenerator, batch: Batch) -> Iterator[Record]:
    """Yield the records of one batch: each contact with its company and the activities that count for it."""
    records: dict[int, Record] = {}
    for row in generator.contact_rows(batch):
        lists: dict[str, list[Any]] = {name: [] for name in ACTIVITY_NAMES}
        records[row["index"]] = {"contact": row["contact"], "company": row["company"], **lists}
    rows = (item.row for item in generator.activity_rows(batch))
    for row in sorted(rows, key=lambda row: (row["index"], row["type"], row["ordinal"])):
        if row["type"] in ACTIVITY_NAMES:
            records[row["index"]][str(row["type"])].append(row["properties"])
    yield from records.values()


def build_generator_or_fail(options: OfflineOptions) -> RowGenerator:
    """Return the generator for these options.

    Raises:
        CliError: the options are invalid, or name something that does not exist.
    """
    return _build_or_fail(build_generator, options)


def build_histories_or_fail(options: OfflineOptions) -> AccountHistories:
    """Return the account histories for these options; raises as ``build_generator_or_fail``."""
    return _build_or_fail(build_histories, options)


def _build_or_fail(build: Callable[[OfflineOptions], BuiltT], options: OfflineOptions) -> BuiltT:
    try:
        return build(options)
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
            raise CliError("BAD_OPTIONS", f"The weight in --locale {locale} is not a number.") from None
    return weights


def to_aware(moment: datetime) -> datetime:
    """Return a time with a zone; without one it is UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
