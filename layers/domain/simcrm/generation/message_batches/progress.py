"""How far the words of a simulation are, in ``parcels.json``: written before each step that costs money."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.llm.errors import Category
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class ParcelState(StrEnum):
    """SUBMITTING is written before the provider is asked: from then on it may have the parcel."""

    SUBMITTING = "SUBMITTING"
    SUBMITTED = "SUBMITTED"
    SETTLED = "SETTLED"


class Parcel(_Document):
    """Batches ``first`` to ``last`` (lines of ``batches.jsonl``), handed in as one message batch at ``at``.

    ``reserved`` is in millionths of a dollar.
    """

    first: int
    last: int
    requests: int
    reserved: int
    at: AwareDatetime
    state: ParcelState = ParcelState.SUBMITTING
    batch_id: str | None = None


class Fall(_Document):
    """Why records fall back."""

    category: Category | None = None
    reason: str


class Progress(_Document):
    """``next`` is the first batch that is in no parcel yet.

    ``strangers`` are message batches that were taken for ours and are not. ``failing_since`` is when the provider began
    to refuse parcels that it may take later. ``rest`` is why the batches that are in no parcel fall back.
    """

    next: int = 0
    parcels: tuple[Parcel, ...] = ()
    strangers: tuple[str, ...] = ()
    failing_since: AwareDatetime | None = None
    rest: Fall | None = None

    @property
    def open(self) -> list[Parcel]:
        """The parcels whose answers are still to come."""
        return [parcel for parcel in self.parcels if parcel.state is not ParcelState.SETTLED]

    def with_parcel(self, parcel: Parcel) -> "Progress":
        """With a new parcel, or with one as it is now."""
        others = [other for other in self.parcels if other.first != parcel.first]
        parcels = tuple(sorted([*others, parcel], key=lambda each: each.first))
        return self.model_copy(update={"parcels": parcels, "next": max(self.next, parcel.last + 1)})

    def without_parcel(self, parcel: Parcel) -> "Progress":
        """With the latest parcel taken back."""
        parcels = tuple(other for other in self.parcels if other.first != parcel.first)
        return self.model_copy(update={"parcels": parcels, "next": parcel.first})


class ProgressFile:
    """The progress as this function last wrote or read it; it never writes over another function's."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        found, self._version = artifacts.read_version(file_names.PARCELS, Progress)
        self.now = found or Progress()

    def save(self, progress: Progress) -> None:
        """Keep the progress.

        Raises:
            StaleWriteError: another function is at work on it.
        """
        self._version = self._artifacts.write_version(file_names.PARCELS, progress, self._version)
        self.now = progress
