"""What can be asked of a simulation that has ended: clean-up and resume. Answers are documents of the API."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm.control.simulations import Simulations
from simcrm.errors import SimulationRunningError
from simcrm.maintenance.cleanup import preview
from simcrm.maintenance.job import Action
from simcrm.storage.artifacts import Artifacts, JsonObject
from simcrm.storage.status import State

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME_CHARACTERS = 50
NOT_REDRIVABLE = {"ExecutionNotRedrivable", "ExecutionLimitExceeded", "ValidationException", "InvalidAction"}


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The jobs of one deployment."""

    step_functions: "SFNClient"
    machine: str
    simulations: Simulations

    def cleanup(self, artifacts: Artifacts, *, dry_run: bool) -> JsonObject:
        """Show what would be archived, or begin to archive it.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationRunningError: it still writes.
        """
        self._require_ended(artifacts.simulation_id)
        found = {"simulationId": artifacts.simulation_id, "dryRun": dry_run, **preview(artifacts)}
        return found if dry_run else found | {"executionArn": self._start(Action.CLEANUP, artifacts.simulation_id)}

    def resume(self, artifacts: Artifacts) -> JsonObject:
        """Let a run that failed go on where it was, or write again what was refused in one that ended.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationRunningError: there is nothing to resume yet.
        """
        document = self._require_ended(artifacts.simulation_id)
        answer: JsonObject = {"simulationId": artifacts.simulation_id, "failed": document["failed"]}
        if document["status"] != State.SUCCEEDED and self._redrive(artifacts.simulation_id):
            return answer | {"action": "redrive"}
        if document["failed"] == 0:
            return answer | {"action": "nothing"}
        return answer | {"action": "repair", "executionArn": self._start(Action.REPAIR, artifacts.simulation_id)}

    def _require_ended(self, simulation_id: str) -> JsonObject:
        document = self.simulations.describe(simulation_id)
        if not State(document["status"]).is_final:
            raise SimulationRunningError(simulation_id)
        return document

    def _redrive(self, simulation_id: str) -> bool:
        """Whether Step Functions has taken the run up again, from the steps that failed."""
        try:
            self.step_functions.redrive_execution(executionArn=self.simulations.execution_arn(simulation_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_REDRIVABLE:
                return False
            raise
        return True

    def _start(self, action: Action, simulation_id: str) -> str:
        """Start a job; one that runs beside another of its kind does no harm."""
        name = f"{action}-{simulation_id[:NAME_CHARACTERS]}-{datetime.now(UTC):%Y%m%dt%H%M%S%f}"
        given = json.dumps({"simulationId": simulation_id, "action": action})
        return self.step_functions.start_execution(stateMachineArn=self.machine, name=name, input=given)["executionArn"]
