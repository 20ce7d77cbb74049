"""Errors of commands.

CliError
+-- NoStackError            no stack is running here, and no API was given
+-- IncompleteAddressError  an API URL without its token, or the other way round
+-- ApiUnreachableError     the API does not respond
+-- ApiRequestError         the API answers with an error
+-- InputFileError          an input file or option cannot be read or is invalid
+-- OutputFileError         a file cannot be written
+-- WorkerCrashedError      a process that generates records ended early
+-- StillRunningError       the simulation has not ended in the given time
+-- AwsError                AWS cannot be reached, or refuses a request
+-- InvalidStackNameError   a stack name or Region is invalid
+-- NotDeployedError        there is no such stack in AWS
"""


class CliError(Exception):
    """Base class; ``code`` is stable, for programs that read ``--json``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoStackError(CliError):
    """The command needs an API, and there is none."""

    def __init__(self) -> None:
        super().__init__("NO_STACK", "No stack is running: start one with `simcrm up`, or pass --api-url and --token.")


class IncompleteAddressError(CliError):
    """The URL or the token of an API is missing."""

    def __init__(self) -> None:
        super().__init__("INCOMPLETE_ADDRESS", "Pass both --api-url and --token, or neither for the embedded stack.")


class ApiUnreachableError(CliError):
    """There is no response, or it does not come from the API."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__("API_UNREACHABLE", f"The API at {url} does not answer ({reason}): is the stack up?")


class ApiRequestError(CliError):
    """The API's own error with its code; ``status`` is the HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


class InputFileError(CliError):
    """An input file or option cannot be read or is invalid."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__("BAD_INPUT", f"{source}: {problem}.")


class OutputFileError(CliError):
    """A file cannot be written; an existing file is unchanged."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__("BAD_OUTPUT", f"{target} cannot be written: {reason}.")


class WorkerCrashedError(CliError):
    """A process that generates records was killed, for example because the system ran out of memory."""

    def __init__(self) -> None:
        message = "A generator process was killed: free some memory, or use --jobs 1."
        super().__init__("WORKER_DIED", message)


class StillRunningError(CliError):
    """The wait timed out before the simulation ended."""

    def __init__(self, simulation_id: str, seconds: float) -> None:
        message = (
            f"{simulation_id} is still running after {seconds:.0f} s: follow it with `simcrm watch {simulation_id}`."
        )
        super().__init__("STILL_RUNNING", message)


class AwsError(CliError):
    """AWS cannot be reached, or refuses a request."""

    def __init__(self, error: Exception) -> None:
        super().__init__("AWS_REFUSED", f"AWS cannot be used: {' '.join(str(error).split())}")


class InvalidStackNameError(CliError):
    """The stack name or Region is invalid."""

    def __init__(self, what: str, value: str, rule: str) -> None:
        super().__init__("BAD_PLACE", f"{value[:80]!r} is not a valid {what}: {rule}.")


class NotDeployedError(CliError):
    """There is no such stack in AWS."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__("NOT_DEPLOYED", f"There is no stack {name} in {region}: pass its --stack-name and --region.")
