"""Diagnosis of a deployment: its parts as the API reports them, and a run that writes nothing."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

from simcrm.operations.diagnostics import CheckState, DiagnosticCheck
from simcrm_cli.api import ApiClient
from simcrm_cli.errors import ApiRequestError, ApiUnreachableError, CliError, StillRunningError
from simcrm_cli.simulation_status import SimulationStatus, poll_until_done
from simcrm_embedded.polling import Pause

API, CALLBACKS = "api", "callbacks"
DRY_RUN = {"totalRecords": 1, "dryRun": True, "ai": {"enabled": False}, "activities": {"enabled": False}}
"""Passes through the state machine, the queue and the writer; calls no model and leaves nothing in the portal."""

UNAUTHORIZED, NOT_FOUND = 401, 404
_CALLBACKS = (
    "Check the writer's log for states:SendTaskSuccess, its trigger on the queue, and the query "
    "failures-of-functions: docs/runbook.md."
)


def diagnose(api: ApiClient, *, timeout: float, pause: Pause = time.sleep) -> Iterator[DiagnosticCheck]:
    """Yield each check as it finishes; the run may take ``timeout`` seconds. Stop if the API does not work."""
    try:
        checks = api.diagnostics()["checks"]
    except (ApiRequestError, ApiUnreachableError) as error:
        yield DiagnosticCheck(API, CheckState.FAILED, str(error), _remedy_of_api(error))
        return
    yield DiagnosticCheck(API, CheckState.OK, "it answers and accepts the token")
    yield from map(_check_from_document, checks)
    yield _check_callbacks(api, timeout, pause)


def _check_from_document(row: Mapping[str, str]) -> DiagnosticCheck:
    return DiagnosticCheck(row["name"], CheckState(row["state"]), row["found"], row["remedy"])


def _remedy_of_api(error: ApiRequestError | ApiUnreachableError) -> str:
    status = getattr(error, "status", None)
    if status == UNAUTHORIZED:
        return "Pass the operatorToken from the stack's secret; simcrm deploy prints how to read it."
    if status == NOT_FOUND:
        return "The stack is older than this command: deploy again."
    return "See the alarm api-errors in docs/runbook.md; a secret that is not JSON causes this too."


def _check_callbacks(api: ApiClient, timeout: float, pause: Pause) -> DiagnosticCheck:
    """Check that the writer's results reach the state machine."""
    begin = time.monotonic()
    try:
        simulation_id = str(api.start(DRY_RUN)["simulationId"])
    except CliError as error:
        return DiagnosticCheck(
            CALLBACKS, CheckState.FAILED, f"no run can be started: {error}", "See the checks before this one."
        )
    try:
        ended = poll_until_done(
            lambda: api.get_simulation(simulation_id),
            _ignore,
            simulation_id=simulation_id,
            timeout=timeout,
            pause=pause,
        )
    except CliError as error:
        with suppress(CliError):
            api.abort(simulation_id)
        said = f"{simulation_id} did not end in {timeout:.0f} s" if isinstance(error, StillRunningError) else str(error)
        return DiagnosticCheck(CALLBACKS, CheckState.FAILED, said, _CALLBACKS)
    if not ended.is_successful:
        said = f"{simulation_id} ended as {ended.status}: {ended.error.get('message', 'no reason given')}"
        return DiagnosticCheck(CALLBACKS, CheckState.FAILED, said, _CALLBACKS)
    return DiagnosticCheck(
        CALLBACKS, CheckState.OK, f"{simulation_id}, a dry run, took {time.monotonic() - begin:.0f} s"
    )


def _ignore(_standing: SimulationStatus) -> None:
    """Show no progress."""
