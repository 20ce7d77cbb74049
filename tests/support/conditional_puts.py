"""S3 decides a conditional write in one step; moto reads, then writes, and lets another thread in between."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from unittest.mock import patch

from moto.s3.responses import S3Response


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let moto put one object after the other."""
    lock, put = threading.Lock(), S3Response.put_object

    @wraps(put)
    def locked(response: S3Response) -> object:
        with lock:
            return put(response)

    with patch.object(S3Response, "put_object", locked):
        yield
