"""Run commands of the SAM CLI to completion."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from simcrm_embedded import processes
from simcrm_embedded.errors import MissingToolError, NotReadyError, StepFailedError
from simcrm_embedded.log_errors import last_error_in_log
from simcrm_embedded.polling import Pause, wait_for
from simcrm_embedded.processes import ManagedProcess
from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState


def sam_command(project: Project) -> list[str]:
    """Return the SAM CLI's command, with its interpreter, because the path in the script's first line may be outdated.

    Raises:
        MissingToolError: its environment is not set up.
    """
    program = project.tools / "sam" / "bin" / "sam"
    python = program.with_name("python")
    if not (program.is_file() and python.is_file()):
        raise MissingToolError("The SAM CLI", "run `make setup`")
    return [str(python), str(program)]


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Runs commands for a stack; while one runs, it is in the stack's state like the stack's other processes."""

    project: Project
    state: StackState
    env: Mapping[str, str]
    pause: Pause

    def run(self, name: str, command: Sequence[str], *, env: Mapping[str, str], timeout: float) -> None:
        """Run a command in the project's folder and wait for it; in any case it has ended afterwards.

        Its temporary files go into the stack's folder: the SAM CLI leaves some behind, and the default one may be full.

        Raises:
            StepFailedError: it failed; the message quotes the line of its log with the reason.
            NotReadyError: it took longer than ``timeout`` seconds.
        """
        log = self.project.logs / f"{name.replace(' ', '-')}.log"
        self.project.scratch.mkdir(parents=True, exist_ok=True)
        settings = {**env, "TMPDIR": str(self.project.scratch)}
        step = processes.start(name, command, env=settings, mark=self.state.mark, log=log, folder=self.project.root)
        with self._track(step):
            code = wait_for(
                lambda: processes.exit_code(step),
                timeout=timeout,
                on_timeout=lambda: NotReadyError(name, timeout, last_error_in_log(log), log),
                pause=self.pause,
            )
        if code != 0:
            raise StepFailedError(name, last_error_in_log(log) or f"exit code {code}", log)

    @contextmanager
    def _track(self, step: ManagedProcess) -> Iterator[None]:
        self.state.processes.append(step)
        self.state.save(self.project.state_file)
        try:
            yield
        finally:
            processes.end([step])
            self.state.processes.remove(step)
