"""Delete simulations that ended long ago and renew active ones, for as long as one invocation may take."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.config import CacheConfig, RetentionConfig, StateMachineConfig, StorageConfig
from simcrm.operations.data_retention import DataRetention
from simcrm.operations.executions import Executions
from simcrm.operations.job_lock import JobLocks
from simcrm.operations.run_renewal import renew_run
from simcrm.operations.simulations import Simulations
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.storage.simulation_prefixes import SimulationPrefixes
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point

SPARE_MS = 30_000
"""Time left for the deletion of up to a thousand objects in progress."""


class Config(StorageConfig, CacheConfig, StateMachineConfig, RetentionConfig):
    """The bucket, the cache, the state machine that runs simulations, and how long their data is kept."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{execution, after}``, an ARN and the last simulation processed; return ``{after, done}``."""
    cursor = _expiry(Config.load(), event["execution"]).run(
        datetime.now(UTC), event["after"], lambda: context.get_remaining_time_in_millis() < SPARE_MS
    )
    return cursor._asdict()


def _expiry(config: Config, execution: str) -> DataRetention:
    executions, cache = Executions(aws_clients.step_functions(), config.state_machine_arn), configured_cache(config)

    def open_files(simulation_id: str) -> SimulationFiles:
        return SimulationFiles(aws_clients.s3(), config.bucket_name, simulation_id)

    return DataRetention(
        SimulationPrefixes(aws_clients.s3(), config.bucket_name),
        open_files,
        Simulations(executions, open_files, lambda simulation_id: RunCounters(cache, simulation_id)),
        executions,
        JobLocks(aws_clients.step_functions()),
        lambda simulation_id: renew_run(cache, simulation_id),
        timedelta(days=config.data_retention_days),
        execution,
    )
