"""What the project sends to its cache, held to what a serverless cache of AWS carries out.

It is in cluster mode and shows itself as one node: commands of a pipeline may go to any slot, but the keys of one
command, transaction or script are in one. Only commands that it supports are known here.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SupportedCommands.html
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis.connection import AbstractConnection, Connection, UnixDomainSocketConnection
from redis.crc import key_slot

if TYPE_CHECKING:
    from types import FrameType

Command = tuple[Any, ...]
OWN = tuple(f"{Path(__file__).parents[2] / folder}/" for folder in ("layers", "functions"))
TESTS = f"{Path(__file__).parents[1]}/"
SESSION = {"AUTH", "CLIENT", "HELLO", "PING", "SCRIPT EXISTS", "SCRIPT LOAD"}
FIRST = {
    *("GET", "SET", "INCRBY", "EXPIRE", "HGETALL", "HMGET", "HSET", "HINCRBY", "HDEL", "SADD", "SSCAN"),
}
ALL = {"DEL", "EXISTS"}
SCRIPTS = {"EVAL", "EVALSHA"}


def command_keys(command: Command) -> list[Any]:
    """The keys of a command.

    Raises:
        KeyError: nobody has looked up whether a serverless cache has this command, and where its keys are.
    """
    name, *arguments = command
    if name in SESSION:
        return []
    if name in SCRIPTS:
        count = int(arguments[1])
        if count == 0:
            raise KeyError(f"{name} without keys")
        return arguments[2 : 2 + count]
    if name in ALL:
        return arguments
    if name in FIRST:
        return arguments[:1]
    raise KeyError(name)


def units(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """The commands that a cache carries out together: those of a transaction, each other one alone."""
    together: list[Command] | None = None
    for command in commands:
        if command[0] == "MULTI":
            together = []
        elif command[0] == "EXEC":
            yield together or []
            together = None
        elif together is not None:
            together.append(command)
        else:
            yield [command]


def faults(commands: Sequence[Command]) -> list[str]:
    """What a serverless cache would refuse, in words."""
    found = []
    for unit in units(commands):
        try:
            keys = [_bytes(key) for command in unit for key in command_keys(command)]
        except KeyError as error:
            found.append(f"not known as a command of a serverless cache: {error.args[0]}")
            continue
        if len({key_slot(key) for key in keys}) > 1:
            found.append(f"{unit[0][0]} over several slots: {sorted(set(keys))}")
    return found


class SlotGuard:
    """Notes what the project's own code sends; what a test asks for itself is its own affair."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.commands = 0

    def check(self, commands: Sequence[Command]) -> None:
        """Look at what is about to be sent."""
        if _is_own():
            self.commands += len(commands)
            self.faults += faults(commands)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """See all commands of all clients from here on."""
        one: Any = Connection.pack_command
        many: Any = Connection.pack_commands

        def pack_command(connection: AbstractConnection, *arguments: Any) -> Any:
            self.check([arguments])
            return one(connection, *arguments)

        def pack_commands(connection: AbstractConnection, commands: Any) -> Any:
            listed = list(commands)
            self.check(listed)
            return many(connection, listed)

        send: Any = Connection.send_command

        def send_command(connection: AbstractConnection, *arguments: Any, **options: Any) -> Any:
            self.check([arguments])
            return send(connection, *arguments, **options)

        for kind in (Connection, UnixDomainSocketConnection):
            monkeypatch.setattr(kind, "send_command", send_command)
            monkeypatch.setattr(kind, "pack_command", pack_command)
            monkeypatch.setattr(kind, "pack_commands", pack_commands)


def _is_own() -> bool:
    """Whether the nearest code that is the project's or a test's is the project's."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OWN):
            return True
        if name.startswith(TESTS) and name != __file__:
            return False
        frame = frame.f_back
    return False


def _bytes(key: Any) -> bytes:
    return key if isinstance(key, bytes) else str(key).encode()
