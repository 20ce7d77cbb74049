"""Runs MiniStack by its own interpreter, with some things changed.

A guard stands before it, and it listens on a socket that is bound here, whose port it says in one line of JSON; it does
not start without either. What follows is changed where it is there to be changed.

It waits for log lines when a function has answered, 50 ms where there are none. A function writes its lines before it
answers, so what is not there soon does not come; a line that is late all the same is read with the next call.

It does not read ``MaxConcurrencyPath`` of a distributed map, and runs 64 children at a time whatever the plan says.

It names the death of a process that was about to run a function by a word of Python's, which AWS never says.

It ends functions by the clock of a machine that they share with everything else on it, so those that answer requests
get more time than the template gives them on AWS: a busy machine would make errors of slow answers.
"""

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
FIRST_LINE_SECONDS, QUIET_SECONDS, MAX_WAIT_SECONDS = 0.015, 0.005, 0.250
ANSWERING_FUNCTIONS = ("-ApiFunction-", "-AuthorizeRequestFunction-")
"""Parts of the names of functions that API Gateway waits for."""

ANSWER_SECONDS = 120


def main() -> None:
    """Start the emulator; the environment names its port, 0 for any, and the token that its clients bring."""
    sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder, whose modules are not meant by their names
    listener = listen(int(os.environ["GATEWAY_PORT"]))
    os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])

    from hypercorn import asyncio as server  # type: ignore[import-not-found]  # noqa: PLC0415 - see below
    from ministack import app  # type: ignore[import-not-found]  # noqa: PLC0415 - there for its own interpreter alone
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.services import stepfunctions  # type: ignore[import-not-found]  # noqa: PLC0415

    guard(server, listener, os.environ["AWS_SESSION_TOKEN"])
    shorten_wait(lambda_runtime)
    read_concurrency_path(stepfunctions)
    name_deaths(lambda_runtime)
    give_time(lambda_runtime)
    sys.stdout.write(json.dumps({"url": f"http://{LOOPBACK}:{os.environ['GATEWAY_PORT']}"}) + "\n")
    sys.stdout.flush()
    sys.exit(app.main())


def listen(port: int) -> socket.socket:
    """Bind a loopback port, 0 for any free one; the emulator itself begins to listen.

    Raises:
        OSError: somebody has it.
    """
    # asyncio turns Nagle's algorithm off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if (
        port
    ):  # connections of an earlier stack may linger at a port that was asked for, but nobody has shared a free one
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def guard(server: Any, listener: socket.socket, token: str) -> None:
    """Let the server listen on this socket, and answer only who brings the token or asks the API."""
    from local_server.origin_guard import Guard, emulator_admission  # noqa: PLC0415 - its folder is on the path only now

    serve = server.serve

    async def serve_guarded(app: Any, config: Any, **options: Any) -> None:
        config.bind = [f"fd://{listener.detach()}"]
        await serve(Guard(app, emulator_admission(token)), config, **options)

    server.serve = serve_guarded


def shorten_wait(lambda_runtime: Any) -> None:
    """Wait less for log lines behind each call of a function."""
    drain = getattr(lambda_runtime.Worker, "_drain_stderr_bounded", None)
    if drain is not None:
        drain.__defaults__ = (FIRST_LINE_SECONDS, QUIET_SECONDS, MAX_WAIT_SECONDS)


def read_concurrency_path(stepfunctions: Any) -> None:
    """Let a distributed map run as many children at a time as its input says."""
    run = getattr(stepfunctions, "_run_distributed_map", None)
    resolve = getattr(stepfunctions, "_resolve_path", None)
    if run is None or resolve is None:
        return

    def run_with_limit(state: dict[str, Any], raw_input: Any, effective: Any, *rest: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        overrides = {} if path is None else {"MaxConcurrency": resolve(path, effective)}
        return run(state | overrides, raw_input, effective, *rest)

    stepfunctions._run_distributed_map = run_with_limit  # noqa: SLF001 - what this is for


def name_deaths(lambda_runtime: Any) -> None:
    """Say ``Runtime.ExitError``, as AWS does, where a process ends before it has a function's answer."""
    invoke = getattr(lambda_runtime.Worker, "invoke", None)
    if invoke is None:
        return
    exit_error = type("Runtime.ExitError", (RuntimeError,), {})

    def invoke_or_say(worker: Any, *args: Any, **named: Any) -> Any:
        try:
            return invoke(worker, *args, **named)
        except (OSError, RuntimeError) as error:
            raise exit_error(str(error)) from error

    lambda_runtime.Worker.invoke = invoke_or_say


def give_time(lambda_runtime: Any) -> None:
    """Let functions that answer requests take as long as a busy machine needs."""
    invoke = getattr(lambda_runtime.Worker, "invoke", None)
    if invoke is None:
        return

    def invoke_patiently(worker: Any, *args: Any, **named: Any) -> Any:
        if any(part in worker.config.get("FunctionName", "") for part in ANSWERING_FUNCTIONS):
            worker.config = {**worker.config, "Timeout": max(worker.config.get("Timeout", 0), ANSWER_SECONDS)}
        return invoke(worker, *args, **named)

    lambda_runtime.Worker.invoke = invoke_patiently


if __name__ == "__main__":
    main()
