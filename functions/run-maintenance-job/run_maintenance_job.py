"""Continue a job of a simulation, such as a clean-up or repair, for as long as one invocation may take."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.config import RateLimitedPortalConfig, StorageConfig, WriterConfig
from simcrm.jobs.action import JobKind
from simcrm.jobs.run_job import JobContext, run_job
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.address_claims import AddressClaims
from simcrm.writing.writer import Writer
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point
from simcrm_lambda.portal import create_batch_writer, create_validator, portal_client

SPARE_MS = 60_000
"""Time left for the call in progress and for saving the progress."""


class Config(StorageConfig, RateLimitedPortalConfig, WriterConfig):
    """The ledger, the portal and its writers."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, action, job}`` and return the same with ``done``."""
    config = Config.load()
    client = portal_client(config)
    validator = create_validator(config, client)
    files = SimulationFiles(aws_clients.s3(), config.bucket_name, event["simulationId"])
    claims = AddressClaims(configured_cache(config))
    writer = Writer(create_batch_writer(client, validator), lambda _: files, validator, claims)
    tools = JobContext(
        client,
        writer,
        claims,
        RunCounters(configured_cache(config), files.simulation_id),
        lambda: context.get_remaining_time_in_millis() < SPARE_MS,
        time.sleep,
        config.writer_timeout_seconds,
    )
    return event | {"done": run_job(JobKind(event["action"]), files, tools, event["job"])}
