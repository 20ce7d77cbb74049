"""The portal's own deal pipeline and owners."""

from simcrm.core.errors import InvalidSimulationError
from simcrm.hubspot.batch_reader import read_pages
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.owner import Owner


def deal_pipeline(client: HubSpotClient, pipeline_id: str | None) -> DealPipeline:
    """The pipeline with this ID, or the portal's first one.

    Raises:
        InvalidSimulationError: the portal has no such pipeline, or the pipeline lacks an open, a won or a lost stage.
    """
    pipelines = sorted(
        client.get(client.paths.pipelines(ObjectType.DEALS))["results"], key=lambda found: found["displayOrder"]
    )
    matches = [pipeline for pipeline in pipelines if pipeline_id in {None, pipeline["id"]}]
    if not matches:
        known = ", ".join(pipeline["id"] for pipeline in pipelines)
        raise InvalidSimulationError("hubspot.pipelineId", f"the portal has no pipeline {pipeline_id}, it has {known}")
    return _parse_pipeline(matches[0])


def _parse_pipeline(pipeline: JsonObject) -> DealPipeline:
    stages = sorted(pipeline["stages"], key=lambda stage: stage["displayOrder"])
    closed = {stage["id"]: float(stage["metadata"]["probability"]) for stage in stages if _is_closed(stage)}
    won = [stage for stage, probability in closed.items() if probability == 1.0]
    lost = [stage for stage, probability in closed.items() if probability == 0.0]
    still_open = tuple(stage["id"] for stage in stages if stage["id"] not in closed)
    if not (won and lost and still_open):
        raise InvalidSimulationError(
            "hubspot.pipelineId", f"pipeline {pipeline['id']} needs an open, a won and a lost stage"
        )
    return DealPipeline(id=pipeline["id"], open=still_open, won=won[0], lost=lost[0])


def _is_closed(stage: JsonObject) -> bool:
    return str((stage.get("metadata") or {}).get("isClosed")).lower() == "true"


def read_owners(client: HubSpotClient, requested_ids: tuple[str, ...]) -> tuple[Owner, ...]:
    """The requested owners, or all active owners of the portal, to distribute accounts among.

    Raises:
        InvalidSimulationError: the portal does not have one of them.
    """
    present = {str(found["id"]): _parse_owner(found) for found in read_pages(client, client.paths.owners())}
    unknown = [owner for owner in requested_ids if owner not in present]
    if unknown:
        raise InvalidSimulationError("hubspot.ownerIds", f"the portal has no owner {unknown[0]}")
    return tuple(present[owner] for owner in requested_ids or present)


def _parse_owner(found: JsonObject) -> Owner:
    names = (found.get("firstName") or "", found.get("lastName") or "", found.get("email") or "")
    return Owner(str(found["id"]), *names)
