"""Run MiniStack with its own interpreter and a few patches.

A guard runs in front of it, and it listens on a socket bound here, whose port it prints as one line of JSON; it does
not start without either. The following patches apply if what they patch exists.

It waits for log lines after a function has responded, 50 ms if there are none. A function writes its lines before it
responds, so lines that do not arrive almost immediately never will; if one is late, it is read with the next call.

It does not read ``MaxConcurrencyPath`` of a distributed map, and runs 64 children at a time whatever the plan says.

It reports the death of a process that was about to run a function by the name of a Python exception, which AWS never
returns.

It times out functions by the wall clock of a machine that they share with everything else, so functions that handle
requests get more time than the template gives them on AWS: otherwise a busy machine would turn slow responses into
errors.
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
    """Start the emulator; the environment sets its port (0 for any) and the token that its clients send."""
    sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder, whose module names could shadow others
    listener = listen(int(os.environ["GATEWAY_PORT"]))
    os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])

    from hypercorn import asyncio as server  # type: ignore[import-not-found]  # noqa: PLC0415 - see below
    from ministack import app  # type: ignore[import-not-found]  # noqa: PLC0415 - only in its own environment
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
    """Bind a loopback port, 0 for any free one; the emulator itself starts listening.

    Raises:
        OSError: the port is taken.
    """
    # asyncio disables Nagle's algorithm only if the protocol is given.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if port:  # connections of an earlier stack may linger on a chosen port, but never on a free one
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def guard(server: Any, listener: socket.socket, token: str) -> None:
    """Make the server listen on this socket and respond only to clients with the token and to API requests."""
    from local_server.origin_guard import Guard, emulator_admission  # noqa: PLC0415 - its folder is on the path by now

    serve = server.serve

    async def serve_guarded(app: Any, config: Any, **options: Any) -> None:
        config.bind = [f"fd://{listener.detach()}"]
        await serve(Guard(app, emulator_admission(token)), config, **options)

    server.serve = serve_guarded


def shorten_wait(lambda_runtime: Any) -> None:
    """Shorten the wait for log lines after each function call."""
    drain = getattr(lambda_runtime.Worker, "_drain_stderr_bounded", None)
    if drain is not None:
        drain.__defaults__ = (FIRST_LINE_SECONDS, QUIET_SECONDS, MAX_WAIT_SECONDS)


def read_concurrency_path(stepfunctions: Any) -> None:
    """Make a distributed map run as many children at a time as its input says."""
    run = getattr(stepfunctions, "_run_distributed_map", None)
    resolve = getattr(stepfunctions, "_resolve_path", None)
    if run is None or resolve is None:
        return

    def run_with_limit(state: dict[str, Any], raw_input: Any, effective: Any, *rest: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        overrides = {} if path is None else {"MaxConcurrency": resolve(path, effective)}
        return run(state | overrides, raw_input, effective, *rest)

    stepfunctions._run_distributed_map = run_with_limit  # noqa: SLF001 - the purpose of this patch


def name_deaths(lambda_runtime: Any) -> None:
    """Report ``Runtime.ExitError``, as AWS does, if a process ends before it has a function's response."""
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
    """Give functions that handle requests enough time on a busy machine."""
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
