"""What every unit test stands on: no network, an account of moto's own, nothing kept from the test before."""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import stamina
from account_in_process import AccountInProcess
from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS
from builders import SIMULATION
from moto_requests import one_at_a_time
from portal_in_process import TOKEN, URL, LocalPortal
from pytest_socket import disable_socket, enable_socket
from real_redis import redis_server
from recorders import ApiCalls, LogLines
from slot_guard import SlotGuard
from template_resources import Resources

from simcrm.cache import redis_client
from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients, cloudwatch_metrics
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda import hubspot_clients, writer_factory

SERVED_BY_SOCKETS = {"cli", "embedded", "synthetic", "local_hubspot", "local_server"}
"""Folders whose tests start servers of their own, or none of what is faked here."""

IN_A_CLUSTER_TOO = (
    "generation/test_faults.py",
    "llm/test_rate_limiters.py",
    "cache/",
    "operations/test_health.py",
    "hubspot/rate_limit/",
    "hubspot/validation/",
    "writing/test_isolation.py",
    "writing/test_two_runs.py",
    "writing/test_redelivery.py",
)

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}
MORE_THAN_ANY_RETRY = 100


@pytest.fixture(autouse=True, scope="session")
def _ordinary_signals() -> Iterator[None]:
    """Signals mean what they mean in a terminal, also where the tests run in the background or by ``nohup``.

    A program that was started there ignores some of them, and so does every program that it starts.
    """
    ordinary: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGQUIT: signal.SIG_DFL,
    }
    before = {number: signal.getsignal(number) for number in ordinary}
    for number, handler in ordinary.items():
        if before[number] is signal.SIG_IGN:
            signal.signal(number, handler)
    yield
    for number, earlier in before.items():
        signal.signal(number, earlier)


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


@pytest.fixture(autouse=True)
def slot_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlotGuard]:
    """Nothing is sent to a cache that one in cluster mode refuses."""
    guard = SlotGuard()
    guard.install(monkeypatch)
    yield guard
    assert guard.faults == []


def _forget() -> None:
    """Forget what a process keeps, but for the AWS clients: they hold no data, and making them takes half a second."""
    cloudwatch_metrics.flush()
    redis_client.redis_client.cache_clear()
    hubspot_clients._http_client.cache_clear()
    hubspot_clients._rate_limiter.cache_clear()
    writer_factory._property_definitions.cache_clear()
    for provider in DEFAULT_PROVIDERS.values():
        provider.clear_cache()
    for module, kept in (("api_config", "config"), ("api_config", "settings_cache"), ("dependencies", "simulations")):
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
    with redis_server(tmp_path_factory.mktemp("redis")) as socket:
        yield socket


@pytest.fixture(scope="session")
def _cluster_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    enable_socket()
    with redis_server(tmp_path_factory.mktemp("cluster"), cluster=True) as socket:
        disable_socket(allow_unix_socket=True)
        yield socket


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let the tests of all that uses the cache run against a server in cluster mode too, as AWS has it."""
    path = metafunc.definition.path.relative_to(Path(__file__).parent).as_posix()
    is_given = any("redis_kind" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "redis_kind" in metafunc.fixturenames and not is_given and path.startswith(IN_A_CLUSTER_TOO):
        metafunc.parametrize("redis_kind", ["plain", "cluster"])


@pytest.fixture
def redis_kind() -> str:
    """Whether the server is ``plain`` or in ``cluster`` mode."""
    return "plain"


@pytest.fixture
def redis_url(redis_kind: str, request: pytest.FixtureRequest) -> str:
    """A real, empty Redis, reached over a unix socket."""
    url = f"unix://{request.getfixturevalue('_cluster_socket' if redis_kind == 'cluster' else '_redis_socket')}"
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
def _requests_one_at_a_time() -> Iterator[None]:
    with one_at_a_time():
        yield


@pytest.fixture
def resources(_account: AccountInProcess, redis_url: str) -> Iterator[Resources]:
    """The template's bucket, queues, secret and state machines, empty as the cache is."""
    assert redis_url
    with _account.clear() as made:
        yield made


@pytest.fixture
def api_calls(resources: Resources) -> Iterator[ApiCalls]:
    """The calls to queues, state machine and bucket from here on."""
    assert resources
    calls, clients = ApiCalls(), (aws_clients.sqs(), aws_clients.step_functions(), aws_clients.s3())
    for client in clients:
        client.meta.events.register("provide-client-params", calls.record)
    yield calls
    for client in clients:
        client.meta.events.unregister("provide-client-params", calls.record)


@pytest.fixture
def open_files(resources: Resources) -> Callable[[str], SimulationFiles]:
    return lambda simulation_id: SimulationFiles(aws_clients.s3(), resources.bucket, simulation_id)


@pytest.fixture
def files(open_files: Callable[[str], SimulationFiles]) -> SimulationFiles:
    """The data of the simulation that the builders speak of."""
    return open_files(SIMULATION)


@pytest.fixture
def metrics(cache: redis.Redis) -> RunCounters:
    """The counters of the builders' simulation, from its begin on."""
    counters = RunCounters(cache, SIMULATION)
    counters.mark_started()
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
