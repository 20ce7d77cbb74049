"""HTTP to this machine: past the user's proxies, over one client for the life of the process."""

from functools import cache
from typing import Any

import httpx2


@cache
def _client() -> httpx2.Client:
    return httpx2.Client(trust_env=False)


def get_json(url: str, timeout: float) -> Any:
    """The JSON of a successful answer; nothing for any other, or for none."""
    try:
        answer = _client().get(url, timeout=timeout)
        return answer.json() if answer.is_success else None
    except (httpx2.HTTPError, ValueError):
        return None
