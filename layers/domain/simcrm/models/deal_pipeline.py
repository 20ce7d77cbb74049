"""A portal's deal pipeline as a deal walks through it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class DealPipeline(BaseModel):
    """Internal ids of a pipeline and its stages; ``open`` in the order a deal passes them."""

    model_config = ConfigDict(frozen=True)

    id: str
    open: Annotated[tuple[str, ...], Field(min_length=1)]
    won: str
    lost: str

    def stage_at(self, progress: float) -> str:
        """The open stage of a deal that has gone this share (0 to 1) of its way."""
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
"""HubSpot's own pipeline of a new portal."""
