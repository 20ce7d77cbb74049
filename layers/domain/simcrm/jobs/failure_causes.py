"""Why a run failed: what Step Functions caught, in words an operator can act on, and the first batch that failed."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import BaseModel

from simcrm.core.errors import ConfigError, InvalidSimulationError, SimCrmError
from simcrm.core.redaction import quoted
from simcrm.hubspot.errors import PortalError
from simcrm.storage import file_names
from simcrm.storage.run_status import Failure
from simcrm.storage.simulation_files import Artifacts, StaleWriteError

DEATHS = {"Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown"}
"""How AWS says that a function ended without an answer: killed, out of memory, out of time.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""

HANDLER = "Runtime.HandlerError"
"""How the embedded emulator names every error that escapes from a function."""

SENTENCES = {
    "Timeout": ("TIMED_OUT", "A step was not done in its time"),
    "ExceedToleratedFailureThreshold": ("BATCHES_FAILED", "More batches failed than a run tolerates"),
    "Undelivered": ("UNDELIVERED", "A message to the writer was given up"),
    "TaskFailed": ("STEP_FAILED", "A step failed"),
    "Unknown": ("STEP_FAILED", "A step failed"),
}
"""Codes and words for errors that are no function's own, by Step Functions' names without ``States.``."""

TELLING = {"UNDELIVERED", "STEP_FAILED"}
"""Codes whose cause says more than the sentence."""


class BatchFailure(BaseModel):
    """The first failure of one batch."""

    batch: int
    failure: Failure


def cause_of(caught: Mapping[str, Any]) -> Failure:
    """What was caught, as a stable code and a sentence. A Lambda's cause is JSON of errorType and errorMessage."""
    # Step Functions keeps names that begin with "States." for itself and may refuse them in a Fail state.
    error, cause = str(caught.get("Error", "Unknown")).removeprefix("States."), str(caught.get("Cause") or "")
    if error in SENTENCES:
        code, sentence = SENTENCES[error]
        return Failure(code=code, message=f"{sentence}: {quoted(cause)}" if cause and code in TELLING else sentence)
    try:
        document = json.loads(cause)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return _of_function(error, cause)
    return _of_function(str(document.get("errorType", error)), str(document.get("errorMessage", cause)))


def _of_function(raised: str, message: str) -> Failure:
    if raised in _codes():
        return Failure(code=_codes()[raised], message=message or raised)
    if raised in DEATHS:
        said = f" ({quoted(message)})" if message else ""
        return Failure(code="FUNCTION_DIED", message=f"a function was ended before it could answer{said}")
    if raised == HANDLER or not raised.isupper():
        name = "" if raised == HANDLER else f" by {raised}"
        said = f": {quoted(message)}" if message else ""
        return Failure(code="FUNCTION_FAILED", message=f"a function failed{name}{said}")
    return Failure(code=raised, message=message or raised)


def _codes() -> dict[str, str]:
    """The stable code of each error of the domain, by the class name that Lambda reports."""
    kinds: list[type[SimCrmError]] = [InvalidSimulationError, ConfigError, *_below(PortalError)]
    return {kind.__name__: kind.code for kind in kinds}


def _below(kind: type[SimCrmError]) -> list[type[SimCrmError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _below(child))]


def note_batch_failure(artifacts: Artifacts, attempt: int, failed: Mapping[str, Any]) -> Failure:
    """Keep why a batch failed; ``failed`` is its child's input, what its states have added, and the failure."""
    batch, cause = int(failed["item"]["batch"]), cause_of(failed["failure"])
    failure = Failure(code=cause.code, message=f"Batch {batch} failed as {_step(failed)}: {cause.message}")
    with suppress(StaleWriteError):  # the function was called again after its answer was lost
        artifacts.write_first(file_names.batch_failure(attempt, batch), BatchFailure(batch=batch, failure=failure))
    return failure


def _step(failed: Mapping[str, Any]) -> str:
    if "contacts" not in failed:
        return "its contacts were generated"
    return "its activities were made" if "written" in failed else "its contacts were written"


def failed_batches(artifacts: Artifacts, attempt: int) -> list[int]:
    """The batches that failed in an attempt, those that failed first before the others."""
    found = sorted((item.at, item.name) for item in artifacts.listed(file_names.batch_failures(attempt)))
    return [file_names.batch_of_failure(name) for _, name in found]


def first_failure(artifacts: Artifacts, attempt: int) -> Failure | None:
    """Why the first of the batches failed that did; None where none has."""
    for batch in failed_batches(artifacts, attempt):
        note = artifacts.read(file_names.batch_failure(attempt, batch), BatchFailure)
        if note is not None:
            return note.failure
    return None
