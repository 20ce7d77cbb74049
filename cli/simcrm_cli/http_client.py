"""HTTP clients with a token; servers on this machine bypass the user's proxy."""

from urllib.parse import urlsplit

import httpx2

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def http_client(url: str, token: str, timeout: float) -> httpx2.Client:
    """Return a client for one server; ``timeout`` in seconds applies to each step, and an empty token is not sent."""
    return httpx2.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=timeout,
        trust_env=not is_on_this_machine(url),
    )


def is_on_this_machine(url: str) -> bool:
    """Whether a URL names a loopback address."""
    return urlsplit(url).hostname in _THIS_MACHINE
