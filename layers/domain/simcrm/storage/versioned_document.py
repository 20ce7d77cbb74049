"""Versioned documents of a deployment: all versions are kept, the latest is in force, and only one writer can win."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from simcrm.core.errors import StaleVersionError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFLICT_CODES = {"PreconditionFailed", "ConditionalRequestConflict"}
DIGITS = 6
"""Number of digits of a version in its key, so that keys sort in version order."""


class Version(NamedTuple):
    """A version number, starting at 1, and when the version was written."""

    number: int
    at: datetime


class VersionedDocument:
    """The versions of one document; each is a separate object under a prefix and is never overwritten."""

    def __init__(self, s3: "S3Client", bucket: str, prefix: str, suffix: str = ".json") -> None:
        self._s3, self._bucket, self._prefix, self._suffix = s3, bucket, prefix, suffix

    def list_versions(self) -> Sequence[Version]:
        """Return all versions, oldest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        items = [item for page in pages for item in page.get("Contents", [])]
        return [Version(self._number(item["Key"]), item["LastModified"]) for item in items]

    def read(self, number: int) -> str | None:
        """Return the text of a version, or None if it does not exist."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=self._key(number))["Body"].read().decode()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def add(self, number: int, text: str) -> None:
        """Write a version that does not exist yet.

        Raises:
            StaleVersionError: it already exists, so the new one was based on an outdated state.
        """
        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(number), Body=text.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in CONFLICT_CODES:
                raise StaleVersionError(number - 1) from error
            raise

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:0{DIGITS}d}{self._suffix}"

    def _number(self, key: str) -> int:
        return int(key.removeprefix(self._prefix).removesuffix(self._suffix))
