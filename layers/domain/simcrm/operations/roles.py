"""Roles: an operator runs simulations; a boss also changes how they are generated."""

import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Role(StrEnum):
    """The role that a token grants; a boss may do everything an operator may."""

    OPERATOR = "operator"
    BOSS = "boss"


SCHEME = "Bearer "


def role_for_header(header: str, tokens: Mapping[Role, Sequence[str]]) -> Role | None:
    """Return the highest role of an Authorization header; a role may have several ``tokens`` during rotation.

    All tokens are always compared, each in constant time; an empty token grants nothing.
    """
    token = header.removeprefix(SCHEME).encode() if header.startswith(SCHEME) else b""
    matched = {role for role in Role for known in tokens.get(role, ()) if _is_same(token, known)}
    return next((role for role in (Role.BOSS, Role.OPERATOR) if role in matched), None)


def _is_same(token: bytes, known: str) -> bool:
    return hmac.compare_digest(token, known.encode()) and known != ""
