"""Go on with a clean-up or a repair run for as long as one invocation may take."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.core.config import LimitedPortalConfig, StorageConfig, WriterConfig
from simcrm.jobs.action import Action
from simcrm.jobs.run_job import Tools, work
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.address_claims import Claims
from simcrm.writing.writer import Writer
from simcrm_lambda.cache import cache_of
from simcrm_lambda.entry import entry_point
from simcrm_lambda.portal import batch_writer, portal_client, validator_of

SPARE_MS = 60_000
"""Left for the call under way and for keeping the progress."""


class Config(StorageConfig, LimitedPortalConfig, WriterConfig):
    """The ledger, the portal and its writers."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, action, job}``, return the same with ``done``."""
    config = Config.load()
    client = portal_client(config)
    validator = validator_of(config, client)
    artifacts = Artifacts(aws_clients.s3(), config.bucket_name, event["simulationId"])
    claims = Claims(cache_of(config))
    writer = Writer(batch_writer(client, validator), lambda _: artifacts, validator, claims)
    tools = Tools(
        client,
        writer,
        claims,
        Metrics(cache_of(config), artifacts.simulation_id),
        lambda: context.get_remaining_time_in_millis() < SPARE_MS,
        time.sleep,
        config.writer_timeout_seconds,
    )
    return event | {"done": work(Action(event["action"]), artifacts, tools, event["job"])}
