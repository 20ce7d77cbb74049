"""Record why a batch failed, or count what is settled and record how the simulation ended."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core.config import CacheConfig, StorageConfig
from simcrm.jobs.failure_causes import record_batch_failure
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.models.simulation_ids import parse_execution_name
from simcrm_lambda.cache_clients import open_counters
from simcrm_lambda.handler import entry_point
from simcrm_lambda.storage_clients import open_files


class Config(StorageConfig, CacheConfig):
    """The bucket with the ledger, the cache with the counters."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, startedAt, failure?}``, the first being the execution's name; return the final status.

    Alternatively, take ``{simulationId, attempt, failed}`` from a batch, where ``failed`` is the failure that its
    states caught; return the batch's error.
    """
    config = Config.load()
    simulation_id, attempt = parse_execution_name(event["simulationId"])
    files = open_files(config, simulation_id)
    if "failed" in event:
        return {"error": record_batch_failure(files, event["attempt"], event["failed"]).model_dump()}
    status = finish_simulation(
        files,
        open_counters(config, simulation_id),
        datetime.fromisoformat(event["startedAt"]),
        datetime.now(UTC),
        event.get("failure"),
        attempt=attempt,
    )
    return status.model_dump(mode="json", by_alias=True)
