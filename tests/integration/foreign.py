"""A web page of somebody else, as the requests that it can make a browser send to this machine."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from simcrm_embedded.processes import MARK
from simcrm_embedded.state import StackState

EVIL = "https://evil.example"
NO_COMMAND = b"-"
"""How Redis, which speaks no HTTP and keeps the connection, begins to say that it does not carry out a line."""

RUNTIME_EMULATOR = "aws-lambda-rie"
"""Runs one function for ``simcrm_embedded.invoke``, beside the stack and only while that waits for its answer."""

SIMPLE = ("text/plain", "application/x-www-form-urlencoded")
"""Types of a body that a browser sends without asking first."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request of the page; ``headers`` are what the browser adds for it."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def sent_to(self, host: str, port: int) -> bytes:
        """What was answered to the request over a connection of its own, of Redis the first words."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Connection: close", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers if name != "Host"]
        lines.append(f"Host: {dict(self.headers).get('Host', f'{host}:{port}')}")
        answer = b""
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + self.body)
            with suppress(ConnectionResetError):  # how a server ends that does not read what follows
                while not answer.startswith(NO_COMMAND) and (more := connection.recv(65_536)):
                    answer += more
        return answer


def disguises(port: int) -> Iterator[tuple[tuple[str, str], ...]]:
    """The headers by which a browser says whose page it is: by origin, by site, or by a name that leads here."""
    for origin in (EVIL, "null", f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}"):
        yield (("Origin", origin), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors"))
        yield (("Origin", origin),)  # of a browser that does not say more
    yield (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"))
    yield (("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script"))
    for host in (f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", f"a.localhost:{port}"):
        yield (("Host", host), ("Origin", f"http://{host}"), ("Sec-Fetch-Site", "same-origin"))
        yield (("Host", host),)


def listening_ports(state: StackState) -> dict[int, str]:
    """All TCP ports that the stack's processes and whatever they have started listen at, with the address."""
    found: dict[int, str] = {}
    for process in stack_processes(state):
        with suppress(psutil.Error):  # it has ended
            listening = [item for item in process.net_connections("tcp") if item.status == psutil.CONN_LISTEN]
            found |= {item.laddr.port: item.laddr.ip for item in listening}
    return found


def stack_processes(state: StackState) -> list[psutil.Process]:
    """The stack's processes and whatever they have started: of their sessions, or with the stack's mark."""
    return [process for process in psutil.process_iter() if _is_of(process, state)]


def _is_of(process: psutil.Process, state: StackState) -> bool:
    leaders = {started.pid for started in state.processes}
    try:
        if Path(process.exe()).name.startswith(RUNTIME_EMULATOR):
            return False
        return os.getsid(process.pid) in leaders or process.environ().get(MARK) == state.mark
    except (psutil.Error, OSError):  # it has ended, or is somebody else's
        return False
