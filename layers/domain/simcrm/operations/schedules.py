"""Schedules that start simulations: EventBridge Scheduler keeps them, in one group of the deployment."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from botocore.exceptions import ClientError
from pydantic import AfterValidator, Field

from simcrm.core.concurrency import side_by_side
from simcrm.core.errors import InvalidInputError, InvalidSimulationError, ScheduleExistsError, UnknownNameError
from simcrm.core.json_types import JsonObject
from simcrm.models.request_model import Options
from simcrm.models.resource_names import not_a_route
from simcrm.models.run_mode import Mode
from simcrm.models.schedule import FIELD, NAME, Overlap, ScheduledBy, planned_input, scheduled, without_schedule
from simcrm.models.simulation_input import parse_simulation
from simcrm.models.time_zone_names import zone_name
from simcrm.operations.schedule_expressions import Firing
from simcrm.planning.time_mapping import resolve_span

READERS = 8
"""Schedules that are asked for side by side."""


class ScheduleRequest(Options):
    """A schedule to add; ``input`` is that of each simulation it starts.

    ``overlap`` says what a firing does while the run of an earlier one has not ended: ``ALLOW`` starts it, ``REFUSE``
    records it as aborted.
    """

    name: Annotated[str, Field(pattern=NAME), AfterValidator(not_a_route)]
    expression: Annotated[str, Field(max_length=256)]
    timezone: Annotated[str, AfterValidator(zone_name)] = "UTC"
    overlap: Overlap = Overlap.ALLOW
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schedules:
    """The schedules of one deployment.

    ``scheduler`` is Scheduler's client; as ``role`` it starts ``machine`` and keeps what it could not start.
    """

    scheduler: Any
    group: str
    machine: str
    role: str
    dead_letters: str

    def add(self, request: ScheduleRequest, when: Firing) -> JsonObject:
        """Add a schedule that fires at ``when``; each firing starts a simulation whose id is its own.

        Raises:
            InvalidInputError: its input names an id, which only one firing could have.
            ScheduleExistsError: the name is taken.
        """
        if "simulationId" in request.input:
            raise InvalidInputError("input.simulationId", "would be the same at each firing: leave it out")
        try:
            self.scheduler.create_schedule(
                Name=request.name,
                GroupName=self.group,
                ScheduleExpression=when.expression,
                ScheduleExpressionTimezone=when.zone,
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.machine,
                    "RoleArn": self.role,
                    "Input": json.dumps(_target_input(request)),
                    "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
                    "DeadLetterConfig": {"Arn": self.dead_letters},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
            raise ScheduleExistsError(request.name) from error
        return self._document(request.name, when.first)

    def all(self, now: datetime) -> JsonObject:
        """Every schedule of the deployment, by name. A list has neither expression nor input, so each is asked for."""
        pages = self.scheduler.get_paginator("list_schedules").paginate(GroupName=self.group)
        names = sorted(item["Name"] for page in pages for item in page["Schedules"])
        return {"schedules": list(side_by_side(lambda name: self._document(name, now), names, READERS))}

    def remove(self, name: str) -> JsonObject:
        """Remove a schedule; what it has started runs on.

        Raises:
            UnknownNameError: there is none of this name.
        """
        try:
            self.scheduler.delete_schedule(Name=name, GroupName=self.group)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ResourceNotFoundException", "ValidationException"}:
                raise
            raise UnknownNameError(f"There is no schedule {name}.") from error
        return {"name": name}

    def _document(self, name: str, now: datetime) -> JsonObject:
        found = self.scheduler.get_schedule(Name=name, GroupName=self.group)
        given = json.loads(found["Target"].get("Input", "{}"))
        return {
            "name": name,
            "expression": found["ScheduleExpression"],
            "timezone": found.get("ScheduleExpressionTimezone", "UTC"),
            "state": found.get("State", "ENABLED"),
            "overlap": given.get(FIELD, {}).get("overlap", Overlap.ALLOW),
            "mode": _mode(planned_input(given), now),
            "input": without_schedule(given),
        }


def _mode(document: JsonObject, now: datetime) -> Mode | None:
    """What a run of this input would be if it began now; None where it could not be started any more."""
    try:
        return resolve_span(parse_simulation(document), now).pace(now).mode
    except InvalidSimulationError:
        return None


def _target_input(request: ScheduleRequest) -> JsonObject:
    by = ScheduledBy(name=request.name, overlap=request.overlap)
    return {**scheduled(request.input), FIELD: by.model_dump(mode="json", by_alias=True)}
