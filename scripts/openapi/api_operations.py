"""The operations of the API: one row a route, and the only place to describe a new one."""

from dataclasses import dataclass, field
from typing import Any

import api_schemas as a
from pydantic import BaseModel
from request_parsing import DryRunRequest

from simcrm.models.crm_objects import ObjectType
from simcrm.models.schedule import NAME_PATTERN
from simcrm.models.simulation_input import SCENARIO_ID_PATTERN, SIMULATION_ID_PATTERN, SimulationInput
from simcrm.operations.llm_settings import SettingsChange
from simcrm.operations.run_prompt_trial import PromptTrialRequest
from simcrm.operations.scenarios import ScenarioChange
from simcrm.operations.schedules import ScheduleRequest

HTML, CSS, SCRIPT, JSON = "text/html", "text/css", "text/javascript", "application/json"


@dataclass(frozen=True)
class Operation:
    """What a route takes and answers.

    ``answer`` is the schema of the fields beside ``ok``, by status; None for a file of the type ``content``.
    ``body`` is the model or schema of the JSON body. ``query`` holds schemas by name. ``conflicts`` are the codes of
    its 409. ``example`` is a body that it takes.
    """

    answers: dict[int, a.Schema | None]
    body: type[BaseModel] | a.Schema | None = None
    needs_body: bool = True
    query: dict[str, a.Schema] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    content: tuple[str, ...] = (JSON,)
    example: dict[str, Any] | None = None


VERSION: dict[str, a.Schema] = {"version": {"type": "integer", "minimum": 0, "maximum": 999_999}}
LIMIT: a.Schema = {"type": "integer", "minimum": 1, "maximum": 200}
RUNNING, EXISTS, STALE = ("SIMULATION_RUNNING",), ("SIMULATION_EXISTS",), ("STALE_VERSION",)
ENDED, ABORTED = ("SIMULATION_ENDED",), ("SIMULATION_ABORTED",)
TAKEN_BACK, JOB = ("SIMULATION_TAKEN_BACK",), ("JOB_RUNNING",)
PATH_IDS: dict[str, a.Schema] = {
    "/api/schedules/": {"type": "string", "pattern": NAME_PATTERN},
    "/api/simulations/": {"type": "string", "pattern": SIMULATION_ID_PATTERN},
    "/api/boss/scenarios/": {"type": "string", "pattern": SCENARIO_ID_PATTERN},
}
"""The schema of ``{id}`` by the beginning of the path."""

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/api/health"): Operation({200: a.HEALTH}),
    ("GET", "/api/openapi.json"): Operation({200: None}),
    ("GET", "/api/session"): Operation({200: a.SESSION}),
    ("GET", "/api/diagnostics"): Operation({200: a.DIAGNOSTICS}),
    ("GET", "/console"): Operation({200: None}, content=(HTML,)),
    ("GET", "/console/style.css"): Operation({200: None}, content=(CSS,)),
    ("GET", "/console/app.js"): Operation({200: None}, content=(SCRIPT,)),
    ("POST", "/api/simulations"): Operation(
        {202: a.STARTED},
        body=SimulationInput,
        conflicts=EXISTS,
        example={
            "totalRecords": 200,
            "scenario": "B2B",
            "startTime": "2026-06-01T00:00:00Z",
            "endTime": "2026-08-31T00:00:00Z",
        },
    ),
    ("POST", "/api/simulations/preview"): Operation(
        {200: a.PREVIEW}, body=SimulationInput, example={"totalRecords": 200, "distributionMethod": "BELL_CURVE"}
    ),
    ("GET", "/api/simulations"): Operation({200: a.SIMULATIONS}, query={"nextToken": a.TEXT}),
    ("GET", "/api/simulations/{id}"): Operation({200: a.SIMULATION}),
    ("GET", "/api/simulations/{id}/metrics"): Operation({200: a.METRICS}),
    ("GET", "/api/simulations/{id}/records"): Operation(
        {200: None},
        query={
            "format": a.one_of_schema("jsonl", "csv", "cards"),
            "type": a.one_of_schema(*ObjectType),
            "limit": {**LIMIT, "maximum": 500},
            "token": a.TEXT,
        },
        content=("text/jsonl", "text/csv"),
    ),
    ("GET", "/api/simulations/{id}/failures"): Operation({200: a.FAILURES}, query={"token": a.TEXT}),
    ("GET", "/api/events"): Operation({200: a.EVENTS}, query={"simulationId": a.ID, "limit": LIMIT}),
    ("POST", "/api/simulations/{id}/cleanup"): Operation(
        {200: a.CLEANUP, 202: a.CLEANUP},
        body=DryRunRequest,
        needs_body=False,
        conflicts=(*RUNNING, *TAKEN_BACK, *JOB),
        example={"dryRun": True},
    ),
    ("POST", "/api/simulations/{id}/abort"): Operation({202: a.ABORTED}, conflicts=(*ENDED, *JOB)),
    ("POST", "/api/simulations/{id}/resume"): Operation(
        {202: a.RESUMED}, conflicts=(*RUNNING, *ABORTED, *TAKEN_BACK, *JOB)
    ),
    ("GET", "/api/boss/ai-config"): Operation({200: a.AI_CONFIG}, query=VERSION),
    ("PUT", "/api/boss/ai-config"): Operation(
        {200: a.AI_CONFIG},
        body=SettingsChange,
        conflicts=STALE,
        example={"version": 0, "config": {"model": "claude-haiku-5-5", "limits": {"maxCostUsd": 5}}},
    ),
    ("POST", "/api/boss/ai-config/test"): Operation(
        {200: a.TRIED}, body=PromptTrialRequest, example={"prompt": "pairs", "theme": "solar installers", "records": 2}
    ),
    ("GET", "/api/boss/scenarios"): Operation({200: a.SCENARIOS}),
    ("GET", "/api/boss/scenarios/{id}"): Operation({200: a.SCENARIO}, query=VERSION),
    ("PUT", "/api/boss/scenarios/{id}"): Operation(
        {200: a.SCENARIO},
        body=ScenarioChange,
        conflicts=STALE,
        example={"version": 0, "base": "B2C", "parameters": {"winRate": 0.5, "salesCycleDays": 5}},
    ),
    ("DELETE", "/api/boss/scenarios/{id}"): Operation({200: a.SCENARIO_DELETED}, query=VERSION, conflicts=STALE),
    ("GET", "/api/schedules"): Operation({200: a.SCHEDULES}),
    ("POST", "/api/schedules"): Operation(
        {201: a.SCHEDULE_ADDED},
        body=ScheduleRequest,
        conflicts=("SCHEDULE_EXISTS",),
        example={
            "name": "nightly",
            "expression": "cron(0 3 * * ? *)",
            "overlap": "REFUSE",
            "input": {"totalRecords": 10},
        },
    ),
    ("DELETE", "/api/schedules/{name}"): Operation({200: a.SCHEDULE_REMOVED}),
    ("GET", "/api/boss/dlq"): Operation({200: a.DEAD_LETTERS}),
    ("POST", "/api/boss/dlq/replay"): Operation(
        {200: a.REPLAYED}, body=DryRunRequest, needs_body=False, example={"dryRun": True}
    ),
}
