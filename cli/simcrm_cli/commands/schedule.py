"""``simcrm schedule``."""

import re
from typing import Annotated, Any, Literal

import typer

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.long_runs import format_duration, format_minute
from simcrm_cli.options import ApiUrl, AsJson, Token
from simcrm_cli.simulation_options import takes_simulation

Action = Literal["list", "add", "remove"]
Overlap = Literal["ALLOW", "REFUSE"]


@takes_simulation
def run(
    action: Annotated[Action, typer.Argument(show_default=False, help="What to do.")],
    name: Annotated[str | None, typer.Argument(show_default=False, help="Name of the schedule.")] = None,
    *,
    simulation: dict[str, Any],
    cron: Annotated[str | None, typer.Option(help='Six fields, such as "0 3 * * ? *".')] = None,
    rate: Annotated[str | None, typer.Option(help='Such as "1 hour".')] = None,
    at: Annotated[str | None, typer.Option(help="Once, such as 2027-01-31T08:00:00.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone of cron and at.")] = "UTC",
    overlap: Annotated[Overlap, typer.Option(help="Whether to start while an earlier run is in progress.")] = "ALLOW",
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Let simulations start by themselves."""
    with ApiClient(find_api_address(api_url, token)) as api:
        if action == "list":
            document = api.list_schedules()
        elif action == "remove":
            document = api.remove_schedule(_require_name(name))
        else:
            when = {"cron": cron, "rate": rate, "at": at}
            document = api.add_schedule(
                {
                    "name": _require_name(name),
                    "expression": _expression(when),
                    "timezone": timezone,
                    "overlap": overlap,
                    "input": _without_fixed_span(simulation),
                }
            )
    output.show(
        document, as_json=as_json, render=lambda console: console.print(_describe(action, document), markup=False)
    )


def _require_name(name: str | None) -> str:
    """Validate the name, which is part of an API path."""
    if name is None or re.fullmatch(r"[0-9A-Za-z_.-]{1,64}", name) is None or not name.strip("."):
        raise typer.BadParameter("specify the name of the schedule, with letters, digits, -, _ and .")
    return name


def _expression(when: dict[str, str | None]) -> str:
    expressions = [f"{kind}({value})" for kind, value in when.items() if value is not None]
    if len(expressions) != 1:
        raise typer.BadParameter("specify one of --cron, --rate and --at")
    return expressions[0]


def _without_fixed_span(simulation: dict[str, Any]) -> dict[str, Any]:
    """Reject ``--last``, which is resolved to a fixed start time: the span would grow with every run."""
    if simulation.get("mode") == "BACKFILL" and "startTime" in simulation and "endTime" not in simulation:
        raise typer.BadParameter(
            '--last cannot be used for a schedule: {"mode": "BACKFILL"} in --input is the last 90 days'
        )
    return simulation


def _describe(action: Action, document: dict[str, Any]) -> str:
    if action == "remove":
        return f"{document['name']} has been removed."
    if action == "list":
        return "\n".join(map(_line, document["schedules"])) or "No schedules yet."
    return "\n".join([_line(document), *_describe_runs(document)])


def _line(row: dict[str, Any]) -> str:
    mode = f", {row['mode']}" if row.get("mode") else ""
    return (
        f"{row['name']}: {row['expression']} {row['timezone']}, {row['state']}, "
        f"overlap {row['overlap']}{mode}, {row['input']}"
    )


def _describe_runs(added: dict[str, Any]) -> list[str]:
    """Describe what a newly added schedule will do."""
    if "runSeconds" not in added:
        return []
    length = format_duration(added["runSeconds"])
    duration = f"lives for about {length}" if added["mode"] == "LIVE" else f"takes about {length}"
    return [f"It first fires at {format_minute(added['firesAt'])}. Each run is {added['mode']} and {duration}."]
