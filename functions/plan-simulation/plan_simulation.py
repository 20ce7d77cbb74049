"""Check the input, prepare the portal, write plan and batches."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm import aws
from simcrm.config import PortalConfig, StorageConfig
from simcrm.planning import PlanRequest, plan_simulation
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts
from simcrm_lambda.entry import entry_point
from simcrm_lambda.portal import portal_client


class Config(StorageConfig, PortalConfig):
    """The bucket for the plan, the portal to prepare."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Take ``{simulationId, startedAt, input}``, return where the batches are."""
    config = Config.load()
    request = PlanRequest(event["simulationId"], datetime.fromisoformat(event["startedAt"]), event["input"])
    artifacts = Artifacts(aws.s3(), config.bucket_name, request.simulation_id)
    plan_simulation(request, portal_client(config), artifacts)
    return {"simulationId": request.simulation_id, "batchesKey": artifacts.key(names.BATCHES)}
