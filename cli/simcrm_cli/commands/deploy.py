"""``simcrm deploy``."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console

from simcrm_cli import output
from simcrm_cli.deploy import sam
from simcrm_cli.deploy.aws_account import read_account
from simcrm_cli.deploy.capacity import fitted, needs, said_of
from simcrm_cli.deploy.deployed_stack import STACK_NAME, DeployedStack, default_region, named_stack
from simcrm_cli.deploy.deployment_config import (
    Cache,
    Wanted,
    cache_parameters,
    defaults,
    given_parameters,
    keys_of,
    needed_keys,
)
from simcrm_cli.deploy.guided_setup import Terminal, what, where
from simcrm_cli.deploy.unattended_setup import read_answers
from simcrm_cli.errors import CliError
from simcrm_cli.http_client import connect
from simcrm_cli.options import AsJson
from simcrm_embedded.project import Project, find_project

HEALTH_SECONDS = 180.0
POLL_SECONDS = 2.0
_HELP = {
    "parameter": "A parameter of the template as NAME=VALUE; can be given several times.",
    "answers": "A JSON file with answers by the names of the options; options come before it, former answers after it.",
    "template": "A template that sam build has made; without it, it is built.",
    "records": "Size of a run whose needs are said.",
    "cache": "public (ElastiCache with IAM), own (redisUrl of the secret) or vpc.",
}


def run(
    *,
    stack_name: Annotated[str | None, typer.Option(help="A stack that is there is upgraded.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS Region.")] = None,
    cache: Annotated[Cache | None, typer.Option(help=_HELP["cache"])] = None,
    subnet_ids: Annotated[str | None, typer.Option(help="Private subnets, with commas.")] = None,
    security_group_ids: Annotated[str | None, typer.Option(help="Security groups, with commas.")] = None,
    alarm_email: Annotated[str | None, typer.Option(help="Who is told of alarms.")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help=_HELP["parameter"])] = None,
    answers: Annotated[Path | None, typer.Option(help=_HELP["answers"])] = None,
    template: Annotated[Path | None, typer.Option(help=_HELP["template"])] = None,
    records: Annotated[int, typer.Option(min=1, max=1_000_000, help=_HELP["records"])] = 1_000_000,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy to AWS, or upgrade what is there; former answers and keys stay."""
    project = find_project()
    known = defaults(project)
    own = {
        "stackName": stack_name,
        "region": region,
        "cache": cache,
        "subnetIds": subnet_ids,
        "securityGroupIds": security_group_ids,
        "alarmEmail": alarm_email,
    }
    given = read_answers(answers, known) | {name: value for name, value in own.items() if value is not None}
    given["parameters"] = {**given.get("parameters", {}), **given_parameters(parameter or [], known)}
    stack, wanted, upgrades = _asked(given, known, None if yes else Terminal())
    allowed = read_account(stack.region)
    wanted = fitted(wanted, given["parameters"], allowed)
    account = needs(wanted, known, allowed, records, datetime.now(UTC))
    document = {**_plan(wanted, known, upgrades=upgrades), "account": account}
    if not dry_run:
        if not yes and not typer.confirm(f"{_said(document)}\nGo on?", default=True, err=True):
            raise CliError("NOT_CONFIRMED", "Nothing was done.")
        if yes:
            output.messages().print(said_of(account), markup=False)
        document |= _deploy(project, stack, wanted, known, template)
    output.show({"ok": True, **document}, as_json=as_json, render=lambda console: _render(console, document))


def _asked(
    given: dict[str, Any], known: dict[str, str], terminal: Terminal | None
) -> tuple[DeployedStack, Wanted, bool]:
    """The stack, what it shall be, and whether it is there; a person is asked where there is a terminal."""
    place = (str(given.get("stackName", STACK_NAME)), str(given.get("region") or default_region()))
    stack = named_stack(*(place if terminal is None else where(terminal, *place)))
    former = {name: value for name, value in stack.parameters().items() if name in known}
    wanted = _answered(Wanted(stack.name, stack.region, former, keys_of(os.environ)), given)
    if terminal is not None:
        wanted = what(terminal, wanted, {name: bool(value) for name, value in stack.held().items()})
    return stack, wanted, bool(former)


