"""``simcrm start``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from simcrm_cli import output
from simcrm_cli.api import Api, find_address
from simcrm_cli.options import ApiUrl, AsJson, Timeout, Token
from simcrm_cli.outcome import conclude, watch
from simcrm_cli.simulation_input import json_object, merge, read_input

ONE_DAY = 86_400
_HELP = {
    "input": "A JSON file with the input; options replace its fields.",
    "scenario": "B2B or B2C.",
    "distribution": "EVEN, FRONT_LOADED, BACK_LOADED, BELL_CURVE, SURGE and others.",
    "span": "A moment of the simulated span, such as 2026-01-31T08:00:00Z.",
    "scale": "Simulated seconds per real second; 0 runs at once.",
    "seed": "The same seed generates the same records.",
    "object": "A JSON object, as in the API.",
}


def run(
    *,
    records: Annotated[int | None, typer.Option(help="Contact and company pairs to create.")] = None,
    input_file: Annotated[Path | None, typer.Option("--input", help=_HELP["input"])] = None,
    simulation_id: Annotated[str | None, typer.Option(help="Starting twice with one id starts once.")] = None,
    scenario: Annotated[str | None, typer.Option(help=_HELP["scenario"])] = None,
    distribution: Annotated[str | None, typer.Option(help=_HELP["distribution"])] = None,
    start_time: Annotated[str | None, typer.Option(help=_HELP["span"])] = None,
    end_time: Annotated[str | None, typer.Option(help=_HELP["span"])] = None,
    time_scale: Annotated[float | None, typer.Option(help=_HELP["scale"])] = None,
    seed: Annotated[str | None, typer.Option(help=_HELP["seed"])] = None,
    contacts_per_company: Annotated[int | None, typer.Option(help="Contacts that share a company.")] = None,
    locale: Annotated[str | None, typer.Option(help="Language and country of the records, such as en_US.")] = None,
    theme: Annotated[str | None, typer.Option(help="Free text for the prompts, such as an industry.")] = None,
    ai: Annotated[str | None, typer.Option(help=_HELP["object"])] = None,
    activities: Annotated[str | None, typer.Option(help=_HELP["object"])] = None,
    hubspot: Annotated[str | None, typer.Option(help=_HELP["object"])] = None,
    dry_run: Annotated[bool | None, typer.Option(help="Do everything but the writes.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the simulation to its end.")] = False,
    timeout: Timeout = ONE_DAY,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Start a simulation."""
    options = {
        "simulationId": simulation_id,
        "totalRecords": records,
        "scenario": scenario,
        "distributionMethod": distribution,
        "startTime": start_time,
        "endTime": end_time,
        "timeScale": time_scale,
        "seed": seed,
        "contactsPerCompany": contacts_per_company,
        "locale": locale,
        "theme": theme,
        "ai": _object(ai, "--ai"),
        "activities": _object(activities, "--activities"),
        "hubspot": _object(hubspot, "--hubspot"),
        "dryRun": dry_run,
    }
    simulation = merge(read_input(input_file), options)
    with Api(find_address(api_url, token)) as api:
        started = api.start(simulation)
        simulation_id = str(started["simulationId"])
        if not wait:
            said = f"{simulation_id} has started: follow it with `simcrm watch {simulation_id}`."
            output.show(started, as_json=as_json, render=lambda console: console.print(said, markup=False))
            return
        standing = watch(api, simulation_id, timeout=timeout)
    conclude(standing, as_json=as_json)


def _object(text: str | None, option: str) -> dict[str, Any] | None:
    return None if text is None else json_object(text, option)
