"""The Step Functions executions that run simulations."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict

from simcrm.cache.response_cache import ResponseCache
from simcrm.core.errors import InvalidSimulationError, SimulationNotFoundError
from simcrm.models.simulation_ids import execution_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

PAGE_SIZE = 20

CACHE_SECONDS = 2
"""The polling interval of a viewer's page: all viewers of a run together cost one request per interval."""

NOT_FOUND_CODES = {"ExecutionDoesNotExist", "InvalidArn", "InvalidName", "ValidationException"}


class Execution(BaseModel):
    """One execution; ``status`` is the Step Functions status, ``input`` is JSON."""

    model_config = ConfigDict(frozen=True)

    arn: str
    status: str
    input: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    error: str | None = None
    cause: str | None = None


class Executions:
    """The executions of one state machine."""

    def __init__(
        self,
        step_functions: "SFNClient",
        state_machine_arn: str,
        open_response_cache: Callable[[], ResponseCache] = lambda: ResponseCache(None),
    ) -> None:
        """``open_response_cache`` is called each time, because a cache may move; by default nothing is cached."""
        self._step_functions = step_functions
        self._state_machine_arn = state_machine_arn
        self._open_response_cache = open_response_cache

    def arn(self, simulation_id: str, attempt: int) -> str:
        """Return the ARN of an attempt's execution, whether or not it exists."""
        return (
            self._state_machine_arn.replace(":stateMachine:", ":execution:")
            + f":{execution_name(simulation_id, attempt)}"
        )

    def start(self, simulation_id: str, attempt: int, document: str) -> str | None:
        """Start an attempt and return its ARN, or None if it was already started."""
        name = execution_name(simulation_id, attempt)
        try:
            started = self._step_functions.start_execution(
                stateMachineArn=self._state_machine_arn, name=name, input=document
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            return None
        return started["executionArn"]

    def list_page(self, token: str | None) -> Any:
        """Return a page of the list as Step Functions returns it, latest first.

        Raises:
            InvalidSimulationError: the token does not come from an earlier page.
        """
        following: dict[str, Any] = {"nextToken": token} if token else {}
        try:
            return self._step_functions.list_executions(
                stateMachineArn=self._state_machine_arn, maxResults=PAGE_SIZE, **following
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"InvalidToken", "ValidationException"}:
                raise
            raise InvalidSimulationError("nextToken", "was not issued by this API") from error

    def describe(self, simulation_id: str, attempt: int) -> Execution:
        """Return the current state of an attempt's execution, and cache it for viewers.

        Raises:
            SimulationNotFoundError: the execution does not exist or no longer exists.
        """
        execution = self._describe(simulation_id, attempt)
        self._open_response_cache().set(_key(execution.arn), CACHE_SECONDS, execution.model_dump(mode="json"))
        return execution

    def describe_cached(self, simulation_id: str, attempt: int) -> Execution:
        """Return an execution's state, at most two seconds old: for display, not for decisions.

        Raises:
            SimulationNotFoundError: the execution does not exist or no longer exists.
        """
        cached = self._open_response_cache().get_or_compute(
            _key(self.arn(simulation_id, attempt)),
            CACHE_SECONDS,
            lambda: self._describe(simulation_id, attempt).model_dump(mode="json"),
        )
        return Execution.model_validate(cached)

    def _describe(self, simulation_id: str, attempt: int) -> Execution:
        try:
            response = self._step_functions.describe_execution(executionArn=self.arn(simulation_id, attempt))
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_FOUND_CODES:
                raise SimulationNotFoundError(simulation_id) from error
            raise
        return Execution(
            arn=response["executionArn"],
            status=response["status"],
            input=response["input"],
            started_at=response["startDate"],
            ended_at=response.get("stopDate"),
            error=response.get("error"),
            cause=response.get("cause"),
        )


def _key(arn: str) -> str:
    return f"execution:{arn}"
