"""Run one function on its own: ``python -m simcrm_embedded.invoke events/plan-simulation/b2b.json``.

It runs against the running stack. Without an event, the environment of all functions is printed in the format of
``sam local invoke --env-vars``.
"""

import codecs
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simcrm_embedded.errors import StackError
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.runtime_emulator import Function, deployed_functions, run_function
from simcrm_embedded.state import StackState, load

JsonObject = dict[str, Any]


class StackDownError(StackError):
    """There is no stack, whose bucket, queue, secret, cache and portal a single function needs as well."""

    code = "STACK_DOWN"

    def __init__(self) -> None:
        super().__init__("The embedded stack is not up: run `simcrm up`.")


class NoEventError(StackError):
    """An event file is missing, or its folder does not name a function."""

    code = "NO_EVENT"

    def __init__(self, path: Path, folders: Sequence[str]) -> None:
        super().__init__(f"{path} is no file in events/<function>/; functions are {', '.join(folders)}.")


def sam_environment(state: StackState, functions: Mapping[str, Function]) -> dict[str, dict[str, str]]:
    """Return each function's variables by logical id, with the emulator's address."""
    address = {"AWS_ENDPOINT_URL": state.endpoint}
    return {function.logical_id: {**function.variables, **address} for function in functions.values()}


def invoke(project: Project, state: StackState, event: Path) -> Any:
    """Return the response of the function that an event file is for.

    Raises:
        StackError: there is no such file or function, or a tool is missing.
    """
    functions = deployed_functions(state)
    function = functions.get(event.resolve().parent.name)
    if function is None or not event.is_file():
        raise NoEventError(event, sorted(functions))
    with run_function(project, state, function, overrides={}, env=os.environ) as runtime:
        return runtime.invoke(event.read_bytes().removeprefix(codecs.BOM_UTF8))


def main(arguments: Sequence[str]) -> str:
    """Return the text to print.

    Raises:
        StackError: the message is one line that says what to do.
    """
    project = find_project()
    state = load(project.state_file)
    if state is None:
        raise StackDownError
    answers = [invoke(project, state, Path(argument)) for argument in arguments]
    documents = answers or [sam_environment(state, deployed_functions(state))]
    return "\n".join(json.dumps(document, indent=2) for document in documents)


if __name__ == "__main__":
    try:
        sys.stdout.write(main(sys.argv[1:]) + "\n")
    except StackError as error:
        sys.exit(str(error))
