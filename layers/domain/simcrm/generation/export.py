"""Generated records as JSON lines, as CSV rows and as a card to read."""

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simcrm.generation.errors import GenerationError, RecordIndexError
from simcrm.generation.generator import SyntheticGenerator
from simcrm.generation.settings import RECORD_LIMIT, GenerationSettings
from simcrm.models.events import ActivityEvent
from simcrm.models.objects import ObjectType, Properties

ACTIVITY_TYPES = (ObjectType.DEALS, ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.TICKETS)
_WIDTH = 100
_LABEL = 24


@dataclass(frozen=True, slots=True)
class GeneratedRecord:
    """A pair with its activities, each with its type, in the order of their times."""

    index: int
    company_index: int
    contact: Properties
    company: Properties
    activities: tuple[tuple[ObjectType, Properties], ...] = ()


def iter_records(
    settings: GenerationSettings,
    start: int,
    count: int,
    arrival: Callable[[int], datetime],
    activities: Callable[[int], Iterable[ActivityEvent]] | None = None,
) -> Iterator[GeneratedRecord]:
    """The records from ``start`` on, one at a time.

    ``arrival`` gives the simulated time of a record's arrival, ``activities`` what happens to it. Raises
    GenerationError for a negative count and RecordIndexError for a range beyond the limit, before the first record.
    """
    if count < 0:
        raise GenerationError(f"count is {count}, must not be negative")
    if start < 0 or start + count > RECORD_LIMIT:
        raise RecordIndexError(start if start < 0 else start + count - 1, RECORD_LIMIT)
    generator = SyntheticGenerator(settings)
    return (_record(generator, index, arrival, activities) for index in range(start, start + count))


def _record(
    generator: SyntheticGenerator,
    index: int,
    arrival: Callable[[int], datetime],
    activities: Callable[[int], Iterable[ActivityEvent]] | None,
) -> GeneratedRecord:
    pair = generator.pair(index, arrival(index))
    events = sorted(activities(index), key=lambda event: event.at) if activities else []
    made = tuple((event.object_type, generator.activity(index, event)) for event in events)
    return GeneratedRecord(index, pair.company_index, pair.contact, pair.company, made)


def as_json(record: GeneratedRecord) -> dict[str, Any]:
    """The record as a JSON object; activities stand under their type and are left out where there are none."""
    document: dict[str, Any] = {
        "index": record.index,
        "companyIndex": record.company_index,
        "contact": record.contact,
        "company": record.company,
    }
    for object_type in ACTIVITY_TYPES:
        made = [properties for kind, properties in record.activities if kind is object_type]
        if made:
            document[object_type.value] = made
    return document


def json_line(record: GeneratedRecord) -> str:
    """The record as one line of JSON, without the line's end."""
    return json.dumps(as_json(record), ensure_ascii=False, separators=(",", ":"))


def csv_columns(record: GeneratedRecord) -> list[str]:
    """The header of a CSV file: record numbers, then the properties of contact and company by object and name."""
    contact = [f"contact.{name}" for name in record.contact]
    company = [f"company.{name}" for name in record.company]
    return ["index", "companyIndex", *contact, *company, *(f"{object_type}.count" for object_type in ACTIVITY_TYPES)]


def csv_row(record: GeneratedRecord, columns: Sequence[str]) -> list[str]:
    """The record as a row under these columns; activities are counted."""
    values = {"index": str(record.index), "companyIndex": str(record.company_index)}
    values |= {f"contact.{name}": value for name, value in record.contact.items()}
    values |= {f"company.{name}": value for name, value in record.company.items()}
    for object_type in ACTIVITY_TYPES:
        values[f"{object_type}.count"] = str(sum(kind is object_type for kind, _ in record.activities))
    return [values.get(column, "") for column in columns]


def card(record: GeneratedRecord) -> str:
    """The record as plain text for a person to read."""
    name = f"{record.contact['firstname']} {record.contact['lastname']}"
    parts = [_section(f"#{record.index}  {name}", record.contact), _section(record.company["name"], record.company)]
    parts += [_section(object_type.singular.capitalize(), made) for object_type, made in record.activities]
    return "\n\n".join(parts)


def _section(heading: str, properties: Properties) -> str:
    lines = [heading, "-" * len(heading)]
    for name, value in properties.items():
        if name != "simcrm_generation_metadata":
            label = name.removeprefix("simcrm_").removeprefix("hs_").replace("_", " ")
            lines += textwrap.wrap(f"{label:<{_LABEL}}{value}", _WIDTH, subsequent_indent=" " * _LABEL)
    return "\n".join(lines)
