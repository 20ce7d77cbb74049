"""Note why a batch failed, or count what is settled and record how the simulation ended."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.core.config import CacheConfig, StorageConfig
from simcrm.jobs.failure_causes import note_batch_failure
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.models.simulation_ids import simulation_of
from simcrm.storage.simulation_files import Artifacts
from simcrm_lambda.cache import cache_of
from simcrm_lambda.entry import entry_point


class Config(StorageConfig, CacheConfig):
    """The bucket with the ledger, the cache with the counters."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, startedAt, failure?}``, the first being the execution's name; return the final status.

    Or take ``{simulationId, attempt, failed}`` from a batch, ``failed`` being what its states know; return its error.
    """
    config = Config.load()
    simulation_id, attempt = simulation_of(event["simulationId"])
    artifacts = Artifacts(aws_clients.s3(), config.bucket_name, simulation_id)
    if "failed" in event:
        return {"error": note_batch_failure(artifacts, event["attempt"], event["failed"]).model_dump()}
    status = finish_simulation(
        artifacts,
        Metrics(cache_of(config), artifacts.simulation_id),
        datetime.fromisoformat(event["startedAt"]),
        datetime.now(UTC),
        event.get("failure"),
        attempt=attempt,
    )
    return status.model_dump(mode="json", by_alias=True)
