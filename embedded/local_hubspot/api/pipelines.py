"""Endpoints of pipelines and their stages."""

import re
from typing import Any

from local_hubspot.api.objects import object_type_in_path
from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal.errors import HubSpotError, validation_error
from local_hubspot.portal.request_models import PipelineInput
from local_server.http_calls import ApiResponse

_LONG_AGO = "1970-01-01T00:00:00Z"


def list_pipelines(call: PortalCall) -> ApiResponse:
    """Return the pipelines of an object type with their stages."""
    rows = call.portal.pipelines.get(object_type_in_path(call).plural, [])
    return ApiResponse(200, {"results": [_pipeline(row, place) for place, row in enumerate(rows)]})


def create_pipeline(call: PortalCall) -> ApiResponse:
    """Create a pipeline of deals or tickets; missing ids are derived from the labels."""
    kind = object_type_in_path(call)
    if kind.plural not in {"deals", "tickets"}:
        raise validation_error(f"Object type {kind.id} does not support pipelines.")
    pipeline_input = call.parse_body(PipelineInput)
    row = {
        "id": pipeline_input.get("pipelineId") or _id_from(pipeline_input["label"]),
        "label": pipeline_input["label"],
        "stages": [
            {
                "id": stage.get("stageId") or _id_from(stage["label"]),
                "label": stage["label"],
                "metadata": stage["metadata"],
            }
            for stage in pipeline_input["stages"]
        ],
    }
    rows = call.portal.pipelines[kind.plural]
    if row["id"] in {present["id"] for present in rows}:
        raise HubSpotError(409, f"Pipeline {row['id']} already exists.", category="CONFLICT")
    call.portal.add_pipeline(kind, row)
    return ApiResponse(201, _pipeline(row, len(rows)))


def read_pipeline(call: PortalCall) -> ApiResponse:
    """Return one pipeline."""
    return ApiResponse(200, _find_pipeline(call))


def list_stages(call: PortalCall) -> ApiResponse:
    """Return the stages of a pipeline."""
    return ApiResponse(200, {"results": _find_pipeline(call)["stages"]})


def read_stage(call: PortalCall) -> ApiResponse:
    """Return one stage."""
    for stage in _find_pipeline(call)["stages"]:
        if stage["id"] == call.request.path["stageId"]:
            return ApiResponse(200, stage)
    raise HubSpotError(404, f"Stage {call.request.path['stageId']} does not exist", category="OBJECT_NOT_FOUND")


def _id_from(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.lower())


def _with_dates(row: dict[str, Any], place: int) -> dict[str, Any]:
    return {**row, "displayOrder": place, "createdAt": _LONG_AGO, "updatedAt": _LONG_AGO, "archived": False}


def _pipeline(row: dict[str, Any], place: int) -> dict[str, Any]:
    stages = [
        _with_dates(stage, stage_place) | {"writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}
        for stage_place, stage in enumerate(row["stages"])
    ]
    return _with_dates(row, place) | {"stages": stages}


def _find_pipeline(call: PortalCall) -> dict[str, Any]:
    pipeline_id = call.request.path["pipelineId"]
    for place, row in enumerate(call.portal.pipelines.get(object_type_in_path(call).plural, [])):
        if row["id"] == pipeline_id:
            return _pipeline(row, place)
    raise HubSpotError(404, f"Pipeline {pipeline_id} does not exist", category="OBJECT_NOT_FOUND")
