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
from simcrm_cli.deploy.capacity import fit_to_account, format_requirements, run_requirements
from simcrm_cli.deploy.deployed_stack import STACK_NAME, DeployedStack, default_region, find_stack
from simcrm_cli.deploy.deployment_config import (
    CacheKind,
    DeploymentConfig,
    cache_parameters,
    default_parameters,
    keys_from_environment,
    needed_keys,
    parse_parameters,
)
from simcrm_cli.deploy.guided_setup import Terminal, ask_settings, ask_stack
from simcrm_cli.deploy.unattended_setup import read_answers
from simcrm_cli.errors import CliError
from simcrm_cli.http_client import http_client
from simcrm_cli.options import AsJson
from simcrm_embedded.project import Project, find_project

HEALTH_SECONDS = 180.0
POLL_SECONDS = 2.0
_HELP = {
    "parameter": "A template parameter as NAME=VALUE; repeatable.",
    "answers": "A JSON file with answers keyed by option name; options override it, and it overrides previous answers.",
    "template": "A template built by sam build; built now if omitted.",
    "records": "Number of records of the run to estimate.",
    "cache": "public (ElastiCache with IAM), own (redisUrl of the secret) or vpc.",
}


def run(
    *,
    stack_name: Annotated[str | None, typer.Option(help="An existing stack is upgraded.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS Region.")] = None,
    cache: Annotated[CacheKind | None, typer.Option(help=_HELP["cache"])] = None,
    subnet_ids: Annotated[str | None, typer.Option(help="Private subnets, comma-separated.")] = None,
    security_group_ids: Annotated[str | None, typer.Option(help="Security groups, comma-separated.")] = None,
    alarm_email: Annotated[str | None, typer.Option(help="E-mail address for alarms.")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help=_HELP["parameter"])] = None,
    answers: Annotated[Path | None, typer.Option(help=_HELP["answers"])] = None,
    template: Annotated[Path | None, typer.Option(help=_HELP["template"])] = None,
    records: Annotated[int, typer.Option(min=1, max=1_000_000, help=_HELP["records"])] = 1_000_000,
    yes: Annotated[bool, typer.Option("--yes", help="Skip all questions.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan without deploying.")] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy to AWS, or upgrade what is there; former answers and keys stay."""
    project = find_project()
    known = default_parameters(project)
    own = {
        "stackName": stack_name,
        "region": region,
        "cache": cache,
        "subnetIds": subnet_ids,
        "securityGroupIds": security_group_ids,
        "alarmEmail": alarm_email,
    }
    given_answers = read_answers(answers, known) | {name: value for name, value in own.items() if value is not None}
    given_answers["parameters"] = {**given_answers.get("parameters", {}), **parse_parameters(parameter or [], known)}
    stack, config, upgrades = _ask_config(given_answers, known, None if yes else Terminal())
    allowed = read_account(stack.region)
    config = fit_to_account(config, given_answers["parameters"], allowed)
    account = run_requirements(config, known, allowed, records, datetime.now(UTC))
    document = {**_plan(config, known, upgrades=upgrades), "account": account}
    if not dry_run:
        if not yes and not typer.confirm(f"{_describe(document)}\nContinue?", default=True, err=True):
            raise CliError("NOT_CONFIRMED", "Nothing was changed.")
        if yes:
            output.messages().print(format_requirements(account), markup=False)
        document |= _deploy(project, stack, config, known, template)
    output.show({"ok": True, **document}, as_json=as_json, render=lambda console: _render(console, document))


def _ask_config(
    answers: dict[str, Any], known: dict[str, str], terminal: Terminal | None
) -> tuple[DeployedStack, DeploymentConfig, bool]:
    """Return the stack, its configuration, and whether it exists; with a terminal, ask a person."""
    place = (str(answers.get("stackName", STACK_NAME)), str(answers.get("region") or default_region()))
    stack = find_stack(*(place if terminal is None else ask_stack(terminal, *place)))
    former = {name: value for name, value in stack.parameters().items() if name in known}
    config = _with_answers(
        DeploymentConfig(stack.name, stack.region, former, keys_from_environment(os.environ)), answers
    )
    if terminal is not None:
        config = ask_settings(terminal, config, {name: bool(value) for name, value in stack.held().items()})
    return stack, config, bool(former)


def _with_answers(config: DeploymentConfig, answers: dict[str, Any]) -> DeploymentConfig:
    """Apply the answers to the stack's current parameters."""
    former = config.parameters
    subnets = str(answers.get("subnetIds", former.get("SubnetIds", "")))
    groups = str(answers.get("securityGroupIds", former.get("SecurityGroupIds", "")))
    own = cache_parameters(CacheKind(answers["cache"]), subnets, groups) if "cache" in answers else {}
    email = {"AlarmEmail": str(answers["alarmEmail"])} if "alarmEmail" in answers else {}
    return config.with_parameters({**own, **email, **answers["parameters"]})


