"""Serve an ASGI application on this machine: print the address, end on a signal, and drop connections on request."""

import asyncio
import json
import signal
import socket
import sys

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from local_server.origin_guard import Guard, stand_in_admission

_ABORT = "local_server.abort"
"""Key in a call's scope for the function that closes its connection."""


class ConnectionDroppedError(Exception):
    """Ends a call without a response; without a server, it reaches the caller."""


class _Abortable:
    """Stores the function that closes the connection in each call's scope.

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
    """Prints its address as one line of JSON on stdout once it is listening."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then print the address."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
            sys.stdout.flush()


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of a call.

    Raises:
        ConnectionDroppedError: no server holds the connection.
    """
    abort = scope.get(_ABORT)
    if abort is None:
        raise ConnectionDroppedError
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def serve(app: ASGIApp, host: str, port: int, secret: str = "") -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one, and ``secret`` protects the control paths."""
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
        # uvicorn raises the signal again after it has shut down, but the process should exit with 0.
        signal.signal(ending, lambda *_: None)
    asyncio.run(_Server(config).serve(sockets=[open_listener(host, port)]))


def open_listener(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Responses on it are sent without delay.

    Raises:
        OSError: the port is taken.
    """
    # asyncio disables Nagle's algorithm only if the protocol is given; with it, each response takes 40 ms longer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen()  # a port that is only bound may be bound again by others who reuse addresses
    return listener
