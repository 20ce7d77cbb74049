import socket
from collections.abc import Iterator

import pytest

from simcrm_embedded.errors import PortInUseError
from simcrm_embedded.ports import accepts_connections, guess_free, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_without_a_wish_the_server_takes_any_free_port() -> None:
    assert require_free(None, "--aws-port") == 0


def test_a_free_port_that_was_asked_for_is_taken() -> None:
    port = guess_free()

    assert not accepts_connections(port)
    assert require_free(port, "--aws-port") == port


def test_a_taken_port_is_refused_with_the_option_that_asked_for_it(taken: int) -> None:
    with pytest.raises(PortInUseError, match=rf"Port {taken} is in use: .* --redis-port another port"):
        require_free(taken, "--redis-port")


def test_a_listening_port_accepts_connections(taken: int) -> None:
    assert accepts_connections(taken)
