"""The errors the domain raises on purpose.

SimCrmError
+-- ConfigError                 an environment variable is missing or malformed
+-- InvalidInputError           a field of a request is refused (HTTP 400)
|   +-- InvalidSimulationError  the input of a simulation is refused
+-- StaleVersionError           a document was changed since it was read (HTTP 409)
+-- UnknownNameError            there is nothing of this name (HTTP 404)
|   +-- SimulationNotFoundError no simulation has this id
+-- SimulationExistsError       the id is taken by a simulation with another input (HTTP 409)
+-- SimulationRunningError      the simulation has not ended, so this cannot be done (HTTP 409)
+-- ScheduleExistsError         the name is taken by another schedule (HTTP 409)
+-- SimulationEndedError        the simulation has ended, so it cannot be aborted (HTTP 409)
+-- SimulationAbortedError      the simulation was aborted, which is for good (HTTP 409)
+-- SimulationTakenBackError    the simulation was taken back, or is being taken back (HTTP 409)
+-- JobRunningError             another job of the simulation has not ended (HTTP 409)
+-- PortalError                 see simcrm.hubspot.errors
"""

from datetime import UTC, datetime
from typing import ClassVar

from simcrm.core.redaction import redact_to_length

MAX_FIELD_CHARACTERS = 200


class SimCrmError(Exception):
    """Base of all errors that carry a stable code for API answers, logs and Step Functions causes.

    What a message repeats of a user's input is bounded and masked here, for all of them.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    repeats: str = ""
    """What the message repeats of somebody's answer, which may hold values that were sent."""

    def __init__(self, message: str = "") -> None:
        super().__init__(redact_to_length(message))


class ConfigError(SimCrmError):
    """A function was deployed without something it needs."""

    code = "CONFIG_ERROR"


class InvalidInputError(SimCrmError):
    """A field of a request cannot be used; ``field`` is its JSON path, such as ``config.limits.timeoutMs``."""

    code = "VALIDATION_ERROR"

    def __init__(self, field: str, problem: str) -> None:
        self.field = redact_to_length(field, MAX_FIELD_CHARACTERS)
        self.problem = redact_to_length(problem)
        super().__init__(f"{self.field}: {self.problem}")


class InvalidSimulationError(InvalidInputError):
    """A field of a simulation's input cannot be used, such as ``ai.recordsPerCall``."""


class StaleVersionError(SimCrmError):
    """Somebody changed a document after it was read; to write now would undo that unseen."""

    code = "STALE_VERSION"

    def __init__(self, expected: int, latest: int | None = None) -> None:
        now = "another was written at the same moment" if latest is None else f"the latest is {latest}"
        super().__init__(f"Version {expected} is not the latest, {now}: read it again and repeat the change.")


class NotFoundError(SimCrmError):
    """What a request names does not exist."""

    code = "NOT_FOUND"


class SimulationNotFoundError(NotFoundError):
    """No simulation with this id was ever started, or its data has expired."""

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"There is no simulation {simulation_id}.")


class SimulationExistsError(SimCrmError):
    """An id names one simulation for good: the same id with another input is refused."""

    code = "SIMULATION_EXISTS"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} exists already with another input.")


class SimulationRunningError(SimCrmError):
    """What was asked for would race with a run."""

    code = "SIMULATION_RUNNING"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} has not ended: wait for it or abort it first.")


class SimulationEndedError(SimCrmError):
    """There is nothing left to abort."""

    code = "SIMULATION_ENDED"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} has ended: take it back with a clean-up instead.")


class SimulationAbortedError(SimCrmError):
    """An abort is for good: what it left stands in the ledger as aborted."""

    code = "SIMULATION_ABORTED"

    def __init__(self, simulation_id: str) -> None:
        super().__init__(f"Simulation {simulation_id} was aborted: start another one, or clean up what it has written.")


class SimulationCleanedUpError(SimCrmError):
    """What was written is archived, or partly archived: there is nothing that could go on."""

    code = "SIMULATION_TAKEN_BACK"

    def __init__(self, simulation_id: str, *, is_complete: bool) -> None:
        advice = "start another one" if is_complete else f"finish that with `simcrm cleanup {simulation_id} --yes`"
        done = "was taken back" if is_complete else "was partly taken back"
        super().__init__(f"Simulation {simulation_id} {done} from the portal and cannot go on: {advice}.")


class JobRunningError(SimCrmError):
    """A simulation has one job at a time; the message names the one it has."""

    code = "JOB_RUNNING"

    def __init__(self, simulation_id: str, action: str, since: datetime, execution: str) -> None:
        began = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        super().__init__(
            f"Simulation {simulation_id} has a job already: {action} since {began}, execution {execution}. "
            "Wait until it has ended."
        )


class ScheduleExistsError(SimCrmError):
    """A name stands for one schedule until that is removed."""

    code = "SCHEDULE_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a schedule {name} already: remove it first.")
