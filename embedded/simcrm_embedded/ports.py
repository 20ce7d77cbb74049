"""Loopback ports."""

import socket

from simcrm_embedded.errors import InvalidSettingError, PortInUseError

LOOPBACK = "127.0.0.1"


def require_free(port: int | None, option: str) -> int:
    """The port that was asked for, if nobody has it, else 0: the server then takes a free one and says which.

    Raises:
        PortInUseError: names ``option``, by which the port was asked for.
        InvalidSettingError: only the system may open this port.
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
    """A port that is free now; for a program that takes no port of its own choice, and may find this one taken."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
