"""What a command says when it cannot do what it was asked.

CliError
+-- NoStackError            nothing runs here, and no API was named
+-- IncompleteAddressError  an API without its token, or the other way round
+-- ApiUnreachableError     the API does not answer
+-- ApiRefusedError         the API answers with an error
+-- InputFileError          a file or an option holds no JSON object
+-- OutputFileError         a file cannot be written where it shall be
+-- WorkerDiedError         a process that generates records ended before its time
+-- StillRunningError       the simulation has not ended in the given time
+-- AwsError                AWS cannot be asked, or says no
+-- BadPlaceError           no stack can have this name, or be there
+-- NotDeployedError        there is no such stack in AWS
"""


class CliError(Exception):
    """Base of all; ``code`` is stable, for programs that read ``--json``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoStackError(CliError):
    """The command needs an API and there is none."""

    def __init__(self) -> None:
        super().__init__("NO_STACK", "No stack runs here: start one with `simcrm up`, or give --api-url and --token.")


class IncompleteAddressError(CliError):
    """Half an address is no address."""

    def __init__(self) -> None:
        super().__init__("INCOMPLETE_ADDRESS", "Give both --api-url and --token, or neither for the embedded stack.")


class ApiUnreachableError(CliError):
    """Nothing answers, or what answers is not the API."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__("API_UNREACHABLE", f"The API at {url} does not answer ({reason}): is the stack up?")


class ApiRequestError(CliError):
    """The API's own error, with its code; ``status`` is the HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


class InputFileError(CliError):
    """The input of a simulation cannot be read."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__("BAD_INPUT", f"{source}: {problem}.")


class OutputFileError(CliError):
    """A file cannot be written where it shall be; what was there is untouched."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__("BAD_OUTPUT", f"{target} cannot be written: {reason}.")


class WorkerCrashedError(CliError):
    """A process that generates records was ended by somebody else, such as a system without memory."""

    def __init__(self) -> None:
        message = "A process that generates records was killed: free some memory, or give --jobs 1."
        super().__init__("WORKER_DIED", message)


class StillRunningError(CliError):
    """Watching ends before the simulation does."""

    def __init__(self, simulation_id: str, seconds: float) -> None:
        message = f"{simulation_id} still runs after {seconds:.0f} s: follow it with `simcrm watch {simulation_id}`."
        super().__init__("STILL_RUNNING", message)


class AwsError(CliError):
    """AWS cannot be asked, or says no."""

    def __init__(self, error: Exception) -> None:
        super().__init__("AWS_REFUSED", f"AWS cannot be used: {' '.join(str(error).split())}")


class InvalidStackNameError(CliError):
    """A stack cannot have this name, or be in this Region."""

    def __init__(self, what: str, value: str, rule: str) -> None:
        super().__init__("BAD_PLACE", f"{value[:80]!r} is no {what}: {rule}.")


class NotDeployedError(CliError):
    """The stack that is meant is not there."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__("NOT_DEPLOYED", f"There is no stack {name} in {region}: give its --stack-name and --region.")
