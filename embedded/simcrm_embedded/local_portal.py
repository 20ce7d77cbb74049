"""The local HubSpot, or the real portal whose token the user gives."""

import json
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local_server.origin_guard import view_key
from local_server.secret_arguments import OPTION
from simcrm.core.credentials import strip_credential

TOKEN_SETTING = "SIMCRM_HUBSPOT_TOKEN"  # noqa: S105 - the name of a variable
URL_SETTING = "SIMCRM_HUBSPOT_URL"
REAL_HUBSPOT = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True)
class PortalConnection:
    """Where records are written, and the token for it."""

    url: str
    token: str


def user_portal(env: Mapping[str, str]) -> PortalConnection | None:
    """The user's own portal, if there is a token for it."""
    token = strip_credential(env.get(TOKEN_SETTING, ""))
    return PortalConnection(env.get(URL_SETTING) or REAL_HUBSPOT, token) if token else None


def new_token() -> str:
    """A token in the shape of HubSpot's service keys; it opens nothing but the local portal."""
    return f"pat-na1-{secrets.token_hex(16)}"


def portal_command(port: int) -> list[str]:
    """How to run the local portal with the interpreter of this command; it is given its keys. Port 0: any."""
    return [sys.executable, "-m", "local_hubspot", "--port", str(port), OPTION]


def page_url(url: str, secret: str) -> str:
    """Where a person looks at a local portal's records: the key that lets the page read is in no request's address."""
    return f"{url}/#key={view_key(secret)}"


def read_url(log: Path) -> str | None:
    """The URL that a server of the stack printed once it had its port."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError, KeyError):
            return str(json.loads(line)["url"])
    return None
