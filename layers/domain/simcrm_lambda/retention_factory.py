"""The deletion of data whose retention period is over."""

from datetime import timedelta
from functools import partial

from simcrm.core import aws_clients
from simcrm.core.config import RetentionConfig, SimulationsConfig
from simcrm.operations.data_retention import DataRetention
from simcrm.operations.job_lock import JobLocks
from simcrm.operations.run_renewal import renew_run
from simcrm.storage.simulation_prefixes import SimulationPrefixes
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.operation_factory import create_executions, create_simulations
from simcrm_lambda.storage_clients import open_files


class DataRetentionConfig(SimulationsConfig, RetentionConfig):
    """The simulations of this deployment, and how long their data is kept."""


def create_data_retention(config: DataRetentionConfig, execution: str) -> DataRetention:
    """Return the pass over all simulations that an execution, given by its ARN, makes."""
    executions = create_executions(config)
    return DataRetention(
        SimulationPrefixes(aws_clients.s3(), config.bucket_name),
        partial(open_files, config),
        create_simulations(config, executions),
        executions,
        JobLocks(aws_clients.step_functions()),
        partial(renew_run, configured_cache(config)),
        timedelta(days=config.data_retention_days),
        execution,
    )
