"""Who may do what: an operator runs simulations, a boss also changes how they are made."""

import hmac
from enum import StrEnum


class Role(StrEnum):
    """The role a token stands for; a boss may do all that an operator may."""

    OPERATOR = "operator"
    BOSS = "boss"


SCHEME = "Bearer "


def role_of(header: str, *, operator_token: str, boss_token: str) -> Role | None:
    """The role of an Authorization header, compared in constant time; an empty token opens nothing."""
    token = header.removeprefix(SCHEME).encode() if header.startswith(SCHEME) else b""
    matches = {
        Role.BOSS: hmac.compare_digest(token, boss_token.encode()) and boss_token != "",
        Role.OPERATOR: hmac.compare_digest(token, operator_token.encode()) and operator_token != "",
    }
    return next((role for role, matched in matches.items() if matched), None)
