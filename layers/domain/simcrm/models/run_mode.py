"""How a run progresses through its simulated time."""

from enum import StrEnum


class RunMode(StrEnum):
    """Whether a run writes a past span all at once (BACKFILL) or waits until each lead and activity is due (LIVE)."""

    BACKFILL = "BACKFILL"
    LIVE = "LIVE"
