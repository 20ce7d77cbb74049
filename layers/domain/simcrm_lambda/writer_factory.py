"""Writers to the portal; their property definitions are reused across invocations."""

from collections.abc import Container
from functools import cache, partial

from simcrm.core.config import RateLimitedPortalConfig, StorageConfig
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.common_cause import CommonCauses
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache, portal_identity
from simcrm.hubspot.validation.validator import Validator
from simcrm.writing.property_changes import AddressClaims, PropertyChanges
from simcrm.writing.writer import Writer, belongs_to_aborted
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.hubspot_clients import portal_client
from simcrm_lambda.secrets import load_secrets
from simcrm_lambda.storage_clients import open_files

WRITER_THREADS = 5
"""Concurrent batches per writer; with four writers and one second per call, this reaches HubSpot's rate limit."""

_causes = CommonCauses()


class WriterFunctionConfig(StorageConfig, RateLimitedPortalConfig):
    """The configuration of a function that writes to the portal: rows and ledger, the portal with its limits."""


@cache
def _property_definitions(config: RateLimitedPortalConfig, token: str) -> PropertyDefinitionCache:
    return PropertyDefinitionCache(
        portal_client(config), configured_cache(config), portal_identity(config.hubspot_base_url, token)
    )


def create_writer(config: WriterFunctionConfig, client: HubSpotClient, aborts: Container[str] = ()) -> Writer:
    """Return a writer, which no longer sends anything for simulations in ``aborts``."""
    validator = _create_validator(config, client)
    return Writer(
        _create_batch_writer(client, validator, aborts),
        partial(open_files, config),
        PropertyChanges(validator, AddressClaims(configured_cache(config))),
        aborts,
    )


def _create_validator(config: RateLimitedPortalConfig, client: HubSpotClient) -> Validator:
    """Return a validator with this process's cached definitions; it reads missing ones with this client."""
    definitions = _property_definitions(config, load_secrets(config.secret_arn).hubspot_token)
    definitions.client = client
    return Validator(definitions)


def _create_batch_writer(client: HubSpotClient, validator: Validator, aborts: Container[str]) -> BatchWriter:
    return BatchWriter(
        client,
        threads=WRITER_THREADS,
        has_key=validator.has_key,
        fix_properties=validator.fix_properties,
        is_blocked=lambda item: belongs_to_aborted(item, aborts),
        causes=_causes,
    )
