"""Runs MiniStack by its own interpreter, with three things changed; one that has not what is changed runs as it is.

It waits for log lines when a function has answered, 50 ms where there are none. A function writes its lines before it
answers, so what is not there soon does not come; a line that is late all the same is read with the next call.

It does not read ``MaxConcurrencyPath`` of a distributed map, and runs 64 children at a time whatever the plan says.

It names the death of a process that was about to run a function by a word of Python's, which AWS never says.
"""

import sys
from typing import Any

FIRST_LINE_SECONDS, QUIET_SECONDS, MOST_SECONDS = 0.015, 0.005, 0.250


def main() -> None:
    """Start the emulator."""
    from ministack import app  # type: ignore[import-not-found]  # noqa: PLC0415 - there for its own interpreter alone
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.services import stepfunctions  # type: ignore[import-not-found]  # noqa: PLC0415

    shorten_wait(lambda_runtime)
    read_concurrency_path(stepfunctions)
    name_deaths(lambda_runtime)
    sys.exit(app.main())


def shorten_wait(lambda_runtime: Any) -> None:
    """Wait less for log lines behind each call of a function."""
    drain = getattr(lambda_runtime.Worker, "_drain_stderr_bounded", None)
    if drain is not None:
        drain.__defaults__ = (FIRST_LINE_SECONDS, QUIET_SECONDS, MOST_SECONDS)


def read_concurrency_path(stepfunctions: Any) -> None:
    """Let a distributed map run as many children at a time as its input says."""
    run = getattr(stepfunctions, "_run_distributed_map", None)
    resolve = getattr(stepfunctions, "_resolve_path", None)
    if run is None or resolve is None:
        return

    def run_as_told(state: dict[str, Any], raw_input: Any, effective: Any, *rest: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        told = {} if path is None else {"MaxConcurrency": resolve(path, effective)}
        return run(state | told, raw_input, effective, *rest)

    stepfunctions._run_distributed_map = run_as_told  # noqa: SLF001 - what this is for


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


if __name__ == "__main__":
    main()
