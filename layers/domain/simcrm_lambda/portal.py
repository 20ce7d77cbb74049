"""The portal of this process: connection, limits and definitions are kept over invocations."""

from collections.abc import Callable, Container
from functools import cache, partial
from math import inf

import httpx2

from simcrm.core.config import LimitedPortalConfig
from simcrm.hubspot.api_paths import Paths
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient, connect
from simcrm.hubspot.common_cause import CommonCauses
from simcrm.hubspot.rate_limit.limiter import Limiter
from simcrm.hubspot.rate_limit.policy import budgets_of
from simcrm.hubspot.validation.property_definitions import Definitions, identity_of
from simcrm.hubspot.validation.validator import Validator
from simcrm.writing.writer import is_aborted
from simcrm_lambda.cache import cache_of
from simcrm_lambda.secrets import load_secrets

WRITER_THREADS = 5
"""Batches a writer has under way at once; with four writers that is HubSpot's limit at a second a call."""


_causes = CommonCauses()


@cache
def _http(base_url: str, token: str, timeout: float) -> httpx2.Client:
    return connect(base_url, token, timeout)


@cache
def _limiter(config: LimitedPortalConfig) -> Limiter:
    return Limiter(cache_of(config), budgets_of(config))


@cache
def _definitions(config: LimitedPortalConfig, token: str) -> Definitions:
    return Definitions(portal_client(config), cache_of(config), identity_of(config.hubspot_base_url, token))


def portal_client(
    config: LimitedPortalConfig,
    on_call: Callable[[], None] = lambda: None,
    seconds_left: Callable[[], float] = lambda: inf,
) -> HubSpotClient:
    """A client with the current token, which is read anew when the portal refuses it."""

    def connected(*, fresh: bool) -> httpx2.Client:
        token = load_secrets(config.secret_arn, fresh=fresh).hubspot_token
        return _http(config.hubspot_base_url, token, config.hubspot_timeout_seconds)

    paths = Paths(config.hubspot_api_version)
    limiter, renew = _limiter(config), partial(connected, fresh=True)
    return HubSpotClient(connected(fresh=False), paths, on_call, limiter, renew=renew, seconds_left=seconds_left)


def validator_of(config: LimitedPortalConfig, client: HubSpotClient) -> Validator:
    """A validator with the definitions that this process knows; what it must read, it reads by this client."""
    definitions = _definitions(config, load_secrets(config.secret_arn).hubspot_token)
    definitions.client = client
    return Validator(definitions)


def batch_writer(client: HubSpotClient, validator: Validator, aborts: Container[str] = ()) -> BatchWriter:
    """The writer of a function; of simulations in ``aborts`` it sends nothing any more."""
    return BatchWriter(
        client,
        threads=WRITER_THREADS,
        has_key=validator.has_key,
        repair=validator.repair,
        is_held=lambda item: is_aborted(item, aborts),
        causes=_causes,
    )
