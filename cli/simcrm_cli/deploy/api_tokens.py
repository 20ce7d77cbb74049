"""Exchanging the tokens that open the API: what becomes of the secret's document."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from simcrm_cli.errors import CliError

Role = Literal["operator", "boss"]
ROLES: tuple[Role, ...] = get_args(Role)
TOKEN_BYTES = 24


class ExchangeOpenError(CliError):
    """The token before the present one still opens the API."""

    def __init__(self, role: Role) -> None:
        message = f"An exchange of the {role} token is not finished: end it with `simcrm token finish {role}`"
        super().__init__("EXCHANGE_OPEN", f"{message}, or use --leaked to drop both tokens.")


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_field(role: Role) -> str:
    """Where the secret holds a role's token."""
    return f"{role}Token"


def previous_token_field(role: Role) -> str:
    """Where the secret holds the token before it, which opens the API as well."""
    return f"{role}TokenPrevious"


def rotate(secret: Mapping[str, str], role: Role, token: str, *, leaked: bool) -> dict[str, str]:
    """A new token in place of the old one, which stays the previous one unless somebody else knows it.

    Raises:
        ExchangeOpenError: the previous place is taken, and somebody may still use what stands there.
    """
    if secret.get(previous_token_field(role)) and not leaked:
        raise ExchangeOpenError(role)
    return {
        **secret,
        token_field(role): token,
        previous_token_field(role): "" if leaked else secret.get(token_field(role), ""),
    }


def finish(secret: Mapping[str, str], roles: Sequence[Role]) -> dict[str, str]:
    """No previous tokens of these roles."""
    return {**secret, **{previous_token_field(role): "" for role in open_exchanges(secret, roles)}}


def open_exchanges(secret: Mapping[str, str], roles: Sequence[Role] = ROLES) -> list[Role]:
    """The roles with a previous token."""
    return [role for role in roles if secret.get(previous_token_field(role))]
