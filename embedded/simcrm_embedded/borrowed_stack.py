"""Borrow a stack for the length of a block: the one that is running, or one that ends with its last user."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from simcrm_embedded.errors import StackInUseError
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project
from simcrm_embedded.stack import NO_PORTS, Report, release, up
from simcrm_embedded.stack_locks import StackUse, claim_stack
from simcrm_embedded.state import StackState


@dataclass(slots=True)
class BorrowedStack:
    """A running stack and its project; ``keep`` leaves it running, and ``has_ended`` is set once the loan is over."""

    project: Project
    state: StackState
    keep: bool = False
    has_ended: bool = False


@contextmanager
def borrow_stack(
    project: Project, interruption: Interruption, *, report: Report, env: Mapping[str, str] = os.environ
) -> Iterator[BorrowedStack]:
    """Use the running stack, or start one; start it alongside if the environment does not match the running one.

    A stack started only for this ends with the block, unless somebody else is using it by then.

    Raises:
        StackError: the message is one line that says what to do; nothing that was started is left running.
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
    """Claim the stack before looking for it, so that nobody can end it in between."""
    use = claims.enter_context(claim_stack(project))
    result = up(project, interruption, report=report, ports=NO_PORTS, env=env, use=use)
    return use, BorrowedStack(project, result.state)
