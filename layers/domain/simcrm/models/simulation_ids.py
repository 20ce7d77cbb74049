"""Simulation ids, which sort by time and are unlikely to collide, and the names of their executions."""

import re
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RANDOM_CHARACTERS = 6
_RESUMED_NAME = re.compile(r"(.+)--r(\d+)")


def new_simulation_id(now: datetime, random_bits: int) -> str:
    """Return ``sim-`` with the time in UTC to the second and 30 random bits, such as ``sim-20261122t214503-4f7k2m``."""
    tail = "".join(ALPHABET[(random_bits >> (5 * place)) & 31] for place in range(RANDOM_CHARACTERS))
    return f"sim-{now:%Y%m%dt%H%M%S}-{tail}"


def execution_name(simulation_id: str, attempt: int) -> str:
    """Return the name of a simulation's execution: its id, with the number of the attempt appended after a resume."""
    return simulation_id if attempt == 1 else f"{simulation_id}--r{attempt}"


def parse_execution_name(execution: str) -> tuple[str, int]:
    """Return the simulation that an execution runs and the number of the attempt, counted from 1."""
    match = _RESUMED_NAME.fullmatch(execution)
    return (execution, 1) if match is None else (match[1], int(match[2]))
