"""Command line of the local HubSpot: serves until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import signal
import socket
import sys
from typing import get_args

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from local_hubspot.app import Config, create_app
from local_hubspot.gateway.endpoint import ABORT
from local_hubspot.portal.settings import AccountType, Plan, Settings


class _Abortable:
    """Leaves the way to close the connection in each call's scope.

    Only uvicorn's request cycle knows the connection; ``send`` is its bound method.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        cycle = getattr(send, "__self__", None)
        scope[ABORT] = getattr(getattr(cycle, "transport", None), "abort", None)
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


def main(arguments: list[str] | None = None) -> None:
    """Bind, announce the address, serve."""
    given = _parser().parse_args(arguments)
    tokens = dict(_token(text) for text in given.token)
    settings = Settings(
        plan=given.plan,
        account_type=given.account_type,
        search_lag_seconds=given.search_lag,
        create_companies=given.create_companies,
    )
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((given.host, given.port))
    app = create_app(Config(settings=settings, tokens=tokens))
    config = uvicorn.Config(
        _Abortable(app),
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
    asyncio.run(_Server(config).serve(sockets=[listener]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local_hubspot", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--token", action="append", default=[], help="a token to accept, TOKEN or TOKEN=scope,scope; default: any"
    )
    parser.add_argument("--plan", type=Plan, choices=list(Plan), default=Plan.UNLIMITED)
    parser.add_argument("--account-type", choices=get_args(AccountType), default="DEVELOPER_TEST")
    parser.add_argument("--search-lag", type=float, default=0.0, help="seconds until a search sees a change")
    parser.add_argument("--create-companies", action="store_true", help="one for each new e-mail domain")
    return parser


def _token(text: str) -> tuple[str, frozenset[str] | None]:
    token, _, scopes = text.partition("=")
    return token, frozenset(scopes.split(",")) if scopes else None


if __name__ == "__main__":
    main()
