"""Loopback ports."""

import socket

from simcrm_embedded.errors import InvalidSettingError, PortInUseError

LOOPBACK = "127.0.0.1"


def require_free(port: int | None, option: str) -> int:
    """Return the requested port if it is free; 0 if none was requested, so that the server chooses and prints one.

    Raises:
        PortInUseError: the port is taken; the message names ``option``, which requested it.
        InvalidSettingError: the port is privileged.
    """
    if port is None:
        return 0
    if accepts_connections(port):
        raise PortInUseError(port, option)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            raise InvalidSettingError(option, "needs a port above 1023, which any user may open") from None
        except OSError:
            raise PortInUseError(port, option) from None
    return port


def guess_free() -> int:
    """Return a port that is free now, for a program that cannot choose one; it may be taken by the time it is used."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    """Whether something is listening on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
