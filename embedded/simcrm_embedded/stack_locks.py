"""Users of a stack: each demo holds its own lock for as long as it runs, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from simcrm_embedded.private_files import FILE_MODE
from simcrm_embedded.project import Project


@dataclass(frozen=True, slots=True)
class StackUse:
    """A process's claim on a stack, which the system releases when the process dies."""

    descriptor: int

    def is_alone(self) -> bool:
        """Whether nobody else has a claim; call only while holding the stack's lock.

        A failed attempt to make a lock exclusive loses it, so it is acquired again.
        """
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self.descriptor, fcntl.LOCK_SH)
        return True


@contextmanager
def claim_stack(project: Project) -> Iterator[StackUse]:
    """Claim the stack of a state folder, whether or not it exists yet."""
    with _open_lock(project) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield StackUse(descriptor)


def is_used(project: Project) -> bool:
    """Whether anybody has a claim on the stack; call only while holding its lock."""
    with _open_lock(project) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def _open_lock(project: Project) -> Iterator[int]:
    project.prepare()
    descriptor = os.open(project.users_file, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
