"""What every unit test stands on: no network, an account of moto's own, nothing kept from the test before."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import stamina
from account_in_process import AccountInProcess
from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS
from builders import SIMULATION
from conditional_puts import one_at_a_time
from portal_in_process import TOKEN, URL, LocalPortal
from pytest_socket import disable_socket, enable_socket
from real_redis import wait_for_redis
from recorders import ApiCalls, LogLines
from template_resources import Resources

import simcrm_lambda.portal
from simcrm import aws, measures
from simcrm.cache import connection
from simcrm.cache.metrics import Metrics
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.portal import prepare_portal
from simcrm.storage.artifacts import Artifacts
from simcrm_embedded.redis_server import find_server

SERVED_BY_SOCKETS = {"cli", "embedded", "generation", "local_hubspot", "stand_in_kit"}
"""Folders whose tests start servers of their own, or none of what is faked here."""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}
MORE_THAN_ANY_RETRY = 100


@pytest.fixture(autouse=True)
def _alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test of the domain reaches a network, waits for a retry or sees another test's clients."""
    if request.path.relative_to(Path(__file__).parent).parts[0] in SERVED_BY_SOCKETS:
        yield
        return
    monkeypatch = request.getfixturevalue("monkeypatch")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    disable_socket(allow_unix_socket=True)
    stamina.set_testing(True, attempts=MORE_THAN_ANY_RETRY, cap=True)
    _forget()
    yield
    stamina.set_testing(False)
    enable_socket()


def _forget() -> None:
    """Forget what a process keeps, but for the AWS clients: they hold no data, and making them takes half a second."""
    measures.take()
    connection.connect.cache_clear()
    for kept in ("_http", "_limiter", "_definitions"):
        getattr(simcrm_lambda.portal, kept).cache_clear()
    for provider in DEFAULT_PROVIDERS.values():
        provider.clear_cache()
    for module, kept in (("settings", "config"), ("settings", "kept_settings"), ("services", "simulations")):
        if module in sys.modules:
            getattr(sys.modules[module], kept).cache_clear()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that retries wait; the clock moves by them, the test does not wait."""
    waited: list[float] = []
    clock = time.monotonic
    stamina.set_testing(False)
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(waited))
    return waited


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    handler, logger = LogLines(), logging.getLogger("simcrm")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture(scope="session")
def _redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    socket = tmp_path_factory.mktemp("redis") / "redis.sock"
    command = [str(find_server()), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        wait_for_redis(socket)
        yield socket
        server.terminate()


@pytest.fixture
def redis_url(_redis_socket: Path) -> str:
    """A real, empty Redis, reached over a unix socket."""
    url = f"unix://{_redis_socket}"
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture
def cache(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def absent_redis_url(tmp_path: Path) -> str:
    """A cache that does not answer."""
    return f"unix://{tmp_path}/nothing.sock"


@pytest.fixture(scope="session")
def _account(_redis_socket: Path) -> AccountInProcess:
    return AccountInProcess(f"unix://{_redis_socket}", URL)


@pytest.fixture(autouse=True, scope="session")
def _puts_one_at_a_time() -> Iterator[None]:
    with one_at_a_time():
        yield


@pytest.fixture
def resources(_account: AccountInProcess, redis_url: str) -> Iterator[Resources]:
    """The template's bucket, queues, secret and state machines, empty as the cache is."""
    assert redis_url
    with _account.emptied() as made:
        yield made


@pytest.fixture
def api_calls(resources: Resources) -> Iterator[ApiCalls]:
    """The calls to queues, state machine and bucket from here on."""
    assert resources
    calls, clients = ApiCalls(), (aws.sqs(), aws.step_functions(), aws.s3())
    for client in clients:
        client.meta.events.register("provide-client-params", calls.note)
    yield calls
    for client in clients:
        client.meta.events.unregister("provide-client-params", calls.note)


@pytest.fixture
def artifacts_of(resources: Resources) -> Callable[[str], Artifacts]:
    return lambda simulation_id: Artifacts(aws.s3(), resources.bucket, simulation_id)


@pytest.fixture
def artifacts(artifacts_of: Callable[[str], Artifacts]) -> Artifacts:
    """The data of the simulation that the builders speak of."""
    return artifacts_of(SIMULATION)


@pytest.fixture
def metrics(cache: redis.Redis) -> Metrics:
    """The counters of the builders' simulation, from its begin on."""
    counters = Metrics(cache, SIMULATION)
    counters.begin()
    return counters


@pytest.fixture
def empty_portal() -> LocalPortal:
    """A portal that SimCRM has never seen."""
    return LocalPortal()


@pytest.fixture
def portal(empty_portal: LocalPortal) -> LocalPortal:
    """A portal with SimCRM's properties and no record; no call is counted yet."""
    prepare_portal(empty_portal.client(TOKEN), allow_production=False)
    empty_portal.calls.clear()
    return empty_portal


@pytest.fixture
def client(portal: LocalPortal) -> HubSpotClient:
    return portal.client()
