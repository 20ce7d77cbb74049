"""Functions under Lambda's own runtime emulator: their built code, alone, against the services of a running stack.

The emulator and the runtime client are AWS's; nothing of this needs a container.
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
from simcrm_embedded.environment import EMULATED_CREDENTIALS, service_environment
from simcrm_embedded.errors import MissingToolError, NotReadyError
from simcrm_embedded.layers import LAYERS, packages_of
from simcrm_embedded.logs import reason_in
from simcrm_embedded.loopback import get_json
from simcrm_embedded.ports import LOOPBACK, accepts_connections, choose_port
from simcrm_embedded.processes import ManagedProcess
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState
from simcrm_embedded.waiting import wait_for

START_TIMEOUT = 10.0
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
    """The stack's functions by folder, with their environments as they were deployed."""
    listed = get_json(f"{state.endpoint}/2015-03-31/functions/", timeout=START_TIMEOUT) or {}
    return {item.folder: item for item in map(_function, listed.get("Functions", []))}


def _function(document: Mapping[str, Any]) -> Function:
    """From Lambda's description; a deployed name is stack, logical id and hash, joined by hyphens."""
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
    """A function that waits for events."""

    function: Function
    url: str

    def invoke(self, event: bytes) -> Any:
        """The function's answer to a JSON event; of a failed one its ``errorType`` and ``errorMessage``."""
        path = "/2015-03-31/functions/function/invocations"
        answer = httpx2.post(
            self.url + path, content=event, timeout=self.function.timeout + START_TIMEOUT, trust_env=False
        )
        return answer.json()


@contextmanager
def running(
    project: Project, state: StackState, function: Function, overrides: Mapping[str, str], env: Mapping[str, str]
) -> Iterator[Runtime]:
    """Start a function's built code and end it again; ``overrides`` go over its deployed environment.

    Raises:
        MissingToolError: the emulator or the runtime client is not installed.
        NotReadyError: it does not take events.
    """
    built = Build(project, state.build_hash)
    api, events = (choose_port(None, "") for _ in range(2))
    command = [str(_emulator(project)), "--runtime-api-address", f"{LOOPBACK}:{api}"]
    command += ["--runtime-interface-emulator-address", f"{LOOPBACK}:{events}"]
    command += [sys.executable, "-m", "awslambdaric", function.handler]
    log = project.logs / f"function-{function.folder}.log"
    process = processes.start(
        function.folder,
        command,
        env={**service_environment(env, project.home), **_environment(built, state, function), **overrides},
        mark=state.mark,
        log=log,
        folder=built.folder / function.logical_id,
    )
    try:
        _wait_for(process, events)
        yield Runtime(function, f"http://{LOOPBACK}:{events}")
    finally:
        processes.end([process])


def _environment(built: Build, state: StackState, function: Function) -> dict[str, str]:
    """What Lambda sets, the template's variables, and the way to the emulated AWS."""
    layers = (str(packages_of(built.folder, layer)) for layer in LAYERS)
    return {
        **EMULATED_CREDENTIALS,
        **function.variables,
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "PYTHONPATH": ":".join(layers),
    }


def _emulator(project: Project) -> Path:
    architecture = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    found = (project.tools / "sam").glob(f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}")
    program = next(found, None)
    if program is None:
        raise MissingToolError("Lambda's runtime emulator", "run `make setup`")
    return program


def _wait_for(process: ManagedProcess, port: int) -> None:
    def look() -> bool | None:
        processes.require_running(process)
        return accepts_connections(port) or None

    def too_late() -> NotReadyError:
        return NotReadyError(process.name, START_TIMEOUT, reason_in(process.log), process.log)

    wait_for(look, timeout=START_TIMEOUT, on_timeout=too_late)