def _plan(config: DeploymentConfig, known: dict[str, str], *, upgrades: bool) -> dict[str, Any]:
    """Describe what will be done; only the names of keys are shown."""
    changed = {name: value for name, value in config.parameters.items() if value != known.get(name)}
    return {
        "stackName": config.stack_name,
        "region": config.region,
        "action": "upgrade" if upgrades else "create",
        "cache": config.cache,
        "parameters": changed,
        "keys": sorted(config.keys),
    }


def _deploy(
    project: Project, stack: DeployedStack, config: DeploymentConfig, known: dict[str, str], template: Path | None
) -> dict[str, Any]:
    if template is None:
        sam.build(project)
    former = stack.held()
    try:
        sam.deploy(project, config, known, template)
    except sam.SamError:
        stack.restore(former)
        raise
    outputs = stack.outputs()
    stored = stack.store(outputs["SecretArn"], config.keys, former)
    url = stack.api_url(outputs)
    _wait_until_healthy(url)
    token = f"aws secretsmanager get-secret-value --region {stack.region} --secret-id {outputs['SecretArn']}"
    return {
        "apiUrl": url,
        "consoleUrl": f"{url}/console",
        "secretArn": outputs["SecretArn"],
        "changedKeys": list(stored.changed),
        "restoredKeys": list(stored.restored),
        "missingKeys": [name for name in needed_keys(config.cache) if not stored.held.get(name)],
        "doctorCommand": f"SIMCRM_API_TOKEN=... simcrm doctor --api-url {url}",
        "tokenCommand": f"{token} --query SecretString --output text",
    }


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + HEALTH_SECONDS
    with http_client(url, "", HEALTH_SECONDS) as http:
        while time.monotonic() < deadline:
            try:
                if http.get(f"{url}/api/health").is_success:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(POLL_SECONDS)
    raise CliError("NOT_HEALTHY", f"The stack is deployed, but {url}/api/health does not answer: see docs/runbook.md.")


def _describe(document: dict[str, Any]) -> str:
    keys = ", ".join(document["keys"]) or "none"
    settings = "".join(f"\n  {name} = {value}" for name, value in sorted(document["parameters"].items()))
    place = f"{document['action']} {document['stackName']} in {document['region']}"
    will = f"Will {place}, cache {document['cache']}, new keys: {keys}; changed parameters:{settings or ' none'}"
    return f"{will}\n{format_requirements(document['account'])}"


def _render(console: Console, document: dict[str, Any]) -> None:
    if "apiUrl" not in document:
        console.print(_describe(document), markup=False, soft_wrap=True)
        return
    if document["restoredKeys"]:
        restored = ", ".join(document["restoredKeys"])
        console.print(f"CloudFormation regenerated the secret; restored: {restored}", markup=False)
    if document["missingKeys"]:
        missing = ", ".join(document["missingKeys"])
        console.print(f"The secret lacks {missing}: deploy again with it.", style="yellow", markup=False)
    output.print_to_copy(console, "Console", document["consoleUrl"])
    output.print_to_copy(console, "API", document["apiUrl"])
    output.print_to_copy(
        console, "Tokens; the console and the command line need operatorToken", document["tokenCommand"]
    )
    output.print_to_copy(console, "To check that everything works", document["doctorCommand"])
