"""Documents and JSON lines under a simulation's prefix of the bucket."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JsonObject = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


class Artifacts:
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

    def read_lines(self, name: str) -> list[JsonObject] | None:
        """The objects of a JSON lines file, or None when it was never written."""
        body = self._get(name)
        return None if body is None else [json.loads(line) for line in body.splitlines()]

    def write_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write JSON lines, replacing an older file."""
        self._put(name, b"".join(line(row) for row in rows))

    def names(self, prefix: str) -> Iterator[str]:
        """All names that begin with a prefix, in order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.key(prefix))
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"].removeprefix(self.key(""))

    def _get(self, name: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=self.key(name))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def _put(self, name: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=self.key(name), Body=body)


def line(row: Mapping[str, Any]) -> bytes:
    """One row of a JSON lines file, the same bytes for the same row."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
