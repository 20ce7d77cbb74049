"""How a run passes through its simulated time."""

from enum import StrEnum


class RunMode(StrEnum):
    """Whether a run writes a span that has passed, all of it at once, or waits until each lead and activity is due."""

    BACKFILL = "BACKFILL"
    LIVE = "LIVE"
