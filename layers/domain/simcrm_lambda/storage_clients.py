"""The files of this deployment's simulations."""

from simcrm.core import aws_clients
from simcrm.core.config import StorageConfig
from simcrm.storage.simulation_files import SimulationFiles


def open_files(config: StorageConfig, simulation_id: str) -> SimulationFiles:
    """Return the files of a simulation."""
    return SimulationFiles(aws_clients.s3(), config.bucket_name, simulation_id)
