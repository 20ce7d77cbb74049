"""A small model and a server that fails, each in an environment and a process of its own; ``make test-model``."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from bucket_in_memory import BucketInMemory
from builders import SIMULATION
from real_redis import redis_server

from simcrm.storage.simulation_files import SimulationFiles

FOLDER = Path(__file__).parent
TOOLS = FOLDER.parents[1] / ".simcrm" / "tools"


@contextmanager
def served(tool: str, script: str) -> Iterator[str]:
    """The URL of a server that a script of this folder starts with the Python of a tool's environment."""
    python = TOOLS / tool / "bin" / "python"
    if not python.exists():
        pytest.skip("make test-model installs what this needs")
    command = [str(python), "-P", str(FOLDER / script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.kill()  # it may be in the middle of an answer, which nobody reads any more


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """The base URL of a small model."""
    with served("model", "serve_model.py") as url:
        yield url


@pytest.fixture(scope="session")
def failing_url() -> Iterator[str]:
    """The URL of a server that fails as it is told."""
    with served("llmock", "serve_faults.py") as url:
        yield url


@contextmanager
def started_redis(folder: Path) -> Iterator[redis.Redis]:
    """An empty cache."""
    with (
        redis_server(folder) as socket,
        redis.Redis.from_url(f"unix://{socket}", decode_responses=True) as client,
    ):
        yield client


def memory_files() -> SimulationFiles:
    """The data of the simulation that the builders speak of, in a bucket of its own."""
    bucket: Any = BucketInMemory()
    return SimulationFiles(bucket, "bucket", SIMULATION)
