"""``simcrm export``."""

import sys
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simcrm_cli import output
from simcrm_cli.api import Api, find_address
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Token


class Format(StrEnum):
    """How objects are written down."""

    JSONL = "jsonl"
    CSV = "csv"


def run(
    simulation_id: SimulationId,
    *,
    as_format: Annotated[Format, typer.Option("--format", help="JSON lines or CSV.")] = Format.JSONL,
    out: Annotated[Path | None, typer.Option(help="The file to write; without it standard output.")] = None,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Write down each object of a simulation and what became of it."""
    if as_json and out is None:
        raise typer.BadParameter("--json needs --out: standard output holds one document", param_hint="--json")
    target = nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8", newline="")
    size = 0
    with Api(find_address(api_url, token)) as api, target as file:
        for page in api.records(simulation_id, as_format):
            file.write(page)
            size += len(page)
    if out is not None:
        document = {"ok": True, "simulationId": simulation_id, "file": str(out), "characters": size}
        output.show(document, as_json=as_json, render=lambda console: console.print(f"{out} is written.", markup=False))
