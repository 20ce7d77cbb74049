"""HTTP clients with a token; servers on this machine are not looked for behind the user's proxy."""

from urllib.parse import urlsplit

import httpx2

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def http_client(url: str, token: str, timeout: float) -> httpx2.Client:
    """A client for one server; ``timeout`` in seconds holds for each step of a request, no token sends none."""
    return httpx2.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=timeout,
        trust_env=not is_on_this_machine(url),
    )


def is_on_this_machine(url: str) -> bool:
    """Whether a URL names a loopback address."""
    return urlsplit(url).hostname in _THIS_MACHINE
