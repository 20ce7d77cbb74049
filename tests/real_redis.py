"""A real Redis for tests: it has begun when it answers, not when its socket is there."""

import time
from pathlib import Path

import redis

LONGEST = 30.0


def wait_for_redis(socket: Path) -> None:
    """Return when the server on a unix socket answers.

    Raises:
        redis.ConnectionError: it does not, for ``LONGEST`` seconds.
    """
    deadline = time.monotonic() + LONGEST
    with redis.Redis.from_url(f"unix://{socket}") as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return
