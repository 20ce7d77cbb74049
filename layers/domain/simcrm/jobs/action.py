"""The names of the jobs, for callers that request one without depending on its implementation."""

from enum import StrEnum


class JobKind(StrEnum):
    """What to do with a simulation that has ended or that the job itself ends."""

    CLEANUP = "cleanup"
    REPAIR = "repair"
    ABORT = "abort"


RESUME = "resume"
"""Also a job, but run by the simulation's own state machine: the run continues in a new execution."""

EXPIRE = "expire"
"""A job that no user requests: delete the data of a simulation that ended long ago. No other job can follow it."""
