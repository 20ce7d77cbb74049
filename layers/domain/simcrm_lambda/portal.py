"""The portal client of this process; connection, rate limiter and definitions are reused across invocations."""

from collections.abc import Callable, Container
from functools import cache, partial
from math import inf

import httpx2

from simcrm.core.config import RateLimitedPortalConfig
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient, http_client
from simcrm.hubspot.common_cause import CommonCauses
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm.hubspot.rate_limit.policy import rate_limits_from_config
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache, portal_identity
from simcrm.hubspot.validation.validator import Validator
from simcrm.writing.writer import belongs_to_aborted
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.secrets import load_secrets

WRITER_THREADS = 5
"""Concurrent batches per writer; with four writers and one second per call, this reaches HubSpot's rate limit."""


_causes = CommonCauses()


@cache
def _http_client(base_url: str, token: str, timeout: float) -> httpx2.Client:
    return http_client(base_url, token, timeout)


@cache
def _rate_limiter(config: RateLimitedPortalConfig) -> HubSpotRateLimiter:
    return HubSpotRateLimiter(configured_cache(config), rate_limits_from_config(config))


@cache
def _property_definitions(config: RateLimitedPortalConfig, token: str) -> PropertyDefinitionCache:
    return PropertyDefinitionCache(
        portal_client(config), configured_cache(config), portal_identity(config.hubspot_base_url, token)
    )


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


def create_validator(config: RateLimitedPortalConfig, client: HubSpotClient) -> Validator:
    """Return a validator with this process's cached definitions; it reads missing ones with this client."""
    definitions = _property_definitions(config, load_secrets(config.secret_arn).hubspot_token)
    definitions.client = client
    return Validator(definitions)


def create_batch_writer(client: HubSpotClient, validator: Validator, aborts: Container[str] = ()) -> BatchWriter:
    """Return a batch writer, which no longer sends anything for simulations in ``aborts``."""
    return BatchWriter(
        client,
        threads=WRITER_THREADS,
        has_key=validator.has_key,
        fix_properties=validator.fix_properties,
        is_blocked=lambda item: belongs_to_aborted(item, aborts),
        causes=_causes,
    )
