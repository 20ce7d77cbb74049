"""Where a running embedded stack is found."""

from rich.console import Console

from simcrm_cli.output import print_to_copy
from simcrm_embedded.state import StackState


def addresses(state: StackState) -> dict[str, str]:
    """URLs and tokens by their names in ``--json``; the secrets that the user brought are left out."""
    found = {
        "apiUrl": state.api_url,
        "consoleUrl": console_url(state),
        "operatorToken": state.operator_token,
        "bossToken": state.boss_token,
        "hubspotUrl": state.hubspot_url,
        "hubspotToken": state.hubspot_token,
        "awsEndpointUrl": state.endpoint,
        "redisUrl": state.redis_url if any(process.name == "Redis" for process in state.processes) else "",
        "stateMachineArn": state.outputs.get("StateMachineArn", ""),
    }
    return {name: value for name, value in found.items() if value}


def console_url(state: StackState) -> str:
    """The operator's page."""
    return f"{state.api_url}/console"


def print_addresses(console: Console, state: StackState) -> None:
    """Show what a person opens or copies."""
    shown = {
        "Console, where the operator token signs in, or the boss token for settings and dead letters": console_url(
            state
        ),
        "HubSpot": state.hubspot_url,
        "API": f"{state.api_url}/api/health",
        "Operator token": state.operator_token,
        "Boss token": state.boss_token,
        "AWS endpoint": state.endpoint,
    }
    for label, value in shown.items():
        print_to_copy(console, label, value)
