"""What the jobs of a simulation work with."""

import time

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core.config import WriterConfig
from simcrm.jobs.run_job import JobContext
from simcrm.writing.property_changes import AddressClaims
from simcrm_lambda.cache_clients import configured_cache, open_counters
from simcrm_lambda.hubspot_clients import portal_client
from simcrm_lambda.writer_factory import WriterFunctionConfig, create_writer

SPARE_MS = 60_000
"""Time left for the call in progress and for saving the progress."""


class JobConfig(WriterFunctionConfig, WriterConfig):
    """What a writer needs, and how long the writers of a run may take."""


def create_job_context(config: JobConfig, simulation_id: str, context: LambdaContext) -> JobContext:
    """Return the context of a simulation's job in this invocation."""
    client = portal_client(config)
    return JobContext(
        client,
        create_writer(config, client),
        AddressClaims(configured_cache(config)),
        open_counters(config, simulation_id),
        lambda: context.get_remaining_time_in_millis() < SPARE_MS,
        time.sleep,
        config.writer_timeout_seconds,
    )
