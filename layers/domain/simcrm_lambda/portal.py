"""The portal's client of this process."""

from collections.abc import Callable
from functools import cache

import httpx2

from simcrm.config import PortalConfig
from simcrm.hubspot.client import HubSpotClient, connect
from simcrm.hubspot.paths import Paths
from simcrm_lambda.secrets import load_secrets


@cache
def _http(base_url: str, token: str, timeout: float) -> httpx2.Client:
    return connect(base_url, token, timeout)


def portal_client(config: PortalConfig, on_call: Callable[[], None] = lambda: None) -> HubSpotClient:
    """A client with the current token; connections are kept over invocations."""
    token = load_secrets(config.secret_arn).hubspot_token
    http = _http(config.hubspot_base_url, token, config.hubspot_timeout_seconds)
    return HubSpotClient(http, Paths(config.hubspot_api_version), on_call)
