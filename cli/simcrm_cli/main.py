"""Entry point of ``simcrm``; finds the command, and turns errors into one line and an exit code."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from simcrm_cli.errors import AwsError, CliError
from simcrm_cli.output import messages, print_json
from simcrm_cli.standard_streams import prepare_streams, settle_streams
from simcrm_embedded.errors import StackError

COMMANDS = (
    "demo",
    "up",
    "down",
    "deploy",
    "doctor",
    "token",
    "preview",
    "start",
    "watch",
    "list",
    "metrics",
    "schedule",
    "abort",
    "resume",
    "cleanup",
    "export",
    "prompt",
    "generate",
    "sample",
)
USAGE_ERROR = 2
INTERRUPTED = 130
SIGNAL_EXIT_CODES = (129, INTERRUPTED, 143)
"""Exit codes of a command ended by a closed terminal, Ctrl-C or SIGTERM."""


class _CommandsOnDemand(TyperGroup):
    """Imports a command's module only when that command is run, so that each starts quickly."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"simcrm_cli.commands.{cmd_name}")
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(module.run)
        return typer.main.get_command(single)


app = typer.Typer(
    cls=_CommandsOnDemand,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Fill a HubSpot portal with realistic, living CRM data.",
)


@app.callback()
def _root() -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit.

    The exit code is 0 for success, 1 for failure, 2 for invalid options, and 3 if a simulation that the command waited
    for succeeded only in part.
    """
    command_line = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    sys.exit(settle_streams(run(command_line)))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    as_json = "--json" in arguments
    try:
        code = _run(arguments, standalone=not as_json)
    except (CliError, StackError) as error:
        return _fail(error.code, str(error), as_json=as_json)
    except typer.TyperException as error:
        return _fail("USAGE", error.format_message(), as_json=as_json, exit_code=USAGE_ERROR)
    except Exception as error:
        if (explained := _explain(error)) is None:
            raise
        return _fail(*explained, as_json=as_json)
    if code in SIGNAL_EXIT_CODES:
        message = "Interrupted; a simulation that has started keeps running."
        return _fail("INTERRUPTED", message, as_json=as_json, exit_code=code)
    return code


def _explain(error: Exception) -> tuple[str, str] | None:
    """Return code and message of an error that no command expects but a person can fix."""
    # Compare by module name, because importing botocore takes longer than most commands run.
    if type(error).__module__.startswith("botocore."):
        return "AWS_REFUSED", str(AwsError(error))
    if isinstance(error, UnicodeEncodeError):
        return "BAD_OPTIONS", "An option or a name is not valid UTF-8."
    if isinstance(error, typer.Abort):
        return "NOT_CONFIRMED", "No interactive input is available: nothing was changed."
    return ("SYSTEM_ERROR", f"System error: {error}.") if isinstance(error, OSError) else None


def _run(arguments: list[str], *, standalone: bool) -> int:
    """Run typer; in standalone mode it shows usage errors itself and raises SystemExit."""
    try:
        outcome = app(arguments, prog_name="simcrm", standalone_mode=standalone)
    except SystemExit as leaving:
        outcome = leaving.code
    return outcome if isinstance(outcome, int) else 0


def _fail(code: str, message: str, *, as_json: bool, exit_code: int = 1) -> int:
    if as_json:
        print_json({"ok": False, "error": {"code": code, "message": message}})
    else:
        messages().print(message, style="red", markup=False, soft_wrap=True)
    return exit_code


if __name__ == "__main__":
    main()
