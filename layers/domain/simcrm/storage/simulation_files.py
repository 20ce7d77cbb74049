"""Documents and JSON lines under a simulation's prefix of the bucket."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

from simcrm.core.json_types import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, PaginatorConfigTypeDef

Model = TypeVar("Model", bound=BaseModel)
_CONFLICT_CODES = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "409", "412"}


class ConcurrentWriteError(Exception):
    """Somebody else has written the document since it was read."""


MIN_PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes as a part of an upload, but for the last."""


MAX_LISTED = 1_000
"""The most names that S3 lists at once."""


class ListedFile(NamedTuple):
    """A name in a listing: when it was last written, and the ETag of what was written then."""

    name: str
    at: datetime
    etag: str


class SimulationFiles:
    """One simulation's objects; names are relative to ``simulations/{id}/``."""

    def __init__(self, s3: "S3Client", bucket: str, simulation_id: str) -> None:
        self._s3 = s3
        self.bucket = bucket
        self.simulation_id = simulation_id

    def key(self, name: str) -> str:
        """The S3 key of a name."""
        return f"simulations/{self.simulation_id}/{name}"

    def read(self, name: str, model: type[Model]) -> Model | None:
        """A JSON document as its model, or None when it was never written."""
        body = self._get(name)
        return None if body is None else model.model_validate_json(body)

    def write(self, name: str, document: BaseModel) -> None:
        """Write a JSON document, replacing an older one."""
        self._put(name, document.model_dump_json(by_alias=True, exclude_none=True).encode())

    def create(self, name: str, document: BaseModel) -> None:
        """Write a JSON document that nobody has written.

        Raises:
            StaleWriteError: somebody has, so nothing was written.
        """
        self.write_version(name, document, "")

    def read_version(self, name: str, model: type[Model]) -> tuple[Model | None, str]:
        """A JSON document and its version, for ``write_version``; None and no version when it was never written."""
        try:
            response = self._s3.get_object(Bucket=self.bucket, Key=self.key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None, ""
            raise
        return model.model_validate_json(response["Body"].read()), response["ETag"]

    def write_version(self, name: str, document: BaseModel, version: str) -> str:
        """Write a JSON document if it still has the version that was read; returns the new one.

        Raises:
            StaleWriteError: it has not, so nothing was written.
        """
        return self._put_if(name, document.model_dump_json(by_alias=True, exclude_none=True).encode(), version)

    def _put_if(self, name: str, body: bytes, version: str) -> str:
        try:
            if version:
                done = self._s3.put_object(Bucket=self.bucket, Key=self.key(name), Body=body, IfMatch=version)
            else:
                done = self._s3.put_object(Bucket=self.bucket, Key=self.key(name), Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _CONFLICT_CODES:
                raise ConcurrentWriteError(name) from error
            raise
        return done["ETag"]

    def read_lines(self, name: str) -> list[JsonObject] | None:
        """The objects of a JSON lines file, or None when it was never written."""
        body = self._get(name)
        return None if body is None else [json.loads(line) for line in body.splitlines()]

    def write_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write JSON lines, replacing an older file when all are there; returns how many there were.

        A long file goes out part by part while its rows are made, so it is never whole in memory.
        """
        lines = _CountingLines(rows)
        parts = _parts(lines)
        first, second = next(parts, b""), next(parts, None)
        if second is None:
            self._put(name, first)
        else:
            self._put_parts(name, chain((first, second), parts))
        return lines.count

    def replace_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write JSON lines in one call, replacing an older file; returns the ETag."""
        return self._put(name, b"".join(map(to_json_line, rows)))

    def create_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write JSON lines of a file that nobody has written, in one call; returns the ETag.

        Raises:
            StaleWriteError: somebody has, so nothing was written.
        """
        return self._put_if(name, b"".join(map(to_json_line, rows)), "")

    def list_files(self, prefix: str, after: str = "", at_once: int = MAX_LISTED) -> Iterator[ListedFile]:
        """All names that begin with a prefix, in order, or those of them that sort after one; so many a request."""
        begin: Any = {"StartAfter": self.key(after)} if after else {}
        pages = self._s3.get_paginator("list_objects_v2")
        size: PaginatorConfigTypeDef = {"PageSize": at_once}
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.key(prefix), PaginationConfig=size, **begin):
            for item in page.get("Contents", []):
                yield ListedFile(item["Key"].removeprefix(self.key("")), item["LastModified"], item["ETag"])

    def list_names(self, prefix: str, after: str = "", at_once: int = MAX_LISTED) -> Iterator[str]:
        """The same, without more than the names."""
        yield from (found.name for found in self.list_files(prefix, after, at_once))

    def _get(self, name: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=self.key(name))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def _put(self, name: str, body: bytes) -> str:
        return self._s3.put_object(Bucket=self.bucket, Key=self.key(name), Body=body)["ETag"]

    def _put_parts(self, name: str, parts: Iterable[bytes]) -> None:
        bucket, key = self.bucket, self.key(name)
        upload = self._s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        try:
            done: list[CompletedPartTypeDef] = []
            for number, part in enumerate(parts, start=1):
                sent = self._s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)
                done.append({"PartNumber": number, "ETag": sent["ETag"]})
            self._s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": done})
        except BaseException:
            self._s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
            raise


class _CountingLines:
    """Rows as lines, counted on their way."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for row in self._rows:
            self.count += 1
            yield to_json_line(row)


def _parts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines joined to parts of at least ``MIN_PART_BYTES``, but for the last."""
    part = bytearray()
    for text in lines:
        part += text
        if len(part) >= MIN_PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def to_json_line(row: Mapping[str, Any]) -> bytes:
    """One row of a JSON lines file, the same bytes for the same row."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
