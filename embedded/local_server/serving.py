"""Serving an ASGI application on this machine: it says where it listens, ends on a signal, can break off a call."""

import asyncio
import json
import signal
import socket
import sys

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from local_server.origin_guard import Guard, stand_in_admission

_ABORT = "local_server.abort"
"""Where the server leaves the way to close the connection, in a call's scope."""


class ConnectionDroppedError(Exception):
    """Ends a call without an answer; outside a server it reaches the caller."""


class _Abortable:
    """Leaves the way to close the connection in each call's scope.

    Only uvicorn's request cycle knows the connection; ``send`` is its bound method.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        cycle = getattr(send, "__self__", None)
        scope[_ABORT] = getattr(getattr(cycle, "transport", None), "abort", None)
        await self._app(scope, receive, send)


class _Server(uvicorn.Server):
    """Says where it listens once it does: one line of JSON on stdout."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
            sys.stdout.flush()


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of a call; raises :class:`ConnectionDroppedError` where no server holds one."""
    abort = scope.get(_ABORT)
    if abort is None:
        raise ConnectionDroppedError
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def serve(app: ASGIApp, host: str, port: int, secret: str = "") -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one, ``secret`` opens the control paths."""
    config = uvicorn.Config(
        _Abortable(Guard(app, stand_in_admission(secret))),
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    for ending in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has shut down; the process shall end with 0.
        signal.signal(ending, lambda *_: None)
    asyncio.run(_Server(config).serve(sockets=[open_listener(host, port)]))


def open_listener(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Connections to it answer without a delay.

    Raises:
        OSError: another program has the port.
    """
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen()  # a port that is bound alone may be bound again by others who reuse addresses
    return listener
