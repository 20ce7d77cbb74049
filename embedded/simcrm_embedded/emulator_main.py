"""Runs MiniStack by its own interpreter, with less time lost behind each call of a function.

It waits for log lines when a function has answered, 50 ms where there are none. A function writes its lines before it
answers, so what is not there soon does not come; a line that is late all the same is read with the next call.
"""

import sys

FIRST_LINE_SECONDS, QUIET_SECONDS, MOST_SECONDS = 0.015, 0.005, 0.250


def main() -> None:
    """Start the emulator; one that has no such wait is started as it is."""
    from ministack import app  # type: ignore[import-not-found]  # noqa: PLC0415 - there for its own interpreter alone
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]  # noqa: PLC0415

    drain = getattr(lambda_runtime.Worker, "_drain_stderr_bounded", None)
    if drain is not None:
        drain.__defaults__ = (FIRST_LINE_SECONDS, QUIET_SECONDS, MOST_SECONDS)
    sys.exit(app.main())


if __name__ == "__main__":
    main()
