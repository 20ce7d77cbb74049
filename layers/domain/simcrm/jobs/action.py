"""The names of the jobs, for those who ask for one and have nothing to do with how it is done."""

from enum import StrEnum


class JobKind(StrEnum):
    """What is to be done with a simulation that has ended, or is ended by this."""

    CLEANUP = "cleanup"
    REPAIR = "repair"
    ABORT = "abort"


RESUME = "resume"
"""A job too, but one that the simulation's own machine runs: the run goes on in a new execution."""

EXPIRE = "expire"
"""A job that nobody asks for: the data of a simulation that ended long ago is deleted. Nothing can follow it."""
