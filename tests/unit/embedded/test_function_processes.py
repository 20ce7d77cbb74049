import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from simcrm_embedded.function_processes import kill_functions
from simcrm_embedded.processes import MARK
from simcrm_embedded.state import StackState


@contextmanager
def worker(function: str, mark: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like one of the emulator's."""
    command = [
        sys.executable,
        "-c",
        "import sys; print(flush=True); sys.stdin.read()",
        f"/run/simcrm-{function}-1/_worker.py",
    ]
    with subprocess.Popen(
        command, env={**os.environ, MARK: mark}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it runs its own program by now
        yield process
        process.kill()


def test_only_the_functions_of_this_stack_die() -> None:
    own, other = "mark-of-this-stack", "mark-of-another"
    with (
        worker("WriteHubSpotFunction", own) as meant,
        worker("WriteHubSpotFunction", other) as foreign,
        worker("ApiFunction", own) as different,
    ):
        killed = kill_functions(
            StackState(mark=own, settings_hash=""), "WriteHubSpotFunction", "GenerateContactFunction"
        )

        assert killed == 1
        assert meant.wait(timeout=60) < 0
        assert (foreign.poll(), different.poll()) == (None, None)
