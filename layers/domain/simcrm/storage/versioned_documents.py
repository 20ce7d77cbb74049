"""Versioned documents of a deployment: all versions are kept, the latest is in force, and only one writer can win."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

from simcrm.core.concurrency import map_concurrently
from simcrm.core.errors import StaleVersionError
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DocumentT = TypeVar("DocumentT")
ModelT = TypeVar("ModelT", bound=BaseModel)

CONFLICT_CODES = {"PreconditionFailed", "ConditionalRequestConflict"}
DIGITS = 6
"""Number of digits of a version in its key, so that keys sort in version order."""
MAX_HISTORY = 50
"""Versions listed in an API response, latest first."""


class Version(NamedTuple):
    """A version number, starting at 1, and when the version was written."""

    number: int
    at: datetime


class DocumentHistory(NamedTuple, Generic[DocumentT]):
    """The latest version of a document, or None if there is none, and all its versions, oldest first."""

    latest: DocumentT | None
    versions: Sequence[Version]

    @property
    def number(self) -> int:
        """The number of the latest version, or 0 if there is none."""
        return self.versions[-1].number if self.versions else 0

    def to_rows(self) -> list[JsonObject]:
        """Return the ``MAX_HISTORY`` latest versions as the API lists them."""
        listed = self.versions[: -MAX_HISTORY - 1 : -1]
        return [{"version": version.number, "at": to_iso_utc(version.at)} for version in listed]


class DocumentFormat(NamedTuple, Generic[DocumentT]):
    """How a kind of document is stored: the suffix of its keys, and its conversion from and to text."""

    suffix: str
    parse: Callable[[str], DocumentT]
    serialize: Callable[[DocumentT], str]


MARKDOWN: DocumentFormat[str] = DocumentFormat(".md", str, str)


def json_format(model: type[ModelT]) -> DocumentFormat[ModelT]:
    """Return the format of a model's documents."""
    return DocumentFormat(
        ".json", model.model_validate_json, lambda document: document.model_dump_json(by_alias=True, exclude_none=True)
    )


class VersionedDocumentStore(Generic[DocumentT]):
    """Named documents of one kind; each version is an object ``{prefix}{name}/{number}`` and is never overwritten."""

    def __init__(self, s3: "S3Client", bucket: str, prefix: str, document_format: DocumentFormat[DocumentT]) -> None:
        self._s3, self._bucket, self._prefix, self._format = s3, bucket, prefix, document_format

    def list_names(self) -> list[str]:
        """Return the names of all documents that have a version."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
        return [folder.removeprefix(self._prefix).removesuffix("/") for folder in folders]

    def list_versions(self, name: str) -> Sequence[Version]:
        """Return all versions of a document, oldest first."""
        return self._list(f"{name}/").get(name, [])

    def latest(self, name: str) -> DocumentHistory[DocumentT]:
        """Return the latest version of a document, with its history."""
        return self._with_latest(name, self.list_versions(name))

    def all_latest(self) -> dict[str, DocumentHistory[DocumentT]]:
        """Return the latest version of every document by name, using one listing and one read per document."""
        versions = self._list("")
        histories = map_concurrently(lambda found: self._with_latest(*found), versions.items())
        return dict(zip(versions, histories, strict=True))

    def read(self, name: str, number: int) -> DocumentT | None:
        """Return one version of a document, or None if it does not exist."""
        try:
            response = self._s3.get_object(Bucket=self._bucket, Key=self._key(name, number))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise
        return self._format.parse(response["Body"].read().decode())

    def add(self, name: str, document: DocumentT, *, base_version: int) -> int:
        """Write the version that follows ``base_version``, from which the document was made; return its number.

        Raises:
            StaleVersionError: that version already exists, so the document was made from an outdated one.
        """
        number, body = base_version + 1, self._format.serialize(document).encode()
        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(name, number), Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in CONFLICT_CODES:
                raise StaleVersionError(base_version) from error
            raise
        return number

    def _with_latest(self, name: str, versions: Sequence[Version]) -> DocumentHistory[DocumentT]:
        return DocumentHistory(self.read(name, versions[-1].number) if versions else None, versions)

    def _list(self, below: str) -> dict[str, list[Version]]:
        """Return the versions by document name; ``below`` is the part of the keys that follows the prefix."""
        versions: dict[str, list[Version]] = {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix + below)
        for item in (item for page in pages for item in page.get("Contents", [])):
            name, _, file = item["Key"].removeprefix(self._prefix).rpartition("/")
            number = int(file.removesuffix(self._format.suffix))
            versions.setdefault(name, []).append(Version(number, item["LastModified"]))
        return versions

    def _key(self, name: str, number: int) -> str:
        return f"{self._prefix}{name}/{number:0{DIGITS}d}{self._format.suffix}"
