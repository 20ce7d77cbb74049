"""The errors that the domain raises deliberately.

SimCrmError
+-- ConfigError                 an environment variable is missing or malformed
+-- InvalidInputError           a field of a request is invalid (HTTP 400)
|   +-- InvalidSimulationError  the input of a simulation is invalid
+-- StaleVersionError           a document has changed since it was read (HTTP 409)
+-- NotFoundError               nothing has this name (HTTP 404)
|   +-- SimulationNotFoundError no simulation has this id
+-- SimulationExistsError       a simulation with another input has this id (HTTP 409)
+-- SimulationRunningError      the simulation has not ended, so this cannot be done (HTTP 409)
+-- ScheduleExistsError         another schedule has this name (HTTP 409)
+-- SimulationEndedError        the simulation has ended, so it cannot be aborted (HTTP 409)
+-- SimulationAbortedError      the simulation was aborted, which is final (HTTP 409)
+-- SimulationCleanedUpError    the simulation was cleaned up, at least in part (HTTP 409)
+-- JobRunningError             another job of the simulation has not ended (HTTP 409)
+-- PortalError                 see simcrm.hubspot.errors
"""

from datetime import UTC, datetime
from typing import ClassVar

from simcrm.core.redaction import redact_to_length

MAX_FIELD_CHARACTERS = 200


class SimCrmError(Exception):
    """Base of all errors with a stable code for API responses, logs and Step Functions causes.

    Messages, which may quote user input, are truncated and redacted here for all subclasses.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    repeats: str = ""
    """The part of the message quoted from a third party's response, which may contain values that were sent."""

    def __init__(self, message: str = "") -> None:
        super().__init__(redact_to_length(message))


class ConfigError(SimCrmError):
    """A function was deployed without a setting it needs."""

    code = "CONFIG_ERROR"


class InvalidInputError(SimCrmError):
    """A field of a request is invalid; ``field`` is its JSON path, such as ``config.limits.timeoutMs``."""

    code = "VALIDATION_ERROR"

    def __init__(self, field: str, problem: str) -> None:
        self.field = redact_to_length(field, MAX_FIELD_CHARACTERS)
        self.problem = redact_to_length(problem)
        super().__init__(f"{self.field}: {self.problem}")


class InvalidSimulationError(InvalidInputError):
    """A field of a simulation's input is invalid, such as ``ai.recordsPerCall``."""


class StaleVersionError(SimCrmError):
    """A document was changed after it was read; writing it now would silently undo that change."""

    code = "STALE_VERSION"

    def __init__(self, expected: int, latest: int | None = None) -> None:
        now = "another was written at the same time" if latest is None else f"the latest is {latest}"
        super().__init__(f"Version {expected} is outdated, {now}: read it again and repeat the change.")


class NotFoundError(SimCrmError):
    """The resource that a request names does not exist."""

    code = "NOT_FOUND"


class SimulationNotFoundError(NotFoundError):
    """No simulation with this id was started, or its data has expired."""

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"There is no simulation {simulation_id}.")


class SimulationExistsError(SimCrmError):
    """An id belongs to one simulation permanently; the same id with another input is rejected."""

    code = "SIMULATION_EXISTS"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} already exists with a different input.")


class SimulationRunningError(SimCrmError):
    """The requested operation would conflict with a run in progress."""

    code = "SIMULATION_RUNNING"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} has not ended: wait for it or abort it first.")


class SimulationEndedError(SimCrmError):
    """The simulation has ended, so there is nothing left to abort."""

    code = "SIMULATION_ENDED"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} has ended: clean it up instead.")


class SimulationAbortedError(SimCrmError):
    """An abort is final: the ledger lists all unwritten objects as aborted."""

    code = "SIMULATION_ABORTED"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} was aborted: start another one, or clean up what it has written.")


class SimulationCleanedUpError(SimCrmError):
    """The simulation's objects are archived, at least in part, so it cannot continue."""

    code = "SIMULATION_TAKEN_BACK"

    def __init__(self, simulation_id: str, *, is_complete: bool) -> None:
        advice = "start another one" if is_complete else f"finish that with `simcrm cleanup {simulation_id} --yes`"
        done = "was cleaned up" if is_complete else "was partly cleaned up"
        super().__init__(f"Simulation {simulation_id} {done} and cannot continue: {advice}.")


class JobRunningError(SimCrmError):
    """A simulation can have only one job at a time; the message names the current one."""

    code = "JOB_RUNNING"

    def __init__(self, simulation_id: str, action: str, since: datetime, execution: str) -> None:
        began = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        super().__init__(
            f"Simulation {simulation_id} already has a job: {action} since {began}, execution {execution}. "
            "Wait until it ends."
        )


class ScheduleExistsError(SimCrmError):
    """A name belongs to one schedule until that schedule is removed."""

    code = "SCHEDULE_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f"Schedule {name} already exists: remove it first.")
