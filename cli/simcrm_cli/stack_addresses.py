"""Addresses of a running embedded stack."""

from rich.console import Console

from simcrm_cli.output import print_to_copy
from simcrm_embedded.local_portal import page_url
from simcrm_embedded.state import StackState


def stack_addresses(state: StackState) -> dict[str, str]:
    """Return URLs and tokens by their names in ``--json``, without secrets that the user provided."""
    urls = {
        "apiUrl": state.api_url,
        "consoleUrl": console_url(state),
        "operatorToken": state.operator_token,
        "bossToken": state.boss_token,
        "hubspotUrl": state.hubspot_url,
        "hubspotToken": state.hubspot_token,
        "hubspotPageUrl": portal_page(state),
        "controlSecret": state.control_secret if state.hubspot_token or state.model_url else "",
        "awsEndpointUrl": state.endpoint,
        "awsSessionToken": state.aws_token,
        "redisUrl": state.redis_url if any(process.name == "Redis" for process in state.processes) else "",
        "stateMachineArn": state.outputs.get("StateMachineArn", ""),
    }
    return {name: value for name, value in urls.items() if value}


def console_url(state: StackState) -> str:
    """Return the URL of the operator's page."""
    return f"{state.api_url}/console"


def portal_page(state: StackState) -> str:
    """Return the page where the local portal shows its records; empty for the user's own portal."""
    return page_url(state.hubspot_url, state.control_secret) if state.hubspot_token else ""


def print_addresses(console: Console, state: StackState) -> None:
    """Print what a person opens or copies."""
    shown = {
        "Console; sign in with the operator token, or with the boss token for settings and dead letters": console_url(
            state
        ),
        "HubSpot": portal_page(state) or state.hubspot_url,
        "API": f"{state.api_url}/api/health",
        "Operator token": state.operator_token,
        "Boss token": state.boss_token,
        "AWS endpoint": state.endpoint,
    }
    for label, value in shown.items():
        print_to_copy(console, label, value)
