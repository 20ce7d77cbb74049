"""JSON schemas of the API's answers, in a few words each."""

from typing import Any

from simcrm.models.crm_objects import ObjectType
from simcrm.models.run_mode import RunMode
from simcrm.models.simulation_input import SIMULATION_ID_PATTERN
from simcrm.storage.run_status import RunState

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES: Schema = {"type": "boolean"}
ANY_OBJECT: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "format": "date-time"}


def object_schema(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with required and optional fields; an answer may gain others."""
    return {"type": "object", "properties": {**fields, **(optional or {})}, "required": sorted(fields)}


def list_schema(item: Schema) -> Schema:
    """Any number of items."""
    return {"type": "array", "items": item}


def table_schema(value: Schema) -> Schema:
    """Values by names that are not fixed."""
    return {"type": "object", "additionalProperties": value}


def or_null(schema: Schema) -> Schema:
    """A value that may be missing, said as null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of_schema(*values: str) -> Schema:
    """One of some words."""
    return {"type": "string", "enum": list(values)}


ID: Schema = {"type": "string", "pattern": SIMULATION_ID_PATTERN}
STATUS = one_of_schema(*RunState)
MODE = one_of_schema(*RunMode)
COUNTS = table_schema(COUNT)
HISTORY = list_schema(object_schema({"version": COUNT, "at": TIME}))
PERCENT: Schema = {"type": "number", "minimum": 0, "maximum": 1}

HEALTH = object_schema(
    {
        "ai": object_schema(
            {
                "enabled": YES,
                "provider": TEXT,
                "model": TEXT,
                "apiKeyConfigured": YES,
                "lastSuccess": or_null(TEXT),
                "consecutiveFailures": COUNT,
            }
        ),
        "rate": object_schema({"hubspotCooldownActive": YES, "hubspotCircuitTripped": YES, "buckets": ANY_OBJECT}),
        "cache": one_of_schema("ok", "unavailable", "misconfigured"),
    }
)
DIAGNOSTICS = object_schema(
    {
        "checks": list_schema(
            object_schema(
                {"name": TEXT, "state": one_of_schema("ok", "warning", "failed"), "found": TEXT, "remedy": TEXT}
            )
        )
    }
)
STARTED = object_schema({"simulationId": ID, "status": STATUS, "executionArn": TEXT})
CURRENCY = object_schema({"code": TEXT, "convertedFrom": or_null(TEXT), "inPortal": or_null(YES), "rateYear": COUNT})
PREVIEW = object_schema(
    {
        "simulation": ANY_OBJECT,
        "mode": MODE,
        "currency": or_null(CURRENCY),
        "omitted": table_schema(list_schema(TEXT)),
        "span": object_schema({"startTime": TIME, "endTime": TIME, "days": NUMBER}),
        "histogram": {**list_schema(object_schema({"from": TIME, "to": TIME, "records": COUNT})), "maxItems": 60},
        "counts": COUNTS,
        "batches": COUNT,
        "hubspotCalls": COUNT,
        "aiCalls": COUNT,
        "aiCostUsd": NUMBER,
        "awsCostUsd": NUMBER,
        "durationSeconds": NUMBER,
        "endsAt": TIME,
        "limits": list_schema(object_schema({"name": TEXT, "needed": NUMBER, "available": NUMBER, "share": NUMBER})),
        "warnings": list_schema(TEXT),
    }
)
SIMULATION_ROW = object_schema(
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
SIMULATIONS = object_schema({"simulations": list_schema(SIMULATION_ROW)}, {"nextToken": TEXT})
SIMULATION = object_schema(
    {
        "simulationId": TEXT,
        "status": STATUS,
        "mode": or_null(MODE),
        "input": ANY_OBJECT,
        "schedule": or_null(object_schema({"name": TEXT, "overlap": one_of_schema("ALLOW", "REFUSE")})),
        "planned": COUNT,
        "counts": {**COUNTS, "required": sorted(kind.json_name for kind in ObjectType)},
        "currency": or_null(CURRENCY),
        "omitted": table_schema(list_schema(TEXT)),
        "failed": COUNT,
        "skipped": COUNT,
        "missing": COUNT,
        "aborted": COUNT,
        "hubspotCalls": COUNT,
        "percentComplete": PERCENT,
        "wave": or_null(
            object_schema(
                {"simulatedTime": or_null(TIME), "nextDue": or_null(TIME), "batchesDone": COUNT, "batches": COUNT}
            )
        ),
        "startedAt": TIME,
        "endedAt": or_null(TIME),
        "error": or_null(object_schema({"code": TEXT, "message": TEXT})),
        "takenBack": YES,
    },
    {"cleanup": object_schema({"job": TEXT, "done": YES, "archived": COUNTS, "foreign": COUNT}, {"doneAt": TIME})},
)
METRICS = object_schema(
    {
        "simulationId": TEXT,
        "metrics": table_schema(TEXT),
        "aiGeneration": object_schema(
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
        "series": list_schema(object_schema({"at": TIME, "written": COUNT})),
        "funnel": list_schema(object_schema({"stage": TEXT, "contacts": COUNT})),
    }
)

FAILURES = object_schema(
    {
        "failures": list_schema(
            object_schema(
                {"key": TEXT, "type": TEXT, "outcome": one_of_schema("refused", "skipped"), "reason": or_null(TEXT)}
            )
        )
    },
    {"nextToken": TEXT},
)

EVENTS = object_schema(
    {
        "events": list_schema(
            object_schema(
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
CLEANUP = object_schema(
    {"simulationId": TEXT, "dryRun": YES, "takenBack": YES, "total": COUNT, "counts": COUNTS},
    {"executionArn": TEXT, "job": TEXT},
)
ABORTED = object_schema({"simulationId": TEXT, "status": one_of_schema("ABORTED")})
SCHEDULE = object_schema(
    {
        "name": TEXT,
        "expression": TEXT,
        "timezone": TEXT,
        "state": TEXT,
        "overlap": one_of_schema("ALLOW", "REFUSE"),
        "mode": or_null(MODE),
        "input": ANY_OBJECT,
    }
)
SCHEDULE_ADDED = object_schema({**SCHEDULE["properties"], "firesAt": TIME, "runSeconds": NUMBER})
SCHEDULES = object_schema({"schedules": list_schema(SCHEDULE)})
SCHEDULE_REMOVED = object_schema({"name": TEXT})
RESUMED = object_schema(
    {"simulationId": TEXT, "failed": COUNT, "action": one_of_schema("continue", "repair", "nothing")},
    {"executionArn": TEXT},
)
LIMITS = object_schema(
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
AI_CONFIG = object_schema(
    {
        "version": COUNT,
        "config": object_schema(
            {
                "enabled": YES,
                "provider": TEXT,
                "model": TEXT,
                "limits": LIMITS,
                "prompts": table_schema(object_schema({"version": TEXT, "text": TEXT})),
            }
        ),
        "overrides": ANY_OBJECT,
        "history": HISTORY,
    }
)
TRIED = object_schema(
    {
        "prompt": TEXT,
        "provider": TEXT,
        "model": TEXT,
        "rendered": TEXT,
        "input": TEXT,
        "records": list_schema(
            object_schema(
                {
                    "facts": TEXT,
                    "words": ANY_OBJECT,
                    "activities": list_schema(
                        object_schema(
                            {"facts": TEXT, "title": or_null(TEXT), "text": or_null(TEXT), "reason": or_null(TEXT)}
                        )
                    ),
                    "reason": or_null(TEXT),
                    "rejected": table_schema(TEXT),
                }
            )
        ),
        "answers": list_schema(object_schema({"text": TEXT, "problem": or_null(TEXT)})),
        "inputTokens": COUNT,
        "outputTokens": COUNT,
        "costUsd": NUMBER,
        "composed": COUNT,
    }
)
SCENARIOS = object_schema(
    {
        "scenarios": list_schema(
            object_schema({"id": TEXT, "version": COUNT, "base": TEXT, "shipped": YES, "changed": YES})
        )
    }
)
SCENARIO = object_schema(
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
SCENARIO_DELETED = object_schema({"id": TEXT, "version": COUNT, "deleted": YES})
DEAD_LETTERS = object_schema({"total": COUNT, "byCategory": COUNTS, "samples": list_schema(ANY_OBJECT)})
REPLAYED = object_schema({"dryRun": YES, "replayed": COUNT, "unusable": COUNT})
SESSION = object_schema(
    {
        "role": one_of_schema("operator", "boss"),
        "scenarios": list_schema(TEXT),
        "locales": list_schema(TEXT),
        "distributionMethods": list_schema(TEXT),
        "models": list_schema(TEXT),
        "portalUrl": or_null(TEXT),
    }
)
