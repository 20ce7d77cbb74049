"""What the fakes of S3 must keep: of conditional writes at the same moment one is done, and the others are refused."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from bucket_in_memory import BucketInMemory
from template_resources import Resources

from simcrm.core import aws_clients

WRITERS = 8
ROUNDS = 10
Put = Callable[..., Any]


@pytest.fixture(params=["moto", "in memory"])
def put(request: pytest.FixtureRequest, resources: Resources) -> Put:
    """Write to a fake of S3."""
    client = aws_clients.s3() if request.param == "moto" else BucketInMemory()
    return lambda key, body, **condition: client.put_object(Bucket=resources.bucket, Key=key, Body=body, **condition)


@pytest.fixture(autouse=True)
def _threads_change_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def winners(put: Put, key: str, **condition: str) -> list[int]:
    """Who of writers at the same moment has written."""
    together = threading.Barrier(WRITERS)

    def write(number: int) -> int | None:
        together.wait()
        try:
            put(key, str(number).encode(), **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return None
        return number

    with ThreadPoolExecutor(WRITERS) as threads:
        return [number for number in threads.map(write, range(WRITERS)) if number is not None]


def test_an_object_is_made_once(put: Put) -> None:
    assert [len(winners(put, f"new-{number}", IfNoneMatch="*")) for number in range(ROUNDS)] == [1] * ROUNDS


def test_a_version_is_replaced_once(put: Put) -> None:
    versions = [put(f"old-{number}", b"first")["ETag"] for number in range(ROUNDS)]

    won = [len(winners(put, f"old-{number}", IfMatch=version)) for number, version in enumerate(versions)]

    assert won == [1] * ROUNDS
