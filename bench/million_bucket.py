"""A bucket in one SQLite file: it holds the objects of a large run in no memory, and counts what it is asked.

``open_bucket(path)`` keeps what is written; with ``scratch=True`` nothing that is written outlives the process, so that
each consumer begins with the same bucket.
"""

import hashlib
import io
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

PAGE = 1_000
"""Keys that S3 lists at a time."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS objects (key TEXT PRIMARY KEY, etag TEXT, at REAL, body INTEGER NOT NULL) WITHOUT ROWID;
"""
_LIST = "SELECT key, etag, at FROM objects WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
_KEEP = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)"


class SqliteBucket:
    """Answers as an S3 client does; ``requests`` counts what it was asked by operation, each page of a list for itself.

    Bodies of replaced objects stay in the file.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.requests: Counter[str] = Counter()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Read an object.

        Raises:
            ClientError: there is none.
        """
        del Bucket
        query = "SELECT b.body, o.etag FROM objects o JOIN bodies b ON b.id = o.body WHERE o.key = ?"
        with self._lock:
            self.requests["GetObject"] += 1
            row = self._connection.execute(query, (Key,)).fetchone()
        if row is None:
            raise _error("GetObject", "NoSuchKey")
        return {"Body": io.BytesIO(row[0]), "ETag": row[1]}

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """Write an object.

        Raises:
            ClientError: it is not the one of ``IfMatch``, or there is one in spite of ``IfNoneMatch``.
        """
        del Bucket
        with self._lock:
            self.requests["PutObject"] += 1
            self._require(Key, IfMatch, is_new=IfNoneMatch is not None)
            return {"ETag": self._put(Key, Body)}

    def contents(self, prefix: str) -> list[tuple[str, bytes]]:
        """All objects of a prefix; this is no request, nor is what follows."""
        query = "SELECT o.key, b.body FROM objects o JOIN bodies b ON b.id = o.body WHERE o.key >= ? AND o.key < ?"
        return self._connection.execute(query, (prefix, _after(prefix))).fetchall()

    def add(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Keep many objects at once."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for key, body in contents:
                self._put(key, body)

    def delete(self, first: str, end: str = "") -> None:
        """Forget all objects from a key on that sort before an end, by default those that begin with the key."""
        self._connection.execute("DELETE FROM objects WHERE key >= ? AND key < ?", (first, end or _after(first)))

    def copy(self, prefix: str, to: str) -> None:
        """Keep all objects of a prefix under another one too."""
        query = "INSERT OR REPLACE INTO objects SELECT ? || substr(key, ?), etag, at, body FROM objects WHERE {}"
        values = (to, len(prefix) + 1, prefix, _after(prefix))
        self._connection.execute(query.format("key >= ? AND key < ?"), values)

    def restore(self) -> None:
        """Forget what was written since a scratch bucket was opened."""
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN IMMEDIATE")

    def get_paginator(self, operation: str) -> "SqliteBucket":
        """Pages of the list of keys.

        Raises:
            ValueError: nothing else comes in pages here.
        """
        if operation != "list_objects_v2":
            raise ValueError(operation)
        return self

    def paginate(
        self,
        *,
        Bucket: str,  # noqa: N803
        Prefix: str,  # noqa: N803
        StartAfter: str = "",  # noqa: N803
        PaginationConfig: Mapping[str, int] | None = None,  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        """The keys that begin with a prefix, in order."""
        del Bucket
        last, size = StartAfter, (PaginationConfig or {}).get("PageSize", PAGE)
        while True:
            with self._lock:
                self.requests["ListObjectsV2"] += 1
                rows = self._connection.execute(_LIST, (last, Prefix, _after(Prefix), size + 1)).fetchall()
            shown = [{"Key": key, "LastModified": _time(at), "ETag": etag} for key, etag, at in rows[:size]]
            yield {"Contents": shown} if shown else {}
            if len(rows) <= size:
                return
            last = shown[-1]["Key"]

    def _require(self, key: str, etag: str | None, *, is_new: bool) -> None:
        if etag is None and not is_new:
            return
        found = self._connection.execute("SELECT etag FROM objects WHERE key = ?", (key,)).fetchone()
        if etag is not None and found is None:
            raise _error("PutObject", "NoSuchKey")
        if found is not None and (is_new or found[0] != etag):
            raise _error("PutObject", "PreconditionFailed")

    def _put(self, key: str, body: bytes) -> str:
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        kept = self._connection.execute("INSERT INTO bodies (body) VALUES (?)", (body,))
        self._connection.execute(_KEEP, (key, etag, datetime.now(UTC).timestamp(), kept.lastrowid))
        return etag

    def close(self) -> None:
        """Keep what was written, unless it was scratch."""
        self._connection.close()


def open_bucket(path: Path | str, *, scratch: bool = False) -> SqliteBucket:
    """The bucket of a file, which is made where there is none."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")
    if scratch:  # what is not committed is gone with the process
        connection.execute("BEGIN IMMEDIATE")
    return SqliteBucket(connection)


def _after(prefix: str) -> str:
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _error(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
