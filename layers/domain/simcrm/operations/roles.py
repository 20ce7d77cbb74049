"""Who may do what: an operator runs simulations, a boss also changes how they are made."""

import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Role(StrEnum):
    """The role a token stands for; a boss may do all that an operator may."""

    OPERATOR = "operator"
    BOSS = "boss"


SCHEME = "Bearer "


def role_for_header(header: str, tokens: Mapping[Role, Sequence[str]]) -> Role | None:
    """The greatest role of an Authorization header; ``tokens`` may hold several for a role, while one is exchanged.

    Each is compared in constant time, all of them always; an empty token opens nothing.
    """
    token = header.removeprefix(SCHEME).encode() if header.startswith(SCHEME) else b""
    matched = {role for role in Role for known in tokens.get(role, ()) if _is_same(token, known)}
    return next((role for role in (Role.BOSS, Role.OPERATOR) if role in matched), None)


def _is_same(token: bytes, known: str) -> bool:
    return hmac.compare_digest(token, known.encode()) and known != ""
