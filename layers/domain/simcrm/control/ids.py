"""Ids of simulations that the API starts: sortable by time, unlikely to meet."""

from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RANDOM_CHARACTERS = 6


def new_simulation_id(now: datetime, random_bits: int) -> str:
    """``sim-`` with the second in UTC and 30 random bits, such as ``sim-20261122t214503-4f7k2m``."""
    tail = "".join(ALPHABET[(random_bits >> (5 * place)) & 31] for place in range(RANDOM_CHARACTERS))
    return f"sim-{now:%Y%m%dt%H%M%S}-{tail}"
