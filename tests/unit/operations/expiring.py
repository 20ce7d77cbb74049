"""A deployment whose data expires: a bucket and executions that follow one clock."""

from datetime import UTC, datetime
from typing import Any, cast

from bucket_in_memory import BucketInMemory
from builders import DAY, entry, status
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends
from template_resources import Resources

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.operations.data_retention import Expiry, Place
from simcrm.operations.executions import Executions
from simcrm.operations.job_lock import Jobs
from simcrm.operations.simulations import Simulations
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_status import State, write_status
from simcrm.storage.simulation_files import Artifacts
from simcrm.storage.simulation_prefixes import Prefixes

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RETENTION = 90 * DAY
RUN = "sim-run"
BATCHES = 3


class World:
    """A bucket, the executions of a deployment, and a clock that both follow; days are counted from 0."""

    def __init__(self, resources: Resources) -> None:
        self.now = BEGIN
        self.bucket = BucketInMemory(clock=lambda: self.now)
        self.alive: list[str] = []
        self.machine = resources.state_machine_arn
        self.maintenance = str(resources.values["MaintenanceStateMachine"])
        self.job = self.start(self.maintenance, "expire-daily")

    def artifacts(self, simulation_id: str = RUN) -> Artifacts:
        return Artifacts(cast("Any", self.bucket), "data", simulation_id)

    def day(self, number: float) -> None:
        self.now = BEGIN + number * DAY

    def begin(self, simulation_id: str = RUN, *, execution: bool = True, state: State = State.RUNNING) -> None:
        """Plan a run, write its records, ledger and status."""
        if execution:
            self.start(self.machine, simulation_id)
        artifacts = self.artifacts(simulation_id)
        artifacts.write_lines(file_names.PLAN, [{}])
        for number in range(BATCHES):
            artifacts.write_lines(file_names.records(number), [{}])
            Ledger(artifacts).settle(number, file_names.CONTACTS_STEP, [entry()])
        write_status(artifacts, status(state, simulation_id))

    def end(self, simulation_id: str = RUN, state: State = State.SUCCEEDED) -> None:
        """Record an end and let the execution end."""
        write_status(self.artifacts(simulation_id), status(state, simulation_id))
        self.stop(simulation_id, "SUCCEEDED" if state is State.SUCCEEDED else "FAILED")

    def start(self, machine: str, name: str) -> str:
        return aws_clients.step_functions().start_execution(stateMachineArn=machine, name=name, input="{}")[
            "executionArn"
        ]

    def stop(self, name: str, word: str, machine: str = "") -> None:
        """Let an execution have a status, as Step Functions says it."""
        found = self._executions(machine or self.machine)
        (execution,) = [item for item in found if item.name == name]
        execution.status = word
        execution.stop_date = None if word == "RUNNING" else self.now

    def forget(self, name: str) -> None:
        """Let Step Functions know an execution no more, as 90 days after its end."""
        found = self._executions(self.machine)
        found[:] = [item for item in found if item.name != name]

    def walk(self, day: float | None = None, *, after: str = "", times: int = 1_000_000) -> Place:
        """A walk on a day; ``times`` is how often the time is asked for before it is over."""
        if day is not None:
            self.day(day)
        asked = iter(range(times))
        return self.expiry.run(self.now, after, lambda: next(asked, None) is None)

    @property
    def expiry(self) -> Expiry:
        executions = Executions(aws_clients.step_functions(), self.machine)
        return Expiry(
            Prefixes(cast("Any", self.bucket), "data"),
            self.artifacts,
            Simulations(executions, self.artifacts, lambda name: Metrics(None, name)),
            executions,
            Jobs(aws_clients.step_functions()),
            self.alive.append,
            RETENTION,
            self.job,
        )

    def left(self, simulation_id: str = RUN) -> int:
        return sum(key.startswith(f"simulations/{simulation_id}/") for key in self.bucket.objects)

    def _executions(self, machine: str) -> list[Any]:
        backend = stepfunctions_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
        found: list[Any] = backend.describe_state_machine(machine).executions
        return found
