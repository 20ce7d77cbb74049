"""JSON schemas of the API's answers, in a few words each."""

from typing import Any

from simcrm.models.crm_objects import ObjectType
from simcrm.models.run_mode import Mode
from simcrm.models.simulation_input import SIMULATION_ID
from simcrm.storage.run_status import State

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES: Schema = {"type": "boolean"}
ANY_OBJECT: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "format": "date-time"}


def object_of(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with required and optional fields; an answer may gain others."""
    return {"type": "object", "properties": {**fields, **(optional or {})}, "required": sorted(fields)}


def list_of(item: Schema) -> Schema:
    """Any number of items."""
    return {"type": "array", "items": item}


def table_of(value: Schema) -> Schema:
    """Values by names that are not fixed."""
    return {"type": "object", "additionalProperties": value}


def or_null(schema: Schema) -> Schema:
    """A value that may be missing, said as null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    """One of some words."""
    return {"type": "string", "enum": list(values)}


ID: Schema = {"type": "string", "pattern": SIMULATION_ID}
STATUS = one_of(*State)
MODE = one_of(*Mode)
COUNTS = table_of(COUNT)
HISTORY = list_of(object_of({"version": COUNT, "at": TIME}))
PERCENT: Schema = {"type": "number", "minimum": 0, "maximum": 1}

HEALTH = object_of(
    {
        "ai": object_of(
            {
                "enabled": YES,
                "provider": TEXT,
                "model": TEXT,
                "apiKeyConfigured": YES,
                "lastSuccess": or_null(TEXT),
                "consecutiveFailures": COUNT,
            }
        ),
        "rate": object_of({"hubspotCooldownActive": YES, "hubspotCircuitTripped": YES, "buckets": ANY_OBJECT}),
        "cache": one_of("ok", "unavailable", "misconfigured"),
    }
)
DIAGNOSTICS = object_of(
    {
        "checks": list_of(
            object_of({"name": TEXT, "state": one_of("ok", "warning", "failed"), "found": TEXT, "remedy": TEXT})
        )
    }
)
STARTED = object_of({"simulationId": ID, "status": STATUS, "executionArn": TEXT})
PREVIEW = object_of(
    {
        "simulation": ANY_OBJECT,
        "mode": MODE,
        "span": object_of({"startTime": TIME, "endTime": TIME, "days": NUMBER}),
        "histogram": {**list_of(object_of({"from": TIME, "to": TIME, "records": COUNT})), "maxItems": 60},
        "counts": COUNTS,
        "batches": COUNT,
        "hubspotCalls": COUNT,
        "aiCalls": COUNT,
        "aiCostUsd": NUMBER,
        "awsCostUsd": NUMBER,
        "durationSeconds": NUMBER,
        "endsAt": TIME,
        "limits": list_of(object_of({"name": TEXT, "needed": NUMBER, "available": NUMBER, "share": NUMBER})),
        "warnings": list_of(TEXT),
    }
)
SIMULATION_ROW = object_of(
    {
        "simulationId": TEXT,
        "status": STATUS,
        "totalRecords": COUNT,
        "startedAt": TIME,
        "endedAt": or_null(TIME),
        "percentComplete": PERCENT,
        "takenBack": YES,
    }
)
SIMULATIONS = object_of({"simulations": list_of(SIMULATION_ROW)}, {"nextToken": TEXT})
SIMULATION = object_of(
    {
        "simulationId": TEXT,
        "status": STATUS,
        "mode": or_null(MODE),
        "input": ANY_OBJECT,
        "schedule": or_null(object_of({"name": TEXT, "overlap": one_of("ALLOW", "REFUSE")})),
        "planned": COUNT,
        "counts": {**COUNTS, "required": sorted(ObjectType)},
        "failed": COUNT,
        "missing": COUNT,
        "aborted": COUNT,
        "hubspotCalls": COUNT,
        "percentComplete": PERCENT,
        "wave": or_null(
            object_of(
                {"simulatedTime": or_null(TIME), "nextDue": or_null(TIME), "batchesDone": COUNT, "batches": COUNT}
            )
        ),
        "startedAt": TIME,
        "endedAt": or_null(TIME),
        "error": or_null(object_of({"code": TEXT, "message": TEXT})),
        "takenBack": YES,
    },
    {"cleanup": object_of({"job": TEXT, "done": YES, "archived": COUNTS, "foreign": COUNT}, {"doneAt": TIME})},
)
METRICS = object_of(
    {
        "simulationId": TEXT,
        "metrics": table_of(TEXT),
        "aiGeneration": object_of(
            {
                "successCount": COUNT,
                "fallbackCount": COUNT,
                "totalCount": COUNT,
                "successRate": TEXT,
                "avgLatencyMs": COUNT,
                "totalTokens": COUNT,
                "estimatedCost": TEXT,
                "lastErrorCategory": or_null(TEXT),
            }
        ),
        "percentComplete": PERCENT,
        "status": STATUS,
        "takenBack": YES,
        "bucketSeconds": COUNT,
        "series": list_of(object_of({"at": TIME, "written": COUNT})),
        "funnel": list_of(object_of({"stage": TEXT, "contacts": COUNT})),
    }
)

FAILURES = object_of(
    {"failures": list_of(object_of({"key": TEXT, "type": TEXT, "reason": or_null(TEXT)}))}, {"nextToken": TEXT}
)

EVENTS = object_of(
    {
        "events": list_of(
            object_of(
                {
                    "at": TEXT,
                    "level": TEXT,
                    "eventId": TEXT,
                    "message": TEXT,
                    "function": TEXT,
                    "simulationId": or_null(TEXT),
                    "fields": ANY_OBJECT,
                }
            )
        ),
        "partial": YES,
    }
)
CLEANUP = object_of(
    {"simulationId": TEXT, "dryRun": YES, "takenBack": YES, "total": COUNT, "counts": COUNTS},
    {"executionArn": TEXT, "job": TEXT},
)
ABORTED = object_of({"simulationId": TEXT, "status": one_of("ABORTED")})
SCHEDULE = object_of(
    {
        "name": TEXT,
        "expression": TEXT,
        "timezone": TEXT,
        "state": TEXT,
        "overlap": one_of("ALLOW", "REFUSE"),
        "mode": or_null(MODE),
        "input": ANY_OBJECT,
    }
)
SCHEDULE_ADDED = object_of({**SCHEDULE["properties"], "firesAt": TIME, "runSeconds": NUMBER})
SCHEDULES = object_of({"schedules": list_of(SCHEDULE)})
SCHEDULE_REMOVED = object_of({"name": TEXT})
RESUMED = object_of(
    {"simulationId": TEXT, "failed": COUNT, "action": one_of("continue", "repair", "nothing")}, {"executionArn": TEXT}
)
LIMITS = object_of(
    {
        "requestsPerMinute": COUNT,
        "inputTokensPerMinute": COUNT,
        "outputTokensPerMinute": COUNT,
        "concurrency": COUNT,
        "timeoutMs": COUNT,
        "maxRetries": COUNT,
        "recordsPerCall": or_null(COUNT),
        "maxCostUsd": or_null(NUMBER),
    }
)
AI_CONFIG = object_of(
    {
        "version": COUNT,
        "config": object_of(
            {
                "enabled": YES,
                "provider": TEXT,
                "model": TEXT,
                "limits": LIMITS,
                "prompts": table_of(object_of({"version": TEXT, "text": TEXT})),
            }
        ),
        "overrides": ANY_OBJECT,
        "history": HISTORY,
    }
)
TRIED = object_of(
    {
        "prompt": TEXT,
        "provider": TEXT,
        "model": TEXT,
        "rendered": TEXT,
        "input": TEXT,
        "records": list_of(
            object_of(
                {
                    "facts": TEXT,
                    "words": ANY_OBJECT,
                    "activities": list_of(object_of({"facts": TEXT, "title": or_null(TEXT), "text": or_null(TEXT)})),
                    "reason": or_null(TEXT),
                }
            )
        ),
        "inputTokens": COUNT,
        "outputTokens": COUNT,
        "costUsd": NUMBER,
        "composed": COUNT,
    }
)
SCENARIOS = object_of(
    {"scenarios": list_of(object_of({"id": TEXT, "version": COUNT, "base": TEXT, "shipped": YES, "changed": YES}))}
)
SCENARIO = object_of(
    {
        "id": TEXT,
        "version": COUNT,
        "base": TEXT,
        "shipped": YES,
        "parameters": ANY_OBJECT,
        "overrides": ANY_OBJECT,
        "history": HISTORY,
    }
)
SCENARIO_DELETED = object_of({"id": TEXT, "version": COUNT, "deleted": YES})
DEAD_LETTERS = object_of({"total": COUNT, "byCategory": COUNTS, "samples": list_of(ANY_OBJECT)})
REPLAYED = object_of({"dryRun": YES, "replayed": COUNT, "unusable": COUNT})
SESSION = object_of(
    {
        "role": one_of("operator", "boss"),
        "scenarios": list_of(TEXT),
        "locales": list_of(TEXT),
        "distributionMethods": list_of(TEXT),
        "models": list_of(TEXT),
        "portalUrl": or_null(TEXT),
    }
)
