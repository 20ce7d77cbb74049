"""Options that describe a simulation, shared by all commands that take one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from simcrm_cli.durations import begin_before
from simcrm_cli.simulation_input import ABSENT, json_object, merge, read_input

Command = Callable[..., None]
_HELP = {
    "input": "A JSON file with the input; options replace its fields.",
    "companies": "Companies to create with all their contacts, instead of --records.",
    "scenario": "B2B or B2C.",
    "distribution": "EVEN, FRONT_LOADED, BACK_LOADED, BELL_CURVE, SURGE and others.",
    "last": "Write this many days, weeks, months or years up to now at once: 90d, 2w, 18mo, 1y. Default: 90d.",
    "live": "Let leads arrive and live from now on, in real or scaled time.",
    "span": "Start or end of the simulated span, such as 2026-01-31T08:00:00Z.",
    "scale": "Simulated seconds per real second; 0 runs at once.",
    "seed": "The same seed generates the same records.",
    "object": "A JSON object, as in the API.",
}


def build_simulation(
    *,
    records: Annotated[int | None, typer.Option(help="Contact and company pairs to create.")] = None,
    companies: Annotated[int | None, typer.Option(help=_HELP["companies"])] = None,
    input_file: Annotated[Path | None, typer.Option("--input", help=_HELP["input"])] = None,
    scenario: Annotated[str | None, typer.Option(help=_HELP["scenario"])] = None,
    distribution: Annotated[str | None, typer.Option(help=_HELP["distribution"])] = None,
    last: Annotated[str | None, typer.Option(metavar="LENGTH", help=_HELP["last"])] = None,
    live: Annotated[bool, typer.Option("--live", help=_HELP["live"])] = False,
    start_time: Annotated[str | None, typer.Option(help=_HELP["span"])] = None,
    end_time: Annotated[str | None, typer.Option(help=_HELP["span"])] = None,
    time_scale: Annotated[float | None, typer.Option(help=_HELP["scale"])] = None,
    seed: Annotated[str | None, typer.Option(help=_HELP["seed"])] = None,
    contacts_per_company: Annotated[
        int | None, typer.Option(help="Average number of contacts for each company; by default the scenario's range.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="Language and country of the records, such as en_US.")] = None,
    theme: Annotated[str | None, typer.Option(help="Free text for the prompts, such as an industry.")] = None,
    ai: Annotated[str | None, typer.Option(help=_HELP["object"])] = None,
    activities: Annotated[str | None, typer.Option(help=_HELP["object"])] = None,
    hubspot: Annotated[str | None, typer.Option(help=_HELP["object"])] = None,
    dry_run: Annotated[bool | None, typer.Option(help="Do everything except write to the portal.")] = None,
) -> dict[str, Any]:
    """Build the input from options and file, with the API's field names; options not given are left out.

    Raises:
        InputFileError: the file or an option is not a JSON object.
        BadParameter: two options contradict each other.
    """
    if records is not None and companies is not None:
        raise typer.BadParameter("--companies cannot be combined with --records")
    options = {
        "totalRecords": records,
        "totalCompanies": companies,
        "scenario": scenario,
        "distributionMethod": distribution,
        "startTime": start_time,
        "endTime": end_time,
        "timeScale": time_scale,
        **_mode(last, {"startTime": start_time, "endTime": end_time, "timeScale": time_scale}, live=live),
        "seed": seed,
        "contactsPerCompany": contacts_per_company,
        "locale": locale,
        "theme": theme,
        "ai": _object(ai, "--ai"),
        "activities": _object(activities, "--activities"),
        "hubspot": _object(hubspot, "--hubspot"),
        "dryRun": dry_run,
    }
    return merge(read_input(input_file), options)


def _mode(last: str | None, times: Mapping[str, Any], *, live: bool) -> dict[str, Any]:
    """Return the fields that ``--last`` or ``--live`` sets; each replaces all of the file's fields about time."""
    if last is not None and (live or any(value is not None for value in times.values())):
        raise typer.BadParameter("--last cannot be combined with --live, --start-time, --end-time or --time-scale")
    if last is not None:
        return {**dict.fromkeys(times, ABSENT), "startTime": begin_before(last, datetime.now(UTC)), "mode": "BACKFILL"}
    if live:
        given_times = {name: value for name, value in times.items() if value is not None}
        return {**dict.fromkeys(times, ABSENT), **given_times, "mode": "LIVE"}
    return {}


def _object(text: str | None, option: str) -> dict[str, Any] | None:
    return None if text is None else json_object(text, option)


def takes_simulation(run: Command) -> Command:
    """Add these options to a command's own; it gets the input they describe as ``simulation``."""
    shared = signature(build_simulation).parameters
    own = [item for name, item in signature(run).parameters.items() if name != "simulation"]

    @wraps(run)
    def command(**given: Any) -> None:
        described = build_simulation(**{name: given.pop(name) for name in shared})
        run(simulation=described, **given)

    _declare(command, [*own, *shared.values()], {**run.__annotations__, **build_simulation.__annotations__})
    return command


def _declare(command: Command, parameters: list[Parameter], annotations: Mapping[str, Any]) -> None:
    """Set the signature that typer reads: positional arguments come first."""
    ordered = sorted(parameters, key=lambda item: item.kind)
    named = {item.name: annotations[item.name] for item in ordered}
    vars(command)["__signature__"] = signature(command).replace(parameters=ordered)
    command.__annotations__ = {**named, "return": None}
