"""``simcrm export``."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from simcrm.operations.export_training_data import TrainingReport, training_examples
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.aws import aws_client
from simcrm_cli.errors import CliError, NoStackError
from simcrm_cli.options import ApiUrl, AsJson, Bom, SimulationId, Token, require_csv
from simcrm_cli.output_files import STANDARD_OUTPUT, is_standard_output, open_for_writing
from simcrm_embedded.deployment import s3
from simcrm_embedded.project import find_project
from simcrm_embedded.state import load


class Format(StrEnum):
    """Output format of exported objects."""

    JSONL = "jsonl"
    CSV = "csv"


def run(
    simulation_id: SimulationId,
    *,
    as_format: Annotated[Format, typer.Option("--format", help="JSON lines or CSV.")] = Format.JSONL,
    out: Annotated[Path | None, typer.Option(help="Output file; standard output if omitted or -.")] = None,
    bom: Bom = False,
    training: Annotated[
        bool,
        typer.Option("--training", help="Export the model's accepted records as fine-tuning examples."),
    ] = False,
    bucket: Annotated[
        str | None, typer.Option(help="A deployed stack's bucket, for --training; default: the embedded stack's.")
    ] = None,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Write down each object of a simulation and what became of it."""
    require_csv(bom=bom, is_csv=as_format is Format.CSV and not training)
    if as_json and is_standard_output(out):
        raise typer.BadParameter("--json needs --out: standard output can hold only one document", param_hint="--json")
    if training:
        _train(simulation_id, out, bucket, as_json=as_json)
        return
    size = 0
    with ApiClient(find_api_address(api_url, token)) as api, open_for_writing(out or STANDARD_OUTPUT, bom=bom) as file:
        for page in api.export_records(simulation_id, as_format):
            file.write(page)
            size += len(page)
    if not is_standard_output(out):
        document = {"ok": True, "simulationId": simulation_id, "file": str(out), "characters": size}
        output.show(
            document, as_json=as_json, render=lambda console: console.print(f"{out} has been written.", markup=False)
        )


def _train(simulation_id: str, out: Path | None, bucket: str | None, *, as_json: bool) -> None:
    if out is None or is_standard_output(out):
        raise typer.BadParameter("--training needs --out: the report goes to standard output", param_hint="--training")
    report = TrainingReport()
    try:
        with open_for_writing(out) as file:
            for example in training_examples(_files(simulation_id, bucket), report):
                file.write(json.dumps(example, ensure_ascii=False) + "\n")
    except LookupError as error:
        raise CliError("NOT_FOUND", f"There is no simulation {simulation_id} in this bucket.") from error
    document = {"ok": True, "simulationId": simulation_id, "file": str(out), **report.to_document()}
    output.show(document, as_json=as_json, render=lambda console: _render(console, document))


def _files(simulation_id: str, bucket: str | None) -> SimulationFiles:
    if bucket is not None:
        return SimulationFiles(aws_client("s3"), bucket, simulation_id)
    state = load(find_project().state_file)
    if state is None or not state.outputs:
        raise NoStackError
    return SimulationFiles(s3(state), state.outputs["BucketName"], simulation_id)


def _render(console: Console, document: dict[str, Any]) -> None:
    rejected = sum(document["rejected"].values())
    console.print(
        f"{document['file']} has {document['examples']:,} examples of {document['accepted']:,} records.", markup=False
    )
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in document["rejected"].items())
    console.print(f"Left out: {rejected:,} records{f' ({reasons})' if reasons else ''}", markup=False)
    console.print(f"Repeated: {document['duplicates']:,} examples", markup=False)
    console.print(f"Tokens: {document['inputTokens']:,} in, {document['outputTokens']:,} out", markup=False)
    languages = ", ".join(f"{name} {count:,}" for name, count in document["languages"].items())
    console.print(f"Languages: {languages or 'none'}", markup=False)
