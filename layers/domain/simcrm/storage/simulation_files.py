"""JSON documents and JSON Lines files under a simulation's prefix in the bucket."""

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
    """Another writer has changed the document since it was read."""


MIN_PART_BYTES = 5 * 1024 * 1024
"""Minimum size of a part of a multipart upload in S3, except for the last part."""


MAX_LISTED = 1_000
"""Maximum number of names that S3 lists in one request."""


class ListedFile(NamedTuple):
    """A name in a listing, when it was last written, and its ETag."""

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
        """Return the S3 key of a name."""
        return f"simulations/{self.simulation_id}/{name}"

    def read(self, name: str, model: type[Model]) -> Model | None:
        """Read a JSON document as its model; return None if it does not exist."""
        body = self._get(name)
        return None if body is None else model.model_validate_json(body)

    def write(self, name: str, document: BaseModel) -> None:
        """Write a JSON document, replacing any existing one."""
        self._put(name, document.model_dump_json(by_alias=True, exclude_none=True).encode())

    def create(self, name: str, document: BaseModel) -> None:
        """Write a JSON document that does not exist yet.

        Raises:
            ConcurrentWriteError: it already exists; nothing was written.
        """
        self.write_version(name, document, "")

    def read_version(self, name: str, model: type[Model]) -> tuple[Model | None, str]:
        """Read a JSON document and its version, for ``write_version``; None and "" if it does not exist."""
        try:
            response = self._s3.get_object(Bucket=self.bucket, Key=self.key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None, ""
            raise
        return model.model_validate_json(response["Body"].read()), response["ETag"]

    def write_version(self, name: str, document: BaseModel, version: str) -> str:
        """Write a JSON document if it still has the version that was read; return the new version.

        Raises:
            ConcurrentWriteError: its version has changed; nothing was written.
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
        """Read the objects of a JSON Lines file; return None if it does not exist."""
        body = self._get(name)
        return None if body is None else [json.loads(line) for line in body.splitlines()]

    def write_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write JSON Lines, replacing any existing file once all rows are uploaded; return the number of rows.

        A long file is uploaded in parts while its rows are generated, so it is never in memory as a whole.
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
        """Write JSON Lines in one call, replacing any existing file; return the ETag."""
        return self._put(name, b"".join(map(to_json_line, rows)))

    def create_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write a JSON Lines file that does not exist yet, in one call; return the ETag.

        Raises:
            ConcurrentWriteError: it already exists; nothing was written.
        """
        return self._put_if(name, b"".join(map(to_json_line, rows)), "")

    def list_files(self, prefix: str, after: str = "", at_once: int = MAX_LISTED) -> Iterator[ListedFile]:
        """Yield all files with a prefix, in order, or only those after ``after``; ``at_once`` is the page size."""
        begin: Any = {"StartAfter": self.key(after)} if after else {}
        pages = self._s3.get_paginator("list_objects_v2")
        size: PaginatorConfigTypeDef = {"PageSize": at_once}
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.key(prefix), PaginationConfig=size, **begin):
            for item in page.get("Contents", []):
                yield ListedFile(item["Key"].removeprefix(self.key("")), item["LastModified"], item["ETag"])

    def list_names(self, prefix: str, after: str = "", at_once: int = MAX_LISTED) -> Iterator[str]:
        """Yield the names alone; see ``list_files``."""
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
    """Rows as encoded lines, counted as they are iterated."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for row in self._rows:
            self.count += 1
            yield to_json_line(row)


def _parts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to parts of at least ``MIN_PART_BYTES``, except for the last part."""
    part = bytearray()
    for text in lines:
        part += text
        if len(part) >= MIN_PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def to_json_line(row: Mapping[str, Any]) -> bytes:
    """Encode one row of a JSON Lines file; equal rows yield equal bytes."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
