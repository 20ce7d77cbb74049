"""Errors of the embedded stack. Each message is one line that says what to do.

StackError
+-- ProjectNotFoundError    no template.yaml above the working directory
+-- MissingToolError        a program is not installed
+-- InvalidSettingError     an environment variable is invalid
+-- PortInUseError          a requested port is taken
+-- ProcessCrashedError     a process of the stack ended unexpectedly
+-- StepFailedError         building or deploying failed
+-- NotReadyError           something was not ready in time
+-- StackInUseError         a stack that would have to be replaced is in use
+-- StackBusyError          another command holds the stack's lock
+-- StateUnreadableError    the state file is damaged
+-- InterruptedByUserError  Ctrl-C, SIGTERM or a closed terminal
"""

from pathlib import Path
from typing import ClassVar


class StackError(Exception):
    """Base class; ``code`` is stable, for programs that read ``--json``."""

    code: ClassVar[str] = "STACK_ERROR"


class ProjectNotFoundError(StackError):
    """There is no project here, whose template the embedded stack deploys."""

    code = "PROJECT_NOT_FOUND"

    def __init__(self, start: Path) -> None:
        super().__init__(f"No template.yaml in {start} or above: run this inside the SimCRM project.")


class MissingToolError(StackError):
    """A program that the stack runs is not installed."""

    code = "MISSING_TOOL"

    def __init__(self, tool: str, remedy: str) -> None:
        super().__init__(f"{tool} is not installed: {remedy}.")


class InvalidSettingError(StackError):
    """A setting from the environment is invalid; the message never shows its value."""

    code = "INVALID_SETTING"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}.")


class PortInUseError(StackError):
    """A port that the user chose is taken by another program."""

    code = "PORT_IN_USE"

    def __init__(self, port: int, option: str) -> None:
        super().__init__(f"Port {port} is in use: end the program that has it, or give {option} another port or none.")


class ProcessCrashedError(StackError):
    """A process of the stack ended unexpectedly."""

    code = "PROCESS_DIED"

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"{name} ended by itself{_in_brackets(reason)}: see {log}.")


class StepFailedError(StackError):
    """A command of the SAM CLI failed."""

    code = "STEP_FAILED"

    def __init__(self, step: str, reason: str, log: Path) -> None:
        super().__init__(f"{step} failed{_in_brackets(reason)}: see {log}.")


class NotReadyError(StackError):
    """Something was not ready in time."""

    code = "NOT_READY"

    def __init__(self, what: str, seconds: float, reason: str, log: Path) -> None:
        super().__init__(f"{what} was not ready after {seconds:.0f} s{_in_brackets(reason)}: see {log}.")


class StackBusyError(StackError):
    """Another ``up`` or ``down`` has been working on the same stack for too long."""

    code = "STACK_BUSY"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Another simcrm command has been working on this stack for {seconds:.0f} s: wait for it or end it."
        )


class StackInUseError(StackError):
    """A stack that is in use would have to be ended; ``why`` it does not fit, and ``use`` for what it is used."""

    code = "STACK_IN_USE"

    def __init__(self, why: str, use: str) -> None:
        super().__init__(
            f"The stack that runs here {why}, and {use}. Other commands use it as it is; "
            "`simcrm up --replace` ends it, with all it holds, and starts another."
        )


class StateUnreadableError(StackError):
    """The state file was edited by hand or comes from another version."""

    code = "STATE_UNREADABLE"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} cannot be read: end the processes it names, then remove it.")


class InterruptedByUserError(StackError):
    """The user interrupted the command."""

    code = "INTERRUPTED"

    def __init__(self, signal_name: str) -> None:
        super().__init__(f"Interrupted by {signal_name}: everything that was started has been ended.")


def _in_brackets(reason: str) -> str:
    return f" ({reason})" if reason else ""
