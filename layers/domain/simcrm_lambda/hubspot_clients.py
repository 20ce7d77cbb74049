"""The portal client of this process; connection and rate limiter are reused across invocations."""

from collections.abc import Callable
from functools import cache, partial
from math import inf

import httpx2

from simcrm.core.config import RateLimitedPortalConfig
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient, http_client
from simcrm.hubspot.rate_limit.budgets import rate_limits_from_config
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.secrets import load_secrets


@cache
def _http_client(base_url: str, token: str, timeout: float) -> httpx2.Client:
    return http_client(base_url, token, timeout)


@cache
def _rate_limiter(config: RateLimitedPortalConfig) -> HubSpotRateLimiter:
    return HubSpotRateLimiter(configured_cache(config), rate_limits_from_config(config))


def portal_client(
    config: RateLimitedPortalConfig,
    on_call: Callable[[], None] = lambda: None,
    seconds_left: Callable[[], float] = lambda: inf,
) -> HubSpotClient:
    """Return a client with the current token, which is read again if the portal refuses it."""

    def open_connection(*, fresh: bool) -> httpx2.Client:
        token = load_secrets(config.secret_arn, fresh=fresh).hubspot_token
        return _http_client(config.hubspot_base_url, token, config.hubspot_timeout_seconds)

    paths = ApiPaths(config.hubspot_api_version)
    limiter, renew = _rate_limiter(config), partial(open_connection, fresh=True)
    return HubSpotClient(
        open_connection(fresh=False), paths, on_call, limiter, refresh_connection=renew, seconds_left=seconds_left
    )
