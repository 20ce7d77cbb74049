"""State of a running stack, saved at every step so that the next command can use or end it."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local_server.origin_guard import SECRET_HEADER
from simcrm_embedded.errors import StackBusyError, StateUnreadableError
from simcrm_embedded.polling import Pause, wait_for
from simcrm_embedded.private_files import open_private
from simcrm_embedded.processes import ManagedProcess

VERSION = 1
LOCK_TIMEOUT = 600.0


@dataclass(slots=True)
class StackState:
    """State of one stack; a field is empty until its part of the stack exists.

    ``outputs`` are the template's. ``hubspot_token`` is empty if the portal is the user's own; ``model_url`` and
    ``model_key`` are empty unless the stand-in writes the texts; ``model_variables`` are the functions' variables for
    the model. ``aws_token`` admits clients to the emulator, and ``control_secret`` to the control paths of the stand-in
    servers. An ``is_temporary`` stack is ended by the last demo that uses it.
    """

    mark: str
    processes: list[ManagedProcess] = field(default_factory=list)
    build_hash: str = ""
    settings_hash: str = ""
    is_temporary: bool = False
    endpoint: str = ""
    aws_token: str = ""
    control_secret: str = ""
    api_url: str = ""
    redis_url: str = ""
    hubspot_url: str = ""
    hubspot_token: str = ""
    model_url: str = ""
    model_key: str = ""
    model_variables: dict[str, str] = field(default_factory=dict)
    operator_token: str = ""
    boss_token: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def control_headers(self) -> dict[str, str]:
        """Headers of a request to the control paths of the stand-in servers."""
        return {SECRET_HEADER: self.control_secret}

    def save(self, path: Path) -> None:
        """Replace the file atomically; only its owner can read it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        with open_private(draft) as file:
            file.write(json.dumps({"version": VERSION, **asdict(self)}, indent=2, default=str).encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def load(path: Path) -> StackState | None:
    """Return the state of the stack, or None if there is none.

    Raises:
        StateUnreadableError: the file is invalid.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _parse(document)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StateUnreadableError(path) from None


@contextmanager
def hold_lock(path: Path, *, pause: Pause = time.sleep, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Let one command at a time change the stack; the system releases the lock if a command dies.

    Raises:
        StackBusyError: another command held it for the whole ``timeout``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        wait_for(
            lambda: _try_lock(file.fileno()), timeout=timeout, on_timeout=lambda: StackBusyError(timeout), pause=pause
        )
        yield


def _try_lock(descriptor: int) -> bool | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    return True


def _parse(document: dict[str, Any]) -> StackState:
    if document.pop("version") != VERSION:
        raise ValueError(VERSION)
    processes = [ManagedProcess(**{**item, "log": Path(item["log"])}) for item in document.pop("processes")]
    return StackState(processes=processes, **document)
