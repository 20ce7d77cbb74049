"""``simcrm token``."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import typer

from simcrm_cli import output
from simcrm_cli.deploy.api_tokens import ROLES, Role, finish, new_token, open_exchanges, rotate, token_field
from simcrm_cli.deploy.deployed_stack import STACK_NAME, default_region, find_stack
from simcrm_cli.deploy.secret import StackSecret
from simcrm_cli.errors import NoStackError
from simcrm_cli.options import AsJson
from simcrm_embedded.deployment import secrets_manager
from simcrm_embedded.project import find_project
from simcrm_embedded.state import hold_lock, load

Action = Literal["rotate", "finish"]
Document = Mapping[str, str]
Change = Callable[[Callable[[Document], Document]], Document]
_NOTHING = "There is no old token that is still valid."
_HELP_TEXTS = {
    "action": "rotate creates a new token; finish revokes the previous one.",
    "role": "The token's role; default: operator for rotate, all for finish.",
    "leaked": "The old token has leaked: revoke it at once.",
    "stack_name": "A stack on AWS; default: the embedded stack.",
    "region": "Its AWS Region.",
}


def run(
    action: Annotated[Action, typer.Argument(show_default=False, help=_HELP_TEXTS["action"])],
    role: Annotated[Role | None, typer.Argument(show_default=False, help=_HELP_TEXTS["role"])] = None,
    *,
    leaked: Annotated[bool, typer.Option("--leaked", help=_HELP_TEXTS["leaked"])] = False,
    stack_name: Annotated[str | None, typer.Option(help=_HELP_TEXTS["stack_name"])] = None,
    region: Annotated[str | None, typer.Option(help=_HELP_TEXTS["region"])] = None,
    as_json: AsJson = False,
) -> None:
    """Exchange the tokens that open the API, without a moment at which nobody gets in."""
    change = _change_embedded if stack_name is None and region is None else _deployed_change(stack_name, region)
    if action == "finish":
        if leaked:
            raise typer.BadParameter("--leaked is only valid with rotate")
        document, message = _finish(change, ROLES if role is None else (role,))
    else:
        document, message = _rotate(change, role or "operator", leaked=leaked)
    output.show(
        {"ok": True, **document},
        as_json=as_json,
        render=lambda console: console.print(message, markup=False, soft_wrap=True),
    )


def _rotate(change: Change, role: Role, *, leaked: bool) -> tuple[dict[str, Any], str]:
    token = new_token()
    is_kept = role in open_exchanges(change(lambda held: rotate(held, role, token, leaked=leaked)))
    then = (
        f"The old one remains valid. When everyone has the new one:\nsimcrm token finish {role}"
        if is_kept
        else "The old one becomes invalid within six minutes."
    )
    return {"role": role, "token": token, "oldTokenKept": is_kept}, f"New {role} token:\n{token}\n{then}"


def _finish(change: Change, roles: tuple[Role, ...]) -> tuple[dict[str, Any], str]:
    ended: list[Role] = []

    def edit(secret: Document) -> Document:
        ended[:] = open_exchanges(secret, roles)
        return finish(secret, roles)

    change(edit)
    which = " and ".join(ended)
    message = f"The old token of {which} becomes invalid within six minutes." if ended else _NOTHING
    return {"finished": ended}, message


def _deployed_change(stack_name: str | None, region: str | None) -> Change:
    return find_stack(STACK_NAME if stack_name is None else stack_name, region or default_region()).secret().change


def _change_embedded(edit: Callable[[Document], Document]) -> Document:
    """Change the embedded stack's secret, and the state from which the command line reads its token."""
    project = find_project()
    with hold_lock(project.lock_file):
        state = load(project.state_file)
        if state is None or not state.api_url:
            raise NoStackError
        secret = StackSecret(secrets_manager(state), state.outputs["SecretArn"]).change(edit)
        state.operator_token, state.boss_token = secret[token_field("operator")], secret[token_field("boss")]
        state.save(project.state_file)
        return secret
