"""A stack for as long as somebody needs one: that which runs here, else one that goes with the last who uses it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from simcrm_embedded.errors import StackInUseError
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project
from simcrm_embedded.stack import NO_PORTS, Report, release, up
from simcrm_embedded.stack_locks import StackUse, using
from simcrm_embedded.state import StackState


@dataclass(slots=True)
class BorrowedStack:
    """A stack that is up, and where its state is; with ``keep`` it stays. ``has_ended`` once the loan is over."""

    project: Project
    state: StackState
    keep: bool = False
    has_ended: bool = False


@contextmanager
def borrow_stack(
    project: Project, interruption: Interruption, *, report: Report, env: Mapping[str, str] = os.environ
) -> Iterator[BorrowedStack]:
    """Use the stack that runs here, or start one, beside it where it cannot be used for what the environment says.

    What was started for this alone ends with it, unless somebody else uses it by then.

    Raises:
        StackError: one line that says what to do; nothing that was started runs on.
    """
    with ExitStack() as claims:
        try:
            use, loan = _claim(project, interruption, report, env, claims)
        except StackInUseError as error:
            claims.close()
            report(f"{error} This demo has one of its own")
            beside = replace(project, home=project.home / "demo")
            use, loan = _claim(beside, interruption, report, env, claims)
        try:
            yield loan
        finally:
            interruption.begin_cleaning()
            loan.has_ended = release(loan.project, interruption, use, report=report, keep=loan.keep)


def _claim(
    project: Project, interruption: Interruption, report: Report, env: Mapping[str, str], claims: ExitStack
) -> tuple[StackUse, BorrowedStack]:
    """Claim a stack before it is looked for, so that nobody who ends one now takes it away."""
    use = claims.enter_context(using(project))
    result = up(project, interruption, report=report, ports=NO_PORTS, env=env, use=use)
    return use, BorrowedStack(project, result.state)
