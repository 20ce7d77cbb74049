"""What befalls a writer in a call that the portal answers in full."""

from typing import Protocol

import httpx2
from portal_in_process import LocalPortal


class KilledError(BaseException):
    """The writer's process is gone; nothing catches it."""


class HasPortal(Protocol):
    """A run of a test, and the portal that it is written to."""

    @property
    def portal(self) -> LocalPortal:
        """The portal."""


def killed_after(run: HasPortal, request: httpx2.Request) -> None:
    """Write, and die before the answer."""
    run.portal._respond(request)
    raise KilledError


def timed_out_after(run: HasPortal, request: httpx2.Request) -> None:
    """Write, and let the answer come too late."""
    run.portal._respond(request)
    raise httpx2.ReadTimeout("no answer in time")
