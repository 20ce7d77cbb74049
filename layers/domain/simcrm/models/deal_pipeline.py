"""A portal's deal pipeline and the stages a deal passes through."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class DealPipeline(BaseModel):
    """Internal ids of a pipeline and its stages; ``open`` is in the order in which a deal passes them."""

    model_config = ConfigDict(frozen=True)

    id: str
    open: Annotated[tuple[str, ...], Field(min_length=1)]
    won: str
    lost: str

    def stage_at(self, progress: float) -> str:
        """Return the open stage of a deal that has completed this share (0 to 1) of its sales cycle."""
        place = min(int(progress * len(self.open)), len(self.open) - 1)
        return self.open[max(place, 0)]


DEFAULT_PIPELINE = DealPipeline(
    id="default",
    open=(
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
    ),
    won="closedwon",
    lost="closedlost",
)
"""HubSpot's default pipeline in a new portal."""
