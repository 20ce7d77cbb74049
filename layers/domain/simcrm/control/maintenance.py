"""What can be asked of a simulation that has ended: clean-up and resume. Answers are documents of the API."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm import measures
from simcrm.control.simulations import Simulations
from simcrm.endings import NOTHING_ARRIVED
from simcrm.errors import SimulationAbortedError, SimulationEndedError, SimulationRunningError
from simcrm.gaps import has_gaps
from simcrm.maintenance.action import Action
from simcrm.maintenance.cleanup import preview
from simcrm.measures import Measure
from simcrm.storage.aborts import Abort, read_abort, write_abort
from simcrm.storage.artifacts import Artifacts, JsonObject
from simcrm.storage.status import State

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME_CHARACTERS = 50
ENDED = {"ValidationException", "ExecutionDoesNotExist"}


def goes_on(artifacts: Artifacts, state: State, error: JsonObject | None) -> bool:
    """Whether a run that has ended has something left to do, other than to try again what was refused.

    One that was stopped has; one that came to its end has where batches of it failed on the way.
    """
    came_to_its_end = state in {State.SUCCEEDED, State.PARTIAL} or (error or {}).get("code") == NOTHING_ARRIVED
    return not came_to_its_end or has_gaps(artifacts)


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
        if dry_run:
            return found
        arn = self._start(Action.CLEANUP, artifacts.simulation_id)
        return found | {"executionArn": arn, "job": arn.rpartition(":")[2]}

    def resume(self, artifacts: Artifacts) -> JsonObject:
        """Let a run that failed or lost a batch go on, or write again what was refused in one that ended.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationRunningError: there is nothing to resume yet.
            SimulationAbortedError: it was aborted, which is for good.
        """
        document = self._require_ended(artifacts.simulation_id)
        if read_abort(artifacts) is not None:
            raise SimulationAbortedError(artifacts.simulation_id)
        answer: JsonObject = {"simulationId": artifacts.simulation_id, "failed": document["failed"]}
        if goes_on(artifacts, State(document["status"]), document["error"]):
            arn = self.simulations.take_up(artifacts.simulation_id)
            return answer | {"action": "continue", "executionArn": arn}
        if document["failed"] == 0:
            return answer | {"action": "nothing"}
        return answer | {"action": "repair", "executionArn": self._start(Action.REPAIR, artifacts.simulation_id)}

    def abort(self, artifacts: Artifacts, now: datetime) -> JsonObject:
        """Stop a run for good and begin to ledger what it leaves; aborting again changes nothing.

        The marker comes first: from then on no writer sends anything, whether or not Step Functions has stopped.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationEndedError: it ended by itself.
        """
        simulation_id = artifacts.simulation_id
        if not self._is_over(simulation_id):
            write_abort(artifacts, Abort(at=now))
            measures.add(Measure.SIMULATIONS_ABORTED)
            self._stop(simulation_id)
            self._is_over(simulation_id)
        self._start(Action.ABORT, simulation_id)
        return {"simulationId": simulation_id, "status": State.ABORTED}

    def _is_over(self, simulation_id: str) -> bool:
        """Whether a run was aborted already; one that ended by itself is an error."""
        state = State(self.simulations.describe(simulation_id)["status"])
        if state.is_final and state is not State.ABORTED:
            raise SimulationEndedError(simulation_id)
        return state is State.ABORTED

    def _stop(self, simulation_id: str) -> None:
        """Stop the execution and its children; where it has just ended there is nothing to stop."""
        arn = self.simulations.execution_arn(simulation_id)
        try:
            self.step_functions.stop_execution(executionArn=arn, error="Aborted", cause="aborted by an operator")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ENDED:
                raise

    def _require_ended(self, simulation_id: str) -> JsonObject:
        document = self.simulations.describe(simulation_id)
        if not State(document["status"]).is_final:
            raise SimulationRunningError(simulation_id)
        return document

    def _start(self, action: Action, simulation_id: str) -> str:
        """Start a job; one that runs beside another of its kind does no harm."""
        name = f"{action}-{simulation_id[:NAME_CHARACTERS]}-{datetime.now(UTC):%Y%m%dt%H%M%S%f}"
        given = json.dumps({"simulationId": simulation_id, "action": action})
        return self.step_functions.start_execution(stateMachineArn=self.machine, name=name, input=given)["executionArn"]
