"""Schedules that start simulations, stored in EventBridge Scheduler in one group per deployment."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from botocore.exceptions import ClientError
from pydantic import AfterValidator, Field

from simcrm.core.concurrency import map_concurrently
from simcrm.core.errors import InvalidInputError, InvalidSimulationError, NotFoundError, ScheduleExistsError
from simcrm.core.json_types import JsonObject
from simcrm.models.request_model import RequestModel
from simcrm.models.resource_names import reject_reserved_name
from simcrm.models.run_mode import RunMode
from simcrm.models.schedule import (
    FIELD,
    NAME_PATTERN,
    Overlap,
    ScheduleReference,
    scheduled_input_to_plan,
    strip_schedule,
    with_live_default,
)
from simcrm.models.simulation_input import parse_simulation_input
from simcrm.models.time_zone_names import validate_time_zone
from simcrm.operations.schedule_expressions import Firing
from simcrm.planning.time_mapping import resolve_simulated_span

READ_CONCURRENCY = 8
"""Schedules read concurrently."""


class ScheduleRequest(RequestModel):
    """A schedule to add; ``input`` is the input of each simulation it starts.

    ``overlap`` defines what happens if the schedule fires before its previous run has ended: ``ALLOW`` starts the new
    run, ``REFUSE`` records it as aborted.
    """

    name: Annotated[str, Field(pattern=NAME_PATTERN), AfterValidator(reject_reserved_name)]
    expression: Annotated[str, Field(max_length=256)]
    timezone: Annotated[str, AfterValidator(validate_time_zone)] = "UTC"
    overlap: Overlap = Overlap.ALLOW
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schedules:
    """The schedules of one deployment.

    ``scheduler`` starts ``state_machine_arn`` as ``role_arn`` and sends what it cannot start to ``dead_letter_arn``.
    """

    scheduler: Any
    group: str
    state_machine_arn: str
    role_arn: str
    dead_letter_arn: str

    def add(self, request: ScheduleRequest, firing: Firing) -> JsonObject:
        """Add a schedule that fires at ``firing``; each firing starts a simulation with its own id.

        Raises:
            InvalidInputError: its input contains an id, which only one firing could use.
            ScheduleExistsError: the name is taken.
        """
        if "simulationId" in request.input:
            raise InvalidInputError("input.simulationId", "would be the same at each firing: omit it")
        try:
            self.scheduler.create_schedule(
                Name=request.name,
                GroupName=self.group,
                ScheduleExpression=firing.expression,
                ScheduleExpressionTimezone=firing.zone,
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.state_machine_arn,
                    "RoleArn": self.role_arn,
                    "Input": json.dumps(_target_input(request)),
                    "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
                    "DeadLetterConfig": {"Arn": self.dead_letter_arn},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
            raise ScheduleExistsError(request.name) from error
        return self._document(request.name, firing.first)

    def list_schedules(self, now: datetime) -> JsonObject:
        """List the deployment's schedules by name, reading each one, as the list has neither expression nor input."""
        pages = self.scheduler.get_paginator("list_schedules").paginate(GroupName=self.group)
        names = sorted(item["Name"] for page in pages for item in page["Schedules"])
        return {"schedules": list(map_concurrently(lambda name: self._document(name, now), names, READ_CONCURRENCY))}

    def remove(self, name: str) -> JsonObject:
        """Remove a schedule; runs that it started continue.

        Raises:
            NotFoundError: no schedule has this name.
        """
        try:
            self.scheduler.delete_schedule(Name=name, GroupName=self.group)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ResourceNotFoundException", "ValidationException"}:
                raise
            raise NotFoundError(f"There is no schedule {name}.") from error
        return {"name": name}

    def _document(self, name: str, now: datetime) -> JsonObject:
        schedule = self.scheduler.get_schedule(Name=name, GroupName=self.group)
        target_input = json.loads(schedule["Target"].get("Input", "{}"))
        return {
            "name": name,
            "expression": schedule["ScheduleExpression"],
            "timezone": schedule.get("ScheduleExpressionTimezone", "UTC"),
            "state": schedule.get("State", "ENABLED"),
            "overlap": target_input.get(FIELD, {}).get("overlap", Overlap.ALLOW),
            "mode": _input_mode(scheduled_input_to_plan(target_input), now),
            "input": strip_schedule(target_input),
        }


def _input_mode(document: JsonObject, now: datetime) -> RunMode | None:
    """Return the mode of a run with this input if it began now; None if it could no longer be started."""
    try:
        return resolve_simulated_span(parse_simulation_input(document), now).pace(now).mode
    except InvalidSimulationError:
        return None


def _target_input(request: ScheduleRequest) -> JsonObject:
    by = ScheduleReference(name=request.name, overlap=request.overlap)
    return {**with_live_default(request.input), FIELD: by.model_dump(mode="json", by_alias=True)}
