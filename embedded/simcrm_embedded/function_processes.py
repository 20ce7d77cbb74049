"""Processes in which the emulator runs the functions of one stack."""

import psutil

from simcrm_embedded.processes import MARK
from simcrm_embedded.state import StackState


def kill_functions(state: StackState, *names: str) -> int:
    """Kill every process that runs one of these functions, without letting it clean up; return how many there were."""
    killed = 0
    for process in psutil.process_iter():
        try:
            if _runs(process, names) and process.environ().get(MARK) == state.mark:
                process.kill()
                killed += 1
        except (psutil.Error, OSError):  # it has ended meanwhile, or belongs to another user
            continue
    return killed


def _runs(process: psutil.Process, names: tuple[str, ...]) -> bool:
    command = " ".join(process.cmdline())
    return any(name in command for name in names)
