"""Ids of simulations, sortable by time, unlikely to meet, and the names of the executions that run them."""

import re
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RANDOM_CHARACTERS = 6
_RESUMED_NAME = re.compile(r"(.+)--r(\d+)")


def new_simulation_id(now: datetime, random_bits: int) -> str:
    """``sim-`` with the second in UTC and 30 random bits, such as ``sim-20261122t214503-4f7k2m``."""
    tail = "".join(ALPHABET[(random_bits >> (5 * place)) & 31] for place in range(RANDOM_CHARACTERS))
    return f"sim-{now:%Y%m%dt%H%M%S}-{tail}"


def execution_name(simulation_id: str, attempt: int) -> str:
    """The execution that runs a simulation: its id at first, with the number of the attempt once it was resumed."""
    return simulation_id if attempt == 1 else f"{simulation_id}--r{attempt}"


def parse_execution_name(execution: str) -> tuple[str, int]:
    """The simulation that an execution runs, and which attempt at it this is, from 1."""
    match = _RESUMED_NAME.fullmatch(execution)
    return (execution, 1) if match is None else (match[1], int(match[2]))
