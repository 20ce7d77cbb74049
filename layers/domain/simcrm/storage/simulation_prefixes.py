"""The prefixes of simulations in the bucket: list them, find when one was last modified, delete its objects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIMULATIONS = "simulations/"
FOLLOWING_CHARACTER = "0"
"""The character after ``/``, so that all keys under a prefix sort before the prefix with this character instead."""


@dataclass(frozen=True, slots=True)
class SimulationPrefixes:
    """The data of all simulations in a bucket."""

    s3: "S3Client"
    bucket: str

    def simulation_ids(self, after: str = "") -> Iterator[str]:
        """Yield the ids of simulations with data, in the order of their prefixes, or only those after ``after``."""
        behind = {"StartAfter": f"{SIMULATIONS}{after}{FOLLOWING_CHARACTER}"} if after else {}
        for page in self._pages(SIMULATIONS, Delimiter="/", **behind):
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"].removeprefix(SIMULATIONS).removesuffix("/")

    def last_modified(self, simulation_id: str) -> datetime | None:
        """Return when a top-level document of a simulation was last written, or None if there is none.

        Every operation on a simulation writes one: plan, end, resume, repair, clean-up, abort. The files of its batches
        are not checked.
        """
        pages = self._pages(_prefix(simulation_id), Delimiter="/")
        return max((item["LastModified"] for page in pages for item in page.get("Contents", [])), default=None)

    def delete_objects(self, simulation_id: str, last: str, is_over: Callable[[], bool]) -> tuple[int, bool]:
        """Delete a simulation's objects until time runs out; the object named ``last`` is deleted last.

        Returns the number of deleted objects and whether nothing is left.
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
        """Delete up to 1,000 keys; return how many could not be deleted. A missing key is not a failure."""
        wanted: Any = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        return len(self.s3.delete_objects(Bucket=self.bucket, Delete=wanted).get("Errors", []))


def _prefix(simulation_id: str) -> str:
    return f"{SIMULATIONS}{simulation_id}/"
