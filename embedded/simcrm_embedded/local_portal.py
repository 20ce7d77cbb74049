"""The local HubSpot, or the real portal of the user's token."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from local_server.origin_guard import view_key
from local_server.server_arguments import server_command
from simcrm.core.credentials import strip_credential

TOKEN_SETTING = "SIMCRM_HUBSPOT_TOKEN"  # noqa: S105 - the name of a variable
URL_SETTING = "SIMCRM_HUBSPOT_URL"
REAL_HUBSPOT = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True)
class PortalConnection:
    """URL of the portal that records are written to, and its token."""

    url: str
    token: str


def user_portal(env: Mapping[str, str]) -> PortalConnection | None:
    """Return the user's own portal if its token is set."""
    token = strip_credential(env.get(TOKEN_SETTING, ""))
    return PortalConnection(env.get(URL_SETTING) or REAL_HUBSPOT, token) if token else None


def new_token() -> str:
    """Return a token in the format of HubSpot's service keys; only the local portal accepts it."""
    return f"pat-na1-{secrets.token_hex(16)}"


def portal_command(port: int) -> list[str]:
    """Return the command that runs the local portal with this interpreter; it reads its keys from standard input.

    Port 0 takes any free port.
    """
    return server_command("local_hubspot", port)


def page_url(url: str, secret: str) -> str:
    """Return the page that shows a local portal's records; the key is in the fragment, so no request contains it."""
    return f"{url}/#key={view_key(secret)}"