def _answered(wanted: Wanted, given: dict[str, Any]) -> Wanted:
    """Answers over what the stack has."""
    former = wanted.parameters
    subnets = str(given.get("subnetIds", former.get("SubnetIds", "")))
    groups = str(given.get("securityGroupIds", former.get("SecurityGroupIds", "")))
    own = cache_parameters(Cache(given["cache"]), subnets, groups) if "cache" in given else {}
    email = {"AlarmEmail": str(given["alarmEmail"])} if "alarmEmail" in given else {}
    return wanted.with_parameters({**own, **email, **given["parameters"]})


def _plan(wanted: Wanted, known: dict[str, str], *, upgrades: bool) -> dict[str, Any]:
    """What will be done; of keys only which."""
    changed = {name: value for name, value in wanted.parameters.items() if value != known.get(name)}
    return {
        "stackName": wanted.stack_name,
        "region": wanted.region,
        "action": "upgrade" if upgrades else "create",
        "cache": wanted.cache,
        "parameters": changed,
        "keys": sorted(wanted.keys),
    }


def _deploy(
    project: Project, stack: DeployedStack, wanted: Wanted, known: dict[str, str], template: Path | None
) -> dict[str, Any]:
    if template is None:
        sam.build(project)
    former = stack.held()
    try:
        sam.deploy(project, wanted, known, template)
    except sam.SamError:
        stack.restore(former)
        raise
    outputs = stack.outputs()
    stored = stack.store(outputs["SecretArn"], wanted.keys, former)
    url = stack.api_url(outputs)
    _wait_until_healthy(url)
    token = f"aws secretsmanager get-secret-value --region {stack.region} --secret-id {outputs['SecretArn']}"
    return {
        "apiUrl": url,
        "consoleUrl": f"{url}/console",
        "secretArn": outputs["SecretArn"],
        "changedKeys": list(stored.changed),
        "restoredKeys": list(stored.restored),
        "missingKeys": [name for name in needed_keys(wanted.cache) if not stored.held.get(name)],
        "doctorCommand": f"SIMCRM_API_TOKEN=... simcrm doctor --api-url {url}",
        "tokenCommand": f"{token} --query SecretString --output text",
    }


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + HEALTH_SECONDS
    with connect(url, "", HEALTH_SECONDS) as http:
        while time.monotonic() < deadline:
            try:
                if http.get(f"{url}/api/health").is_success:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(POLL_SECONDS)
    raise CliError("NOT_HEALTHY", f"The stack is deployed, but {url}/api/health does not answer: see docs/runbook.md.")


def _said(document: dict[str, Any]) -> str:
    keys = ", ".join(document["keys"]) or "none"
    settings = "".join(f"\n  {name} = {value}" for name, value in sorted(document["parameters"].items()))
    place = f"{document['action']} {document['stackName']} in {document['region']}"
    will = f"Will {place}, cache {document['cache']}, new keys: {keys}; changed parameters:{settings or ' none'}"
    return f"{will}\n{said_of(document['account'])}"


def _render(console: Console, document: dict[str, Any]) -> None:
    if "apiUrl" not in document:
        console.print(_said(document), markup=False, soft_wrap=True)
        return
    if document["restoredKeys"]:
        restored = ", ".join(document["restoredKeys"])
        console.print(f"CloudFormation made the secret anew; brought back: {restored}", markup=False)
    if document["missingKeys"]:
        missing = ", ".join(document["missingKeys"])
        console.print(f"The secret has no {missing}: deploy again with it.", style="yellow", markup=False)
    output.print_to_copy(console, "Console", document["consoleUrl"])
    output.print_to_copy(console, "API", document["apiUrl"])
    output.print_to_copy(
        console, "Tokens, of which console and command line want operatorToken", document["tokenCommand"]
    )
    output.print_to_copy(console, "Whether everything works", document["doctorCommand"])
