"""A bucket without a service behind it: what stored files ask of S3, for tests that ask it thousands of times."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError


class BucketInMemory:
    """Answers as an S3 client does; ``objects`` are the bodies by key, ``calls`` the names of its operations.

    ``page`` keys and prefixes are listed at a time; ``clock`` says when something is written.
    """

    def __init__(
        self,
        objects: dict[str, bytes] | None = None,
        page: int = 1_000,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.objects = dict(objects or {})
        self.calls: list[str] = []
        self.locked: set[str] = set()
        self._written: dict[str, datetime] = {}
        self._page, self._clock = page, clock
        self._lock = threading.Lock()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Read an object."""
        assert Bucket
        self.calls.append("GetObject")
        if Key not in self.objects:
            raise _error("GetObject", "NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Key]), "ETag": _etag(self.objects[Key])}

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        assert Bucket
        self.calls.append("PutObject")
        with self._lock:
            present = self.objects.get(Key)
            if (IfNoneMatch and present is not None) or (IfMatch and (present is None or _etag(present) != IfMatch)):
                raise _error("PutObject", "PreconditionFailed")
            self.objects[Key], self._written[Key] = bytes(Body), self._clock()
            return {"ETag": _etag(self.objects[Key])}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        """Delete objects, but for ``locked`` ones; those that are not there are no failures."""
        assert Bucket
        assert len(Delete["Objects"]) <= 1_000
        self.calls.append("DeleteObjects")
        keys = {item["Key"] for item in Delete["Objects"]}
        for key in keys - self.locked:
            self.objects.pop(key, None)
        return {"Errors": [{"Key": key, "Code": "AccessDenied"} for key in sorted(keys & self.locked)]}

    def get_paginator(self, operation: str) -> "BucketInMemory":
        """Pages of the list of keys."""
        assert operation == "list_objects_v2"
        return self

    def paginate(
        self,
        *,
        Bucket: str,  # noqa: N803
        Prefix: str,  # noqa: N803
        StartAfter: str = "",  # noqa: N803
        Delimiter: str = "",  # noqa: N803
        PaginationConfig: Mapping[str, int] | None = None,  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        """The keys that begin with a prefix, in order; those with a delimiter behind it as one common prefix."""
        assert Bucket
        keys = (key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
        found = sorted({_cut(key, Prefix, Delimiter) for key in keys})
        size = min(self._page, (PaginationConfig or {}).get("PageSize", self._page))
        for first in range(0, max(len(found), 1), size):
            self.calls.append("ListObjectsV2")
            part = found[first : first + size]
            contents = [self._row(key) for key in part if key in self.objects]
            prefixes = [{"Prefix": key} for key in part if key not in self.objects]
            yield {"Contents": contents, "CommonPrefixes": prefixes}

    def _row(self, key: str) -> dict[str, Any]:
        return {"Key": key, "LastModified": self.written(key), "ETag": _etag(self.objects[key])}

    @property
    def requests(self) -> int:
        """How many operations it was asked for, each page of a list for itself."""
        return len(self.calls)

    def written(self, key: str) -> datetime:
        """When an object was last written; one that was there from the begin is as new as can be."""
        return self._written.get(key, self._clock())


def _cut(key: str, prefix: str, delimiter: str) -> str:
    rest, found, _ = key.removeprefix(prefix).partition(delimiter) if delimiter else (key, "", "")
    return f"{prefix}{rest}{found}" if found else key


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def _error(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
