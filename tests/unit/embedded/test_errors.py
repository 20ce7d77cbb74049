"""Errors are told to people in one line and to programs by a code."""

import inspect
from pathlib import Path

import pytest

from simcrm_cli import errors as cli_errors
from simcrm_embedded import errors
from simcrm_embedded.errors import StackError

LOG = Path("/project/.simcrm/logs/step.log")
ALL = [
    errors.ProjectNotFoundError(Path("/somewhere")),
    errors.MissingToolError("MiniStack", "run `make setup`"),
    errors.InvalidSettingError("SIMCRM_REDIS_URL", "names no Redis"),
    errors.PortInUseError(4566, "--aws-port"),
    errors.ProcessCrashedError("Redis", "out of memory", LOG),
    errors.StepFailedError("sam build", "no template", LOG),
    errors.NotReadyError("The API", 60, "no module", LOG),
    errors.StackInUseError("has other sources", "a demo is about to use it"),
    errors.StackBusyError(600),
    errors.StateUnreadableError(Path("/project/.simcrm/state.json")),
    errors.InterruptedByUserError("SIGINT"),
]


def kinds() -> set[type[StackError]]:
    found = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, StackError)}
    return found - {StackError}


def test_every_error_of_the_stack_is_looked_at_here() -> None:
    assert {type(error) for error in ALL} == kinds()


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_a_message_is_one_sentence_on_one_line(error: StackError) -> None:
    assert "\n" not in str(error)
    assert str(error).endswith(".")


def test_codes_tell_errors_apart() -> None:
    codes = [error.code for error in ALL]

    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isupper() for code in codes)


@pytest.mark.parametrize(
    "error",
    [
        errors.ProcessCrashedError("Redis", "", LOG),
        errors.StepFailedError("sam build", "", LOG),
        errors.NotReadyError("The API", 1, "", LOG),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_without_a_known_reason_still_names_the_log(error: StackError) -> None:
    assert "()" not in str(error)
    assert str(error).endswith(f": see {LOG}.")


@pytest.mark.parametrize(
    "error",
    [
        cli_errors.NoStackError(),
        cli_errors.IncompleteAddressError(),
        cli_errors.ApiUnreachableError("http://127.0.0.1:1", "ConnectError"),
        cli_errors.InputFileError("input.json", "is not JSON"),
        cli_errors.StillRunningError("sim-1", 60),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_of_the_command_line_are_one_line_too(error: cli_errors.CliError) -> None:
    assert "\n" not in str(error)
    assert error.code.replace("_", "").isupper()
