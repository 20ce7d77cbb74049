"""Tokens and their scopes."""

from collections.abc import Mapping

from pydantic import TypeAdapter

from local_hubspot.portal.errors import HubSpotError
from local_hubspot.portal.object_types import find_object_type

Tokens = Mapping[str, frozenset[str] | None]
"""Tokens and their scopes; None means all scopes."""

TOKENS_ADAPTER: TypeAdapter[Tokens] = TypeAdapter(Tokens)

_OWN_OBJECT_SCOPES = {"products", "line_items"}
"""Types whose properties need the scopes of their records."""

_LINK = "https://developers.hubspot.com/scopes"
_UNAUTHENTICATED = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at "
    "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)


def authenticate(tokens: Tokens, authorization: str | None) -> str:
    """Return the token of an ``Authorization`` header; raises :class:`HubSpotError` (401).

    If no tokens are configured, any token is accepted, but there must be one.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token or (tokens and token not in tokens):
        raise HubSpotError(401, _UNAUTHENTICATED, category="INVALID_AUTHENTICATION")
    return token


def needed_scopes(area: str, path: Mapping[str, str], *, writes: bool) -> list[str]:
    """Return the scopes that a call needs; ``area`` is objects, schemas, owners, account or currencies."""
    if area == "owners":
        return ["crm.objects.owners.read"]
    if area == "account":
        return ["oauth"]
    if area == "currencies":
        return ["settings.currencies.read"]
    kinds = [find_object_type(path[name]).plural for name in ("objectType", "toObjectType") if name in path]
    mode = "write" if writes else "read"
    return list(dict.fromkeys(scope for plural in kinds for scope in _scopes(area, plural, mode)))


def require_scopes(tokens: Tokens, token: str, needed: list[str]) -> None:
    """Check the scopes of a token; raises :class:`HubSpotError` (403) if one is missing."""
    granted = tokens.get(token)
    if granted is None or all(scope in granted for scope in needed):
        return
    raise HubSpotError(
        403,
        "One or more of the following scopes are required.",
        category="MISSING_SCOPES",
        context={"requiredGranularScopes": [scope for scope in needed if scope not in granted], "links": [_LINK]},
    )


def _scopes(area: str, plural: str, mode: str) -> tuple[str, ...]:
    if plural == "tickets":
        return ("tickets",)
    if plural in _OWN_OBJECT_SCOPES:
        return (f"crm.objects.{plural}.{mode}",)
    owner = plural if plural in {"contacts", "companies", "deals"} else "contacts"
    scope = f"crm.{area}.{owner}.{mode}"
    return (scope, "sales-email-read") if plural == "emails" else (scope,)
