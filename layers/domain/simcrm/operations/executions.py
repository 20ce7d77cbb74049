"""The executions that run simulations, as Step Functions starts and describes them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict

from simcrm.cache.response_cache import Remembered
from simcrm.core.errors import InvalidSimulationError, SimulationNotFoundError
from simcrm.models.simulation_ids import execution_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

PAGE = 20

LATELY_SECONDS = 2
"""As often as a viewer's page asks: all viewers of a run together cost one question in that time."""

GONE = {"ExecutionDoesNotExist", "InvalidArn", "InvalidName", "ValidationException"}


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
        remembered: Callable[[], Remembered] = lambda: Remembered(None),
    ) -> None:
        """``remembered`` says where answers are kept, by default nowhere; asked each time, because a cache may move."""
        self._step_functions = step_functions
        self._machine = state_machine_arn
        self._remembered = remembered

    def arn(self, simulation_id: str, attempt: int) -> str:
        """The execution of an attempt, whether or not there is one."""
        return self._machine.replace(":stateMachine:", ":execution:") + f":{execution_name(simulation_id, attempt)}"

    def start(self, simulation_id: str, attempt: int, document: str) -> str | None:
        """Start an attempt; its ARN, or None where there has been one already."""
        name = execution_name(simulation_id, attempt)
        try:
            started = self._step_functions.start_execution(stateMachineArn=self._machine, name=name, input=document)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            return None
        return started["executionArn"]

    def page(self, token: str | None) -> Any:
        """A page of the list, the latest first, as Step Functions answers it.

        Raises:
            InvalidSimulationError: the token is none of an earlier page.
        """
        following: dict[str, Any] = {"nextToken": token} if token else {}
        try:
            return self._step_functions.list_executions(stateMachineArn=self._machine, maxResults=PAGE, **following)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"InvalidToken", "ValidationException"}:
                raise
            raise InvalidSimulationError("nextToken", "is none that this API gave") from error

    def now(self, simulation_id: str, attempt: int) -> Execution:
        """The execution of an attempt as it is, which viewers then see too.

        Raises:
            SimulationNotFoundError: there is none, or none any more.
        """
        found = self._described(simulation_id, attempt)
        self._remembered().keep(_key(found.arn), LATELY_SECONDS, found.model_dump(mode="json"))
        return found

    def lately(self, simulation_id: str, attempt: int) -> Execution:
        """The execution as it was two seconds ago at most: to be shown, and nothing to decide by.

        Raises:
            SimulationNotFoundError: there is none, or none any more.
        """
        kept = self._remembered().ask(
            _key(self.arn(simulation_id, attempt)),
            LATELY_SECONDS,
            lambda: self._described(simulation_id, attempt).model_dump(mode="json"),
        )
        return Execution.model_validate(kept)

    def _described(self, simulation_id: str, attempt: int) -> Execution:
        try:
            found = self._step_functions.describe_execution(executionArn=self.arn(simulation_id, attempt))
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise SimulationNotFoundError(simulation_id) from error
            raise
        return Execution(
            arn=found["executionArn"],
            status=found["status"],
            input=found["input"],
            started_at=found["startDate"],
            ended_at=found.get("stopDate"),
            error=found.get("error"),
            cause=found.get("cause"),
        )


def _key(arn: str) -> str:
    return f"execution:{arn}"
