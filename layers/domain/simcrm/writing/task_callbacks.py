"""Results for the tasks that wait for the writer."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm.core.log import log_event
from simcrm.storage.ledger_entries import LedgerTotals

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

ALREADY_ENDED = {"TaskTimedOut", "InvalidToken", "TaskDoesNotExist"}
"""The task has ended, timed out or been retried with a new token, so nothing waits for this result.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html"""

MAX_CAUSE_CHARACTERS = 32_768


class TaskCallbacks:
    """Step Functions callbacks; a result that nothing waits for is dropped."""

    def __init__(self, step_functions: "SFNClient") -> None:
        self._step_functions = step_functions

    def succeed(self, token: str, totals: LedgerTotals) -> None:
        """Complete the task of a settled step, with the number of objects written and refused."""
        output = json.dumps({"written": sum(totals.written.values()), "refused": totals.refused})
        try:
            self._step_functions.send_task_success(taskToken=token, output=output)
        except ClientError as error:
            _ignore_if_ended(error)

    def fail(self, token: str, code: str, cause: str) -> None:
        """Fail the task of a step that cannot be settled."""
        try:
            self._step_functions.send_task_failure(taskToken=token, error=code, cause=cause[:MAX_CAUSE_CHARACTERS])
        except ClientError as error:
            _ignore_if_ended(error)


def _ignore_if_ended(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code not in ALREADY_ENDED:
        raise error
    log_event("TASK_OVER", "the task no longer waits for this response", reason=code)
