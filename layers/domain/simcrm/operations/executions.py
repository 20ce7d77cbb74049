"""The executions that run simulations, as Step Functions starts and describes them."""

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
"""As often as a viewer's page asks: all viewers of a run together cost one question in that time."""

NOT_FOUND_CODES = {"ExecutionDoesNotExist", "InvalidArn", "InvalidName", "ValidationException"}


class Execution(BaseModel):
    """One execution; ``status`` is Step Functions' word, ``input`` is JSON."""

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
        """``open_response_cache`` is asked each time, because a cache may move; without one nothing is cached."""
        self._step_functions = step_functions
        self._state_machine_arn = state_machine_arn
        self._open_response_cache = open_response_cache

    def arn(self, simulation_id: str, attempt: int) -> str:
        """The execution of an attempt, whether or not there is one."""
        return (
            self._state_machine_arn.replace(":stateMachine:", ":execution:")
            + f":{execution_name(simulation_id, attempt)}"
        )

    def start(self, simulation_id: str, attempt: int, document: str) -> str | None:
        """Start an attempt; its ARN, or None where there has been one already."""
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
        """A page of the list, the latest first, as Step Functions answers it.

        Raises:
            InvalidSimulationError: the token is none of an earlier page.
        """
        following: dict[str, Any] = {"nextToken": token} if token else {}
        try:
            return self._step_functions.list_executions(
                stateMachineArn=self._state_machine_arn, maxResults=PAGE_SIZE, **following
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"InvalidToken", "ValidationException"}:
                raise
            raise InvalidSimulationError("nextToken", "is none that this API gave") from error

    def describe(self, simulation_id: str, attempt: int) -> Execution:
        """The execution of an attempt as it is, which viewers then see too.

        Raises:
            SimulationNotFoundError: there is none, or none any more.
        """
        execution = self._describe(simulation_id, attempt)
        self._open_response_cache().set(_key(execution.arn), CACHE_SECONDS, execution.model_dump(mode="json"))
        return execution

    def describe_cached(self, simulation_id: str, attempt: int) -> Execution:
        """The execution as it was two seconds ago at most: to be shown, and nothing to decide by.

        Raises:
            SimulationNotFoundError: there is none, or none any more.
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
