"""S3 decides a conditional write in one step; moto reads, then writes, and lets another thread in between.

Each request also reloads moto's table of S3's addresses, which fails if two threads do so at the same moment.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let moto answer one request after the other."""
    lock, process = threading.RLock(), BotocoreStubber.process_request

    @wraps(process)
    def locked(stubber: BotocoreStubber, request: Any) -> Any:
        with lock:
            return process(stubber, request)

    with patch.object(BotocoreStubber, "process_request", locked):
        yield
