"""The prefixes of simulations in the bucket: which there are, when each was last touched, and how one is emptied."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIMULATIONS = "simulations/"
FOLLOWING_CHARACTER = "0"
"""The character after the one that ends a prefix: keys of the prefix sort before it."""


@dataclass(frozen=True, slots=True)
class SimulationPrefixes:
    """The data of all simulations of a bucket."""

    s3: "S3Client"
    bucket: str

    def simulation_ids(self, after: str = "") -> Iterator[str]:
        """Whose data there is, in the order of their prefixes, or those that come after one."""
        behind = {"StartAfter": f"{SIMULATIONS}{after}{FOLLOWING_CHARACTER}"} if after else {}
        for page in self._pages(SIMULATIONS, Delimiter="/", **behind):
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"].removeprefix(SIMULATIONS).removesuffix("/")

    def last_modified(self, simulation_id: str) -> datetime | None:
        """When a document of a simulation itself was last written, None where there is none.

        Whatever is done with a simulation writes one: its plan, its end, a resume, a repair, a clean-up, an abort. The
        files of its batches are not looked at.
        """
        pages = self._pages(_prefix(simulation_id), Delimiter="/")
        return max((item["LastModified"] for page in pages for item in page.get("Contents", [])), default=None)

    def delete_objects(self, simulation_id: str, last: str, is_over: Callable[[], bool]) -> tuple[int, bool]:
        """Delete all of a simulation, the object with the name ``last`` at the end, as far as the time allows.

        Returns how many objects were deleted, and whether nothing is left.
        """
        final, deleted = _prefix(simulation_id) + last, 0
        for page in self._pages(_prefix(simulation_id)):
            keys = [item["Key"] for item in page.get("Contents", []) if item["Key"] != final]
            if keys:
                failed = self._delete(keys)
                deleted += len(keys) - failed
                if failed or is_over():
                    return deleted, False
        return deleted + 1 - self._delete([final]), True

    def _pages(self, prefix: str, **more: Any) -> Any:
        return self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, **more)

    def _delete(self, keys: list[str]) -> int:
        """How many of up to 1,000 keys could not be deleted; one that is not there is no failure."""
        wanted: Any = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        return len(self.s3.delete_objects(Bucket=self.bucket, Delete=wanted).get("Errors", []))


def _prefix(simulation_id: str) -> str:
    return f"{SIMULATIONS}{simulation_id}/"
