"""Fitting a deployment to its account: how many batches run in parallel, and what a run would need."""

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any

from simcrm.core.config import PreviewConfig
from simcrm.planning.resolved_input import resolve_input
from simcrm.preview.limits import functions_needed, max_map_concurrency
from simcrm.preview.preview import PreviewContext, preview_simulation
from simcrm_cli.deploy.aws_account import FUNCTIONS, AccountQuotas
from simcrm_cli.deploy.deployment_config import DeploymentConfig
from simcrm_cli.limits_view import first_limit, limit_line

MAP_CONCURRENCY, LAMBDA_CONCURRENCY = "MapConcurrency", "LambdaConcurrency"
VARIABLES = {
    MAP_CONCURRENCY: "MAP_CONCURRENCY",
    "HubSpotCallsPerTenSeconds": "HUBSPOT_CALLS_PER_TEN_SECONDS",
    "HubSpotCallsPerDay": "HUBSPOT_CALLS_PER_DAY",
}
"""Parameters that a preview uses, and the environment variables from which the functions read them."""

Document = dict[str, Any]


def fit_to_account(wanted: DeploymentConfig, given: Container[str], allowed: AccountQuotas) -> DeploymentConfig:
    """Set the account's Lambda concurrency and as many parallel batches as it allows.

    Parameters in ``given`` were set explicitly and stay as they are, and so does the number of batches in an upgrade.
    Nothing changes if the account's concurrency could not be read.
    """
    if FUNCTIONS in allowed.unread:
        return wanted
    functions = allowed.quotas.functions
    found = {LAMBDA_CONCURRENCY: str(functions), MAP_CONCURRENCY: str(max_map_concurrency(functions))}
    kept = {name for name in found if name in given} | ({MAP_CONCURRENCY} & wanted.parameters.keys())
    return wanted.with_parameters({name: value for name, value in found.items() if name not in kept})


def run_requirements(
    wanted: DeploymentConfig, known: Mapping[str, str], allowed: AccountQuotas, records: int, now: datetime
) -> Document:
    """Return what a backfill of this size needs from the account, with the limit it meets first at the top."""
    values = {**known, **wanted.parameters}
    config = PreviewConfig.load({variable: values[name] for name, variable in VARIABLES.items()})
    resolved = resolve_input({"totalRecords": records, "seed": "needs"})
    found = preview_simulation(resolved, PreviewContext(config, has_key=False, quotas=allowed.quotas), now)
    return {
        "functions": None if FUNCTIONS in allowed.unread else allowed.quotas.functions,
        "mapConcurrency": config.map_concurrency,
        "fittingMapConcurrency": max_map_concurrency(allowed.quotas.functions),
        "unread": list(allowed.unread),
        "records": records,
        "limits": found["limits"],
    }


def format_requirements(account: Document) -> str:
    """Format the requirements for people, with advice if batches and functions do not match."""
    functions = "does not report how many functions it runs" if account["functions"] is None else "runs {functions:,}"
    lines = [f"The account {functions.format(**account)} at a time; MapConcurrency is {account['mapConcurrency']}."]
    lines += [_advice(account)] if account["functions"] is not None else []
    lines.append(f"A run of {account['records']:,} records, {first_limit(account['limits'])}. All limits:")
    lines += [f"  {limit_line(limit)}" for limit in account["limits"]]
    if account["unread"]:
        lines.append("AWS defaults are assumed for quotas that could not be read.")
    return "\n".join(line for line in lines if line)


def _advice(account: Document) -> str:
    batches, fitting = account["mapConcurrency"], account["fittingMapConcurrency"]
    if batches > fitting:
        wanted = functions_needed(batches)
        return f"Calls will wait for each other: --parameter MapConcurrency={fitting} fits, or ask AWS for {wanted}."
    return f"--parameter MapConcurrency={fitting} would also fit." if batches < fitting else ""
