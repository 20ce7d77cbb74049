"""A real Redis for tests: it has begun when it answers, not when its socket is there."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from simcrm_embedded.redis_server import find_server

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


SLOTS = 16_384
BUS = 10_000
"""A server in cluster mode also opens the port that is so much above its own."""


@contextmanager
def redis_server(folder: Path, *, cluster: bool = False) -> Iterator[Path]:
    """A server on a unix socket, alone or as the one node of a cluster with all its slots."""
    path = folder / "redis.sock"
    settings = ["--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    settings += ["--port", "0"] if not cluster else _cluster_settings()
    with subprocess.Popen([str(find_server()), *settings], stdout=subprocess.DEVNULL) as server:
        try:
            wait_for_redis(path)
            if cluster:
                _take_all_slots(path)
            yield path
        finally:
            server.terminate()


def _cluster_settings() -> list[str]:
    return ["--bind", "127.0.0.1", "--port", str(_free_port()), "--cluster-enabled", "yes"]


def _free_port() -> int:
    """A port whose bus port is free too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + BUS))
            except (OSError, OverflowError):
                continue
            return port


def _take_all_slots(path: Path) -> None:
    deadline = time.monotonic() + LONGEST
    with redis.Redis.from_url(f"unix://{path}", decode_responses=True) as client:
        client.execute_command("CLUSTER", "ADDSLOTS", *range(SLOTS))
        while "cluster_state:ok" not in str(client.execute_command("CLUSTER", "INFO")):
            if time.monotonic() > deadline:
                raise TimeoutError("The cluster is not ready.")
            time.sleep(0.01)
