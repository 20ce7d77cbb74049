"""Schedules that start simulations: EventBridge Scheduler keeps them, in one group of the deployment."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from botocore.exceptions import ClientError
from pydantic import AfterValidator, Field

from simcrm.control.schedule_times import firing
from simcrm.errors import InvalidInputError, ScheduleExistsError, UnknownNameError
from simcrm.models.options import Options
from simcrm.models.schedule import FIELD, NAME, Overlap, ScheduledBy, without_schedule
from simcrm.models.simulation import zone_name
from simcrm.storage.artifacts import JsonObject


class ScheduleRequest(Options):
    """A schedule to add; ``input`` is that of each simulation it starts.

    ``overlap`` says what a firing does while the run of an earlier one has not ended: ``ALLOW`` starts it, ``REFUSE``
    records it as aborted.
    """

    name: Annotated[str, Field(pattern=NAME)]
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

    def add(self, request: ScheduleRequest, now: datetime) -> JsonObject:
        """Add a schedule; each firing starts a simulation whose id is its own.

        Raises:
            InvalidInputError: it would never fire, or its input names an id, which only one firing could have.
            ScheduleExistsError: the name is taken.
        """
        expression, zone = firing(request.expression, request.timezone, now)
        if "simulationId" in request.input:
            raise InvalidInputError("input.simulationId", "would be the same at each firing: leave it out")
        try:
            self.scheduler.create_schedule(
                Name=request.name,
                GroupName=self.group,
                ScheduleExpression=expression,
                ScheduleExpressionTimezone=zone,
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
        return self._document(request.name)

    def all(self) -> JsonObject:
        """Every schedule of the deployment, by name."""
        pages = self.scheduler.get_paginator("list_schedules").paginate(GroupName=self.group)
        names = sorted(item["Name"] for page in pages for item in page["Schedules"])
        return {"schedules": [self._document(name) for name in names]}

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

    def _document(self, name: str) -> JsonObject:
        found = self.scheduler.get_schedule(Name=name, GroupName=self.group)
        given = json.loads(found["Target"].get("Input", "{}"))
        return {
            "name": name,
            "expression": found["ScheduleExpression"],
            "timezone": found.get("ScheduleExpressionTimezone", "UTC"),
            "state": found.get("State", "ENABLED"),
            "overlap": given.get(FIELD, {}).get("overlap", Overlap.ALLOW),
            "input": without_schedule(given),
        }


def _target_input(request: ScheduleRequest) -> JsonObject:
    by = ScheduledBy(name=request.name, overlap=request.overlap)
    return {**request.input, FIELD: by.model_dump(mode="json", by_alias=True)}
