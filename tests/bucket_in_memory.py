"""A bucket without a service behind it: what the artifacts ask of S3, for tests that ask it thousands of times."""

import hashlib
import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError


class BucketInMemory:
    """Answers as an S3 client does; ``objects`` are the bodies by key. ``page`` keys are listed at a time."""

    def __init__(self, objects: dict[str, bytes] | None = None, page: int = 1_000) -> None:
        self.objects = dict(objects or {})
        self._page = page
        self._lock = threading.Lock()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Read an object."""
        assert Bucket
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
        with self._lock:
            present = self.objects.get(Key)
            if (IfNoneMatch and present is not None) or (IfMatch and (present is None or _etag(present) != IfMatch)):
                raise _error("PutObject", "PreconditionFailed")
            self.objects[Key] = bytes(Body)
            return {"ETag": _etag(self.objects[Key])}

    def get_paginator(self, operation: str) -> "BucketInMemory":
        """Pages of the list of keys."""
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        """The keys that begin with a prefix, in order."""
        assert Bucket
        found = sorted(key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
        now = datetime.now(UTC)
        for first in range(0, len(found), self._page):
            yield {"Contents": [{"Key": key, "LastModified": now} for key in found[first : first + self._page]]}


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def _error(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
