"""The local HubSpot as a process of its own, as users run it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from contract.drivers import ApiClient, Driver, Sdk


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Start a server on a free port and return its URL."""
    command = [sys.executable, "-m", "local_hubspot", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


@pytest.fixture(params=["api-client", "2026-03", "2026-09"])
def driver(server: str, request: pytest.FixtureRequest) -> Iterator[Driver]:
    """One of the official clients with the paths of v3 and v4 or of a date, before an empty portal."""
    reset = urllib.request.Request(f"{server}/_local/reset", method="POST")  # noqa: S310  # our own server
    urllib.request.urlopen(reset).close()  # noqa: S310
    driver: Driver = ApiClient(server) if request.param == "api-client" else Sdk(server, request.param)
    yield driver
    driver.close()
