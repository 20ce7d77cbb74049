"""``simcrm up``."""

import os
from typing import Annotated

import typer
from rich.console import Console

from simcrm_cli import output
from simcrm_cli.model_options import Ai, AiModel, AiUrl, with_model
from simcrm_cli.options import AsJson
from simcrm_cli.stack_addresses import print_addresses, stack_addresses
from simcrm_embedded.polling import interruptible
from simcrm_embedded.project import find_project
from simcrm_embedded.services import RequestedPorts
from simcrm_embedded.stack import UpResult, up


def run(
    *,
    aws_port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port of the emulated AWS.")] = None,
    redis_port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port of Redis.")] = None,
    hubspot_port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port of the local HubSpot.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a stack with other sources or settings and delete all its data.")
    ] = False,
    ai: Ai = None,
    ai_url: AiUrl = None,
    ai_model: AiModel = None,
    as_json: AsJson = False,
) -> None:
    """Start AWS, Redis and HubSpot on this machine and deploy the template into them."""
    ports = RequestedPorts(aws=aws_port, redis=redis_port, hubspot=hubspot_port)
    with interruptible() as interruption:
        env = with_model(os.environ, ai, ai_url, ai_model)
        result = up(find_project(), interruption, report=output.report, ports=ports, env=env, replace=replace)
    document = {"ok": True, "alreadyRunning": result.already_running, **stack_addresses(result.state)}
    output.show(document, as_json=as_json, render=lambda console: _render(console, result))


def _render(console: Console, result: UpResult) -> None:
    console.print("The stack is up already." if result.already_running else "The stack is up.")
    print_addresses(console, result.state)
    console.print("Next: `simcrm start --records 500 --wait`; `simcrm down` stops it.", markup=False)
