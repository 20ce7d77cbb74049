"""``simcrm generate``."""

import time
from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer

from simcrm_cli import output
from simcrm_cli.account_lines import account_lines, count_objects, to_line
from simcrm_cli.errors import CliError
from simcrm_cli.offline_generator import (
    OfflineOptions,
    build_generator_or_fail,
    build_histories_or_fail,
    parse_locale_weights,
    to_aware,
)
from simcrm_cli.options import (
    AS_OF,
    AsJson,
    AsOf,
    Bom,
    ContactsPerCompany,
    DomainSuffix,
    Locale,
    Pack,
    Scenario,
    Seed,
    Undeliverable,
    require_csv,
)
from simcrm_cli.output_files import STANDARD_OUTPUT, open_for_writing
from simcrm_cli.parallel_generation import generate_chunks, usable_cores
from simcrm_cli.progress import count_chunks
from simcrm_cli.record_writers import FileFormat, FileLayout


class Unit(StrEnum):
    """What a line of the output holds."""

    RECORD = "record"
    ACCOUNT = "account"


def run(
    *,
    pairs: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="Contact and company pairs.")] = None,
    companies: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Companies with all their contacts, instead of --pairs.")
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Output file; - is standard output.")],
    seed: Seed = "simcrm",
    scenario: Scenario = "B2B",
    locale: Locale = None,
    pack: Pack = None,
    contacts_per_company: ContactsPerCompany = None,
    domain_suffix: DomainSuffix = None,
    undeliverable: Undeliverable = False,
    activities: Annotated[
        bool, typer.Option("--activities", help="Include deals, notes, calls, tasks and tickets.")
    ] = False,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="JSON lines, or CSV with a row for each record.")
    ] = FileFormat.JSONL,
    by: Annotated[
        Unit, typer.Option(help="A line for each record, or for each account with all its contacts and objects.")
    ] = Unit.RECORD,
    bom: Bom = False,
    as_of: AsOf = AS_OF,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Number of processes; default: one for each core.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write generated records to a file; no stack is needed."""
    if as_json and out == STANDARD_OUTPUT:
        raise CliError(
            "BAD_OPTIONS", "Standard output cannot hold both the records and the --json document: set --out to a file."
        )
    if (pairs is None) == (companies is None):
        raise typer.BadParameter("specify either --pairs or --companies", param_hint="--pairs")
    require_csv(bom=bom, is_csv=file_format is FileFormat.CSV)
    if by is Unit.ACCOUNT and file_format is FileFormat.CSV:
        raise CliError("BAD_OPTIONS", "A row cannot hold an account: use --format jsonl with --by account.")
    began = time.monotonic()
    options = OfflineOptions(
        pairs=pairs,
        seed=seed,
        scenario=scenario,
        as_of=to_aware(as_of),
        activities=activities or by is Unit.ACCOUNT,
        locales=parse_locale_weights(locale or ()),
        packs=tuple(pack or ()),
        contacts_per_company=contacts_per_company,
        domain_suffix=domain_suffix,
        undeliverable=undeliverable,
        companies=companies,
    )
    if by is Unit.ACCOUNT:
        counts = _write_accounts(options, out, bom=bom)
    else:
        counts = _write(options, out, file_format, bom=bom, jobs=usable_cores() if jobs is None else jobs)
    if out != STANDARD_OUTPUT:
        _report(out, counts, round(time.monotonic() - began, 1), as_json=as_json)


def _write(options: OfflineOptions, out: str, file_format: FileFormat, *, bom: bool, jobs: int) -> dict[str, int]:
    """Stream the records and return the number of objects of each type."""
    generator, counts = build_generator_or_fail(options), Counter[str]()
    layout = FileLayout.for_generator(file_format, generator)
    with (
        open_for_writing(out, bom=bom) as file,
        generate_chunks(generator, layout, jobs=jobs, packs=options.packs) as made,
        count_chunks(generator.plan.total_records) as counted,
    ):
        file.write(layout.header)
        for chunk in counted(made):
            file.write(chunk.text)
            counts.update(chunk.counts)
    return dict(counts)


def _write_accounts(options: OfflineOptions, out: str, *, bom: bool) -> dict[str, int]:
    """Stream the accounts and return the number of objects of each type."""
    histories, counts = build_histories_or_fail(options), Counter[str]()
    with open_for_writing(out, bom=bom) as file:
        for line in account_lines(histories):
            file.write(to_line(line))
            counts += count_objects(line)
    return dict(counts)


def _report(out: str, counts: dict[str, int], seconds: float, *, as_json: bool) -> None:
    document = {"ok": True, "out": out, "counts": counts, "seconds": seconds}
    message = f"{counts.get('contacts', 0):,} records in {out}, {sum(counts.values()):,} objects, {seconds} s"
    output.show(document, as_json=as_json, render=lambda console: console.print(message, markup=False, soft_wrap=True))
