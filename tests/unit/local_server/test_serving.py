"""The sockets that servers of the stack listen on."""

import asyncio
import socket

import pytest

from local_server.serving import open_listener

LOOPBACK = "127.0.0.1"


def test_connections_send_answers_at_once() -> None:
    """Nagle's algorithm would keep the second part of each answer back until the first is acknowledged."""
    without_delay: list[int] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        without_delay.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def connect() -> None:
        listener = open_listener(LOOPBACK, 0)
        async with await asyncio.start_server(answer, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
            await writer.wait_closed()

    asyncio.run(connect())

    assert len(without_delay) == 1
    assert without_delay[0]


def test_a_port_that_is_taken_is_refused() -> None:
    with open_listener(LOOPBACK, 0) as first, pytest.raises(OSError, match="in use"):
        open_listener(LOOPBACK, first.getsockname()[1])
