"""Where a running embedded stack is found."""

from rich.console import Console
from rich.table import Table

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
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("Console", console_url(state))
    table.add_row("", "sign in with the operator token, or with the boss token for settings and dead letters")
    table.add_row("HubSpot", state.hubspot_url)
    table.add_row("API", f"{state.api_url}/api/health")
    table.add_row("Operator token", state.operator_token)
    table.add_row("Boss token", state.boss_token)
    table.add_row("AWS endpoint", state.endpoint)
    console.print(table)
