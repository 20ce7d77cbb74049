import socket
from collections.abc import Iterator

import pytest

from simcrm_embedded.errors import PortInUseError
from simcrm_embedded.ports import accepts_connections, choose_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_without_a_wish_any_free_port_is_chosen() -> None:
    port = choose_port(None, "--aws-port")

    assert port > 0
    assert not accepts_connections(port)


def test_a_free_port_that_was_asked_for_is_chosen() -> None:
    port = choose_port(None, "--aws-port")

    assert choose_port(port, "--aws-port") == port


def test_a_taken_port_is_refused_with_the_option_that_asked_for_it(taken: int) -> None:
    with pytest.raises(PortInUseError, match=rf"Port {taken} is in use: .* --redis-port another port"):
        choose_port(taken, "--redis-port")


def test_a_listening_port_accepts_connections(taken: int) -> None:
    assert accepts_connections(taken)
