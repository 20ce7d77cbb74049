"""Causes of a failed run: the error that Step Functions caught, made actionable, and the first batch that failed."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import BaseModel

from simcrm.core.errors import ConfigError, InvalidSimulationError, SimCrmError
from simcrm.core.redaction import redact_and_truncate
from simcrm.hubspot.errors import PortalError
from simcrm.storage import file_names
from simcrm.storage.run_status import RunFailure
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

PROCESS_DEATHS = {"Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown"}
"""Errors that AWS reports if a function ends without a response: killed, out of memory, or timed out.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""

HANDLER = "Runtime.HandlerError"
"""Name that the embedded emulator gives to every uncaught error in a function."""

CODE_AND_SENTENCE = {
    "Timeout": ("TIMED_OUT", "A step timed out"),
    "ExceedToleratedFailureThreshold": ("BATCHES_FAILED", "Too many batches failed"),
    "Undelivered": ("UNDELIVERED", "A message to the writer was given up"),
    "TaskFailed": ("STEP_FAILED", "A step failed"),
    "Unknown": ("STEP_FAILED", "A step failed"),
}
"""Codes and messages for errors that no function raised, by Step Functions error name without ``States.``."""

FORMER_NAMES = {
    "CallRefusedError": "RequestRejectedError",
    "DefinitionsLostError": "MissingPropertiesError",
    "HeldBackError": "WriteBlockedError",
    "PortalBusyError": "PortalUnavailableError",
    "PortalRefusedError": "PortalAccessError",
    "TypeRefusedError": "CommonCauseError",
    "UnclearWriteError": "UnknownWriteOutcomeError",
}
"""Class names of errors in causes that an earlier release has left."""

EXPLAINED_CODES = {"UNDELIVERED", "STEP_FAILED"}
"""Codes whose cause is appended to the sentence because it says more."""


class BatchFailure(BaseModel):
    """The first failure of one batch."""

    batch: int
    failure: RunFailure


def parse_cause(caught_error: Mapping[str, Any]) -> RunFailure:
    """Convert a caught error to a stable code and a sentence.

    The cause of a Lambda error is a JSON object with errorType and errorMessage.
    """
    # Step Functions reserves names that begin with "States." and may reject them in a Fail state.
    error, cause = (
        str(caught_error.get("Error", "Unknown")).removeprefix("States."),
        str(caught_error.get("Cause") or ""),
    )
    if error in CODE_AND_SENTENCE:
        code, sentence = CODE_AND_SENTENCE[error]
        return RunFailure(
            code=code,
            message=f"{sentence}: {redact_and_truncate(cause)}" if cause and code in EXPLAINED_CODES else sentence,
        )
    try:
        document = json.loads(cause)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return _parse_function_cause(error, cause)
    return _parse_function_cause(str(document.get("errorType", error)), str(document.get("errorMessage", cause)))


def _parse_function_cause(error_name: str, message: str) -> RunFailure:
    if error_name in _error_codes():
        return RunFailure(code=_error_codes()[error_name], message=message or error_name)
    if error_name in PROCESS_DEATHS:
        detail = f" ({redact_and_truncate(message)})" if message else ""
        return RunFailure(code="FUNCTION_DIED", message=f"a function was stopped before it could answer{detail}")
    if error_name == HANDLER or not error_name.isupper():
        name = "" if error_name == HANDLER else f" by {error_name}"
        detail = f": {redact_and_truncate(message)}" if message else ""
        return RunFailure(code="FUNCTION_FAILED", message=f"a function failed{name}{detail}")
    return RunFailure(code=error_name, message=message or error_name)


def _error_codes() -> dict[str, str]:
    """Return the stable code of each domain error, by the class name that Lambda reports."""
    kinds: list[type[SimCrmError]] = [InvalidSimulationError, ConfigError, *_subclasses(PortalError)]
    codes = {kind.__name__: kind.code for kind in kinds}
    return codes | {former: codes[name] for former, name in FORMER_NAMES.items()}


def _subclasses(kind: type[SimCrmError]) -> list[type[SimCrmError]]:
    return [kind, *(subclass for child in kind.__subclasses__() for subclass in _subclasses(child))]


def record_batch_failure(files: SimulationFiles, attempt: int, failed: Mapping[str, Any]) -> RunFailure:
    """Record why a batch failed; ``failed`` is its child execution's input, its states' output, and the failure."""
    batch, cause = int(failed["item"]["batch"]), parse_cause(failed["failure"])
    failure = RunFailure(code=cause.code, message=f"Batch {batch} failed while {_step(failed)}: {cause.message}")
    with suppress(ConcurrentWriteError):  # the function was retried after its response was lost
        files.create(file_names.batch_failure_file(attempt, batch), BatchFailure(batch=batch, failure=failure))
    return failure


def _step(failed: Mapping[str, Any]) -> str:
    if "contacts" not in failed:
        return "its contacts were being generated"
    return "its activities were being generated" if "written" in failed else "its contacts were being written"


def failed_batches(files: SimulationFiles, attempt: int) -> list[int]:
    """Return the batches that failed in an attempt, in the order in which they failed."""
    failures = sorted((item.at, item.name) for item in files.list_files(file_names.batch_failures_prefix(attempt)))
    return [file_names.parse_failure_batch(name) for _, name in failures]


def first_failure(files: SimulationFiles, attempt: int) -> RunFailure | None:
    """Return why the first failed batch failed, or None if no batch has failed."""
    for batch in failed_batches(files, attempt):
        note = files.read(file_names.batch_failure_file(attempt, batch), BatchFailure)
        if note is not None:
            return note.failure
    return None
