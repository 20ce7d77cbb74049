"""Loopback ports."""

import socket

from simcrm_embedded.errors import InvalidSettingError, PortInUseError

LOOPBACK = "127.0.0.1"


def choose_port(asked: int | None, option: str) -> int:
    """The port that was asked for, if nobody has it, else any free one.

    Raises:
        PortInUseError: names ``option``, by which the port was asked for.
        InvalidSettingError: only the system may open this port.
    """
    if asked is not None and accepts_connections(asked):
        raise PortInUseError(asked, option)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, asked or 0))
        except PermissionError:
            raise InvalidSettingError(option, "needs a port above 1023, which any user may open") from None
        except OSError:
            raise PortInUseError(asked or 0, option) from None
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
