"""Run the built code of single functions under Lambda's runtime emulator, with the services of a running stack.

The emulator and the runtime client are AWS's; no container is needed.
"""

import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from simcrm_embedded import processes
from simcrm_embedded.build import Build
from simcrm_embedded.deployment import aws_client
from simcrm_embedded.environment import credentials, service_environment
from simcrm_embedded.errors import MissingToolError, NotReadyError, ProcessCrashedError
from simcrm_embedded.layers import LAYERS, layer_packages
from simcrm_embedded.log_errors import last_error_in_log
from simcrm_embedded.polling import wait_for
from simcrm_embedded.ports import LOOPBACK, accepts_connections, guess_free
from simcrm_embedded.processes import ManagedProcess
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

START_TIMEOUT = 60.0
PORTS_TRIED = 5
"""The emulator cannot choose a free port itself, and another program may take the port it is given."""
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Function:
    """A deployed function; ``folder`` is its name in ``functions/``, ``timeout`` in seconds, ``memory`` in MB."""

    folder: str
    logical_id: str
    handler: str
    timeout: int
    memory: int
    variables: Mapping[str, str]


def deployed_functions(state: StackState) -> dict[str, Function]:
    """Return the stack's functions by folder, with their environments as deployed."""
    pages = aws_client(state, "lambda").get_paginator("list_functions").paginate()
    return {item.folder: item for page in pages for item in map(_function, page["Functions"])}


def _function(document: Mapping[str, Any]) -> Function:
    """Parse Lambda's description; a deployed name is stack, logical id and hash, joined by hyphens."""
    return Function(
        folder=document["Handler"].split(".")[0].replace("_", "-"),
        logical_id=document["FunctionName"].split("-")[-2],
        handler=document["Handler"],
        timeout=document["Timeout"],
        memory=document["MemorySize"],
        variables=document.get("Environment", {}).get("Variables", {}),
    )


@dataclass(frozen=True, slots=True)
class Runtime:
    """A function waiting for events."""

    function: Function
    url: str

    def invoke(self, event: bytes) -> Any:
        """Return the function's response to a JSON event; if it failed, its ``errorType`` and ``errorMessage``."""
        path = "/2015-03-31/functions/function/invocations"
        answer = httpx2.post(
            self.url + path, content=event, timeout=self.function.timeout + START_TIMEOUT, trust_env=False
        )
        return answer.json()


@contextmanager
def run_function(
    project: Project, state: StackState, function: Function, overrides: Mapping[str, str], env: Mapping[str, str]
) -> Iterator[Runtime]:
    """Run a function's built code for the block; ``overrides`` replace variables of its deployed environment.

    Raises:
        MissingToolError: the emulator or the runtime client is not installed.
        NotReadyError: it does not accept events in time.
    """
    process, port = _start(project, state, function, overrides, env)
    try:
        yield Runtime(function, f"http://{LOOPBACK}:{port}")
    finally:
        processes.end([process])


def _start(
    project: Project, state: StackState, function: Function, overrides: Mapping[str, str], env: Mapping[str, str]
) -> tuple[ManagedProcess, int]:
    """Start a function until it accepts events, and return its process and port."""
    built = Build(project, state.build_hash)
    settings = {**service_environment(env, project.home), **_environment(built, state, function), **overrides}
    log = project.logs / f"function-{function.folder}.log"
    for _ in range(PORTS_TRIED):
        port, command = _command(project, function)
        process = processes.start(
            function.folder,
            command,
            env=settings,
            mark=state.mark,
            log=log,
            folder=built.folder / function.logical_id,
        )
        try:
            _wait_for(process, port)
        except BaseException as error:
            processes.end([process])
            if not isinstance(error, ProcessCrashedError):
                raise
            failure = error
        else:
            return process, port
    raise failure


def _command(project: Project, function: Function) -> tuple[int, list[str]]:
    """Return the port for events, and the command that runs the function under the runtime emulator."""
    port = guess_free()
    command = [str(_emulator(project)), "--runtime-api-address", f"{LOOPBACK}:{guess_free()}"]
    command += ["--runtime-interface-emulator-address", f"{LOOPBACK}:{port}"]
    return port, [*command, sys.executable, "-m", "awslambdaric", function.handler]


def _environment(built: Build, state: StackState, function: Function) -> dict[str, str]:
    """Return what Lambda sets, the template's variables, and the address of the emulated AWS."""
    layers = (str(layer_packages(built.folder, layer)) for layer in LAYERS)
    return {
        **credentials(state.aws_token),
        **function.variables,
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "PYTHONPATH": ":".join(layers),
    }


def _emulator(project: Project) -> Path:
    architecture = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    matches = (project.tools / "sam").glob(
        f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}"
    )
    program = next(matches, None)
    if program is None:
        raise MissingToolError("Lambda's runtime emulator", "run `make setup`")
    return program


def _wait_for(process: ManagedProcess, port: int) -> None:
    def look() -> bool | None:
        processes.require_running(process)
        return accepts_connections(port) or None

    def too_late() -> NotReadyError:
        return NotReadyError(process.name, START_TIMEOUT, last_error_in_log(process.log), process.log)

    wait_for(look, timeout=START_TIMEOUT, on_timeout=too_late)
