"""What can be asked of a simulation that has ended: clean-up and resume. Answers are documents of the API."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simcrm.control.simulations import Simulations
from simcrm.errors import SimulationRunningError
from simcrm.maintenance.cleanup import preview
from simcrm.maintenance.job import Action
from simcrm.plan.batches import Batch
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts, JsonObject
from simcrm.storage.status import State

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME_CHARACTERS = 50


def has_gaps(artifacts: Artifacts) -> bool:
    """Whether a batch that was planned or activities that were generated are not settled.

    A run may succeed though a few of its batches have failed.
    """
    settled = set(artifacts.names(names.LEDGER))
    batches = (Batch.from_row(row).number for row in artifacts.read_lines(names.BATCHES) or ())
    wanted = {names.ledger(number, names.CONTACTS_STEP) for number in batches}
    return bool((wanted | set(names.ledgers_of_activities(artifacts.names(names.ACTIVITIES)))) - settled)


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
        """Let a run that failed or lost a batch go on, or write again what was refused in one that ended.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationRunningError: there is nothing to resume yet.
        """
        document = self._require_ended(artifacts.simulation_id)
        answer: JsonObject = {"simulationId": artifacts.simulation_id, "failed": document["failed"]}
        if document["status"] != State.SUCCEEDED or has_gaps(artifacts):
            arn = self.simulations.take_up(artifacts.simulation_id)
            return answer | {"action": "continue", "executionArn": arn}
        if document["failed"] == 0:
            return answer | {"action": "nothing"}
        return answer | {"action": "repair", "executionArn": self._start(Action.REPAIR, artifacts.simulation_id)}

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
