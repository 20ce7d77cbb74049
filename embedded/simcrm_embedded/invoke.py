"""One function alone against the running stack: ``python -m simcrm_embedded.invoke events/plan-simulation/b2b.json``.

Without an event it prints the environment of all functions as ``sam local invoke --env-vars`` takes it.
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
from simcrm_embedded.runtime_emulator import Function, deployed_functions, running
from simcrm_embedded.state import StackState, load

JsonObject = dict[str, Any]


class StackDownError(StackError):
    """A function alone still needs bucket, queue, secret, cache and portal."""

    code = "STACK_DOWN"

    def __init__(self) -> None:
        super().__init__("The embedded stack is not up: run `simcrm up`.")


class NoEventError(StackError):
    """The folder of an event says which function it is for."""

    code = "NO_EVENT"

    def __init__(self, path: Path, folders: Sequence[str]) -> None:
        super().__init__(f"{path} is no file in events/<function>/; functions are {', '.join(folders)}.")


def sam_environment(state: StackState, functions: Mapping[str, Function]) -> dict[str, dict[str, str]]:
    """The variables of each function by its logical id, with the address of the emulated AWS."""
    address = {"AWS_ENDPOINT_URL": state.endpoint}
    return {function.logical_id: {**function.variables, **address} for function in functions.values()}


def invoke(project: Project, state: StackState, event: Path) -> Any:
    """The answer of the function that an event file is for.

    Raises:
        StackError: there is no such file or function, or a tool is missing.
    """
    functions = deployed_functions(state)
    function = functions.get(event.resolve().parent.name)
    if function is None or not event.is_file():
        raise NoEventError(event, sorted(functions))
    with running(project, state, function, overrides={}, env=os.environ) as runtime:
        return runtime.invoke(event.read_bytes().removeprefix(codecs.BOM_UTF8))


def main(arguments: Sequence[str]) -> str:
    """What to print.

    Raises:
        StackError: one line that says what to do.
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
