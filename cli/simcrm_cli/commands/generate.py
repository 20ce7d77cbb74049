"""``simcrm generate``."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TextIO

import typer

from simcrm.errors import InvalidSimulationError
from simcrm.generating import BatchGenerator
from simcrm.generation import DataFileError, GenerationError
from simcrm_cli import output
from simcrm_cli.errors import CliError
from simcrm_cli.options import AsJson
from simcrm_cli.records import ACTIVITY_TYPES, generator_of, records, to_line

STANDARD_OUTPUT = "-"
AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
"""A fixed day, so that one seed gives the same bytes on any day."""


def run(
    *,
    pairs: Annotated[int, typer.Option(min=1, max=1_000_000, help="Contact and company pairs.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write, a record a line; - is standard output.")],
    seed: Annotated[str, typer.Option(help="The same seed generates the same bytes.")] = "simcrm",
    scenario: Annotated[str, typer.Option(help="B2B or B2C.")] = "B2B",
    activities: Annotated[
        bool, typer.Option("--activities", help="With deals, notes, calls, tasks and tickets.")
    ] = False,
    as_of: Annotated[datetime, typer.Option(help="The day at whose beginning the records end.")] = AS_OF,
    as_json: AsJson = False,
) -> None:
    """Write generated records to a file; no stack is needed."""
    if as_json and out == STANDARD_OUTPUT:
        raise CliError("BAD_OPTIONS", "Standard output cannot take both the records and --json: give --out a file.")
    began = time.monotonic()
    counts = _write(pairs, seed, scenario, as_of.replace(tzinfo=as_of.tzinfo or UTC), out, activities=activities)
    if out != STANDARD_OUTPUT:
        seconds = round(time.monotonic() - began, 1)
        document = {"ok": True, "out": out, "counts": counts, "seconds": seconds}
        said = f"{pairs:,} records in {out}, {sum(counts.values()):,} objects, {seconds} s"
        output.show(document, as_json=as_json, render=lambda console: console.print(said, markup=False, soft_wrap=True))


def _write(pairs: int, seed: str, scenario: str, as_of: datetime, out: str, *, activities: bool) -> dict[str, int]:
    """Stream the records, return how many objects of each type there are.

    Raises:
        CliError: the options make no simulation, or the file cannot be written.
    """
    try:
        maker = generator_of(pairs, seed, scenario, as_of, activities=activities)
        with _opened(out) as file:
            return _copy(maker, file)
    except InvalidSimulationError as error:
        raise CliError(error.code, str(error)) from error
    except (GenerationError, DataFileError) as error:
        raise CliError("GENERATION_ERROR", str(error)) from error


def _copy(maker: BatchGenerator, file: TextIO) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in records(maker):
        file.write(to_line(record))
        counts.update(_objects(record))
    return dict(counts)


def _objects(record: dict[str, Any]) -> dict[str, int]:
    return {"contacts": 1, "companies": 1, **{name: len(record[name]) for name in ACTIVITY_TYPES}}


@contextmanager
def _opened(out: str) -> Iterator[TextIO]:
    if out == STANDARD_OUTPUT:
        yield sys.stdout
        sys.stdout.flush()
    else:
        with open(out, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a special file is welcome too
            yield file
