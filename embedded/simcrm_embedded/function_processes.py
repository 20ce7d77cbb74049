"""The processes in which the emulator runs functions, of one stack and no other."""

import psutil

from simcrm_embedded.processes import MARK
from simcrm_embedded.state import StackState


def kill_functions(state: StackState, *names: str) -> int:
    """Kill, without a chance to clean up, whatever runs one of these functions of the template; how many there were."""
    killed = 0
    for process in psutil.process_iter():
        try:
            if _runs(process, names) and process.environ().get(MARK) == state.mark:
                process.kill()
                killed += 1
        except (psutil.Error, OSError):  # ended meanwhile, or somebody else's
            continue
    return killed


def _runs(process: psutil.Process, names: tuple[str, ...]) -> bool:
    command = " ".join(process.cmdline())
    return any(name in command for name in names)
