"""Rotation of the API tokens in the secret's document."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from simcrm_cli.errors import CliError

Role = Literal["operator", "boss"]
ROLES: tuple[Role, ...] = get_args(Role)
TOKEN_BYTES = 24


class ExchangeOpenError(CliError):
    """The previous token is still valid for the API."""

    def __init__(self, role: Role) -> None:
        message = f"A rotation of the {role} token is in progress: finish it with `simcrm token finish {role}`"
        super().__init__("EXCHANGE_OPEN", f"{message}, or use --leaked to revoke both tokens.")


def new_token() -> str:
    """Return a random token that cannot be guessed."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_field(role: Role) -> str:
    """Return the secret's field for a role's token."""
    return f"{role}Token"


def previous_token_field(role: Role) -> str:
    """Return the secret's field for a role's previous token, which the API accepts as well."""
    return f"{role}TokenPrevious"


def rotate(secret: Mapping[str, str], role: Role, token: str, *, leaked: bool) -> dict[str, str]:
    """Replace a role's token and keep the old one as the previous token unless it has leaked.

    Raises:
        ExchangeOpenError: there already is a previous token, which may still be in use.
    """
    if secret.get(previous_token_field(role)) and not leaked:
        raise ExchangeOpenError(role)
    return {
        **secret,
        token_field(role): token,
        previous_token_field(role): "" if leaked else secret.get(token_field(role), ""),
    }


def finish(secret: Mapping[str, str], roles: Sequence[Role]) -> dict[str, str]:
    """Remove the previous tokens of these roles."""
    return {**secret, **{previous_token_field(role): "" for role in open_exchanges(secret, roles)}}


def open_exchanges(secret: Mapping[str, str], roles: Sequence[Role] = ROLES) -> list[Role]:
    """Return the roles that have a previous token."""
    return [role for role in roles if secret.get(previous_token_field(role))]
