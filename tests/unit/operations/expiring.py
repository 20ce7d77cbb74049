"""A deployment whose data expires: a bucket and executions that follow one clock."""

from datetime import UTC, datetime
from typing import Any, cast

from bucket_in_memory import BucketInMemory
from builders import DAY, entry, status
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends
from template_resources import Resources

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.operations.data_retention import DataRetention, RetentionCursor
from simcrm.operations.executions import Executions
from simcrm.operations.job_lock import JobLocks
from simcrm.operations.simulations import Simulations
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.storage.simulation_prefixes import SimulationPrefixes

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

    def files(self, simulation_id: str = RUN) -> SimulationFiles:
        return SimulationFiles(cast("Any", self.bucket), "data", simulation_id)

    def day(self, number: float) -> None:
        self.now = BEGIN + number * DAY

    def begin(self, simulation_id: str = RUN, *, execution: bool = True, state: RunState = RunState.RUNNING) -> None:
        """Plan a run, write its records, ledger and status."""
        if execution:
            self.start(self.machine, simulation_id)
        files = self.files(simulation_id)
        files.write_lines(file_names.PLAN, [{}])
        for number in range(BATCHES):
            files.write_lines(file_names.records_file(number), [{}])
            Ledger(files).write_step(number, file_names.CONTACTS_STEP, [entry()])
        write_status(files, status(state, simulation_id))

    def end(self, simulation_id: str = RUN, state: RunState = RunState.SUCCEEDED) -> None:
        """Record an end and let the execution end."""
        write_status(self.files(simulation_id), status(state, simulation_id))
        self.stop(simulation_id, "SUCCEEDED" if state is RunState.SUCCEEDED else "FAILED")

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

    def walk(self, day: float | None = None, *, after: str = "", times: int = 1_000_000) -> RetentionCursor:
        """A walk on a day; ``times`` is how often the time is asked for before it is over."""
        if day is not None:
            self.day(day)
        asked = iter(range(times))
        return self.expiry.run(self.now, after, lambda: next(asked, None) is None)

    @property
    def expiry(self) -> DataRetention:
        executions = Executions(aws_clients.step_functions(), self.machine)
        return DataRetention(
            SimulationPrefixes(cast("Any", self.bucket), "data"),
            self.files,
            Simulations(executions, self.files, lambda name: RunCounters(None, name)),
            executions,
            JobLocks(aws_clients.step_functions()),
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
