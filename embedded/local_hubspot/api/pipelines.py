"""Endpoints of pipelines and their stages."""

import re
from typing import Any

from local_hubspot.api.http import Answer, Call
from local_hubspot.api.objects import kind_of
from local_hubspot.portal.errors import RefusalError, validation_refusal
from local_hubspot.portal.request_models import PipelineInput

_LONG_AGO = "1970-01-01T00:00:00Z"


def list_pipelines(call: Call) -> Answer:
    """List the pipelines of an object type with their stages."""
    rows = call.portal.pipelines.get(kind_of(call).plural, [])
    return Answer(200, {"results": [_pipeline(row, place) for place, row in enumerate(rows)]})


def create_pipeline(call: Call) -> Answer:
    """Create a pipeline of deals or tickets; ids that are not given are made from the labels."""
    kind = kind_of(call)
    if kind.plural not in {"deals", "tickets"}:
        raise validation_refusal(f"Object type {kind.id} does not support pipelines.")
    given = call.shaped(PipelineInput)
    row = {
        "id": given.get("pipelineId") or _id_from(given["label"]),
        "label": given["label"],
        "stages": [
            {
                "id": stage.get("stageId") or _id_from(stage["label"]),
                "label": stage["label"],
                "metadata": stage["metadata"],
            }
            for stage in given["stages"]
        ],
    }
    rows = call.portal.pipelines[kind.plural]
    if row["id"] in {present["id"] for present in rows}:
        raise RefusalError(409, f"Pipeline {row['id']} already exists.", category="CONFLICT")
    call.portal.add_pipeline(kind, row)
    return Answer(201, _pipeline(row, len(rows)))


def read_pipeline(call: Call) -> Answer:
    """Read one pipeline."""
    return Answer(200, _pipeline_of(call))


def list_stages(call: Call) -> Answer:
    """List the stages of a pipeline."""
    return Answer(200, {"results": _pipeline_of(call)["stages"]})


def read_stage(call: Call) -> Answer:
    """Read one stage."""
    for stage in _pipeline_of(call)["stages"]:
        if stage["id"] == call.path["stageId"]:
            return Answer(200, stage)
    raise RefusalError(404, f"Stage {call.path['stageId']} does not exist", category="OBJECT_NOT_FOUND")


def _id_from(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.lower())


def _dated(row: dict[str, Any], place: int) -> dict[str, Any]:
    return {**row, "displayOrder": place, "createdAt": _LONG_AGO, "updatedAt": _LONG_AGO, "archived": False}


def _pipeline(row: dict[str, Any], place: int) -> dict[str, Any]:
    stages = [
        _dated(stage, stage_place) | {"writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}
        for stage_place, stage in enumerate(row["stages"])
    ]
    return _dated(row, place) | {"stages": stages}


def _pipeline_of(call: Call) -> dict[str, Any]:
    wanted = call.path["pipelineId"]
    for place, row in enumerate(call.portal.pipelines.get(kind_of(call).plural, [])):
        if row["id"] == wanted:
            return _pipeline(row, place)
    raise RefusalError(404, f"Pipeline {wanted} does not exist", category="OBJECT_NOT_FOUND")
