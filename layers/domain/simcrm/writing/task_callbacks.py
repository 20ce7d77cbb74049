"""Answers to the tasks that wait for the writer."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm.core import log
from simcrm.storage.ledger_entries import Tally

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

OVER = {"TaskTimedOut", "InvalidToken", "TaskDoesNotExist"}
"""The task was answered before, timed out or was retried with a new token: nobody waits for this answer.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html"""

CAUSE_LIMIT = 32_768


class TaskAnswers:
    """Step Functions' callbacks; an answer that nobody waits for is dropped."""

    def __init__(self, step_functions: "SFNClient") -> None:
        self._step_functions = step_functions

    def succeed(self, token: str, tally: Tally) -> None:
        """The step is settled: so many objects are in the portal, so many were refused."""
        output = json.dumps({"written": sum(tally.written.values()), "refused": tally.refused})
        try:
            self._step_functions.send_task_success(taskToken=token, output=output)
        except ClientError as error:
            _ignore_if_over(error)

    def fail(self, token: str, code: str, cause: str) -> None:
        """The step cannot be settled."""
        try:
            self._step_functions.send_task_failure(taskToken=token, error=code, cause=cause[:CAUSE_LIMIT])
        except ClientError as error:
            _ignore_if_over(error)


def _ignore_if_over(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code not in OVER:
        raise error
    log.event("TASK_OVER", "nobody waits for this answer any more", reason=code)
