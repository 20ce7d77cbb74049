"""Search the functions' recent logs for an operator: known fields of known events, nothing else."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.models.simulation_input import SIMULATION_ID_PATTERN

LOG_GROUPS = (
    "plan-simulation",
    "run-message-batches",
    "generate-contact",
    "generate-activity",
    "write-hubspot",
    "handle-dead-letters",
    "finish-simulation",
    "run-maintenance-job",
    "expire-simulations",
    "api",
    "authorize-request",
)
"""The functions whose log groups are read; the API's role and the saved queries list the same ones."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "ACTIVITY_KEY_PLAIN": ("reason",),
    "AI_BATCH_SETTLED": ("byModel", "fallback", "tokens"),
    "AI_BATCH_SUBMITTED": ("requests",),
    "AI_GEN_ERROR": ("recordIndex", "model", "category", "reason", "providerMessage", "latencyMs"),
    "AI_GEN_FALLBACK": ("recordIndex", "model", "category", "reason"),
    "AI_GEN_RETRY": ("recordIndex", "model", "category", "attempt", "waitMs"),
    "API_FAILED": ("errorType",),
    "ASSOCIATION_REFUSED": ("count", "reason"),
    "BATCH_GENERATED": ("batch", "count"),
    "CACHE_UNAVAILABLE": ("reason",),
    "CLEANUP_PROGRESS": ("done",),
    "DEAD_LETTER": ("category", "reason"),
    "EXPIRY_FAILED": ("errorType",),
    "FUNCTION_FAILED": ("errorType",),
    "JOB_SUPERSEDED": ("job",),
    "LABELS_OMITTED": ("scopes", "reason"),
    "LABELS_REFUSED": ("count", "reason"),
    "LIMITS_LOCAL": ("reason",),
    "MESSAGE_FAILED": ("errorType", "reason"),
    "MESSAGE_GIVEN_UP": ("reason",),
    "PEOPLE_CHANGES_KEPT": ("object", "count"),
    "PLAN_READY": ("records", "batches"),
    "REPAIR_DONE": ("repaired", "stillRefused"),
    "SIMULATION_ABORTED": ("aborted", "written"),
    "SIMULATION_END_NOTED": ("status", "error"),
    "SIMULATION_EXPIRED": ("deleted", "done"),
    "SIMULATION_FINISHED": ("status", "failed", "missing", "error"),
    "SIMULATION_REFUSED": ("schedule", "holder"),
    "SIMULATION_RESUMED": ("attempt",),
    "STEP_WRITTEN": ("batch", "step", "written", "refused", "skipped"),
    "TASK_OVER": ("reason",),
    "VALUES_ADJUSTED": ("object", "decision", "count"),
    "VISIBILITY_UNCHANGED": ("reason",),
    "WAVE_GENERATED": ("batch", "wave", "count"),
    "WRITE_POSTPONED": ("count", "reason"),
    "WRITE_STOPPED": ("batch", "reason"),
}
"""The fields shown for each event. AI_GEN_SUCCESS is left out: there is one per record."""

LOOKBACKS = (timedelta(minutes=15), timedelta(days=1))
"""How far back to search; each window is searched only if the previous ones found too few events."""

MAX_PAGES = 3
"""Pages read per log group and window; CloudWatch returns the oldest first, so a result cut off here is partial."""

MAX_TEXT_CHARACTERS = 300
SECRET = re.compile(r"(?:pat-\w+|sk-\w+|Bearer)[-\s]\S+")


@dataclass(frozen=True, slots=True)
class LogSearch:
    """The logs of one deployment, read by a CloudWatch Logs client; its log group names begin with ``prefix``."""

    logs: Any
    prefix: str

    def latest(self, now: datetime, limit: int, simulation_id: str | None = None) -> JsonObject:
        """Return the latest events of one simulation or of all, newest first."""
        events: list[JsonObject] = []
        is_partial, end = False, now
        for window in LOOKBACKS:
            for group in LOG_GROUPS:
                page, is_cut = self._read(group, now - window, end, simulation_id)
                events += page
                is_partial |= is_cut
            if len(events) >= limit:
                break
            end = now - window
        events.sort(key=lambda event: str(event["at"]), reverse=True)
        return {"events": events[:limit], "partial": is_partial}

    def _read(
        self, group: str, start: datetime, end: datetime, simulation_id: str | None
    ) -> tuple[list[JsonObject], bool]:
        """Return a group's events in a window, and whether there are more than were read."""
        request = {
            "logGroupName": self.prefix + group,
            "startTime": _milliseconds(start),
            "endTime": _milliseconds(end) - 1,
            "filterPattern": _filter_pattern(simulation_id),
        }
        events: list[JsonObject] = []
        for _ in range(MAX_PAGES):
            try:
                page = self.logs.filter_log_events(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                return [], False
            lines = (event["message"] for event in page["events"])
            events += [event for line in lines for event in parse_line(line, group, simulation_id)]
            if not page.get("nextToken"):
                return events, False
            request["nextToken"] = page["nextToken"]
        return events, True


def parse_line(line: str, group: str, simulation_id: str | None) -> Iterator[JsonObject]:
    """Yield a log line as an event if it may be shown; yield nothing for any other line."""
    try:
        document = json.loads(line)
    except ValueError:
        return
    if not isinstance(document, dict) or document.get("eventId") not in FIELDS:
        return
    if simulation_id is not None and document.get("simulationId") != simulation_id:
        return
    about = document.get("simulationId")
    yield {
        "at": _moment(document.get("timestamp")),
        "level": str(document.get("level", "INFO")),
        "eventId": document["eventId"],
        "message": _redact_value(document.get("message", "")),
        "function": group,
        "simulationId": about if isinstance(about, str) and re.fullmatch(SIMULATION_ID_PATTERN, about) else None,
        "fields": {
            name: _redact_value(document[name])
            for name in FIELDS[document["eventId"]]
            if document.get(name) is not None
        },
    }


def _redact_value(value: object) -> int | float | bool | str:
    if isinstance(value, bool | int | float):
        return value
    return SECRET.sub("…", str(value))[:MAX_TEXT_CHARACTERS]


def _moment(stamp: object) -> str:
    try:
        return to_iso_utc(datetime.fromisoformat(str(stamp)).astimezone(UTC))
    except ValueError:
        return ""


def _filter_pattern(simulation_id: str | None) -> str:
    """Return a CloudWatch filter for lines that may be events; it only saves reading, ``parse_line`` decides."""
    condition = '$.eventId = "*" && $.eventId != "AI_GEN_SUCCESS"'
    return f"{{ {condition} }}" if simulation_id is None else f'{{ {condition} && $.simulationId = "{simulation_id}" }}'


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
