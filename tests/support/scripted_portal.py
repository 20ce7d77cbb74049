"""A portal that answers what a test says, in that order, whatever it is asked."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient

Step = httpx2.Response | Exception


class ScriptedPortal:
    """``requests`` are what it was asked; the last step is repeated for whatever comes after it."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.requests: list[httpx2.Request] = []

    def http(self) -> httpx2.Client:
        """A connection to this portal."""
        return httpx2.Client(base_url="http://portal.test", transport=httpx2.MockTransport(self._respond))

    def client(
        self, on_call: Callable[[], None] = lambda: None, renew: Callable[[], httpx2.Client] | None = None
    ) -> HubSpotClient:
        """The client under test, connected to this portal."""
        return HubSpotClient(self.http(), ApiPaths("v3"), on_call, refresh_connection=renew)

    def bodies(self) -> list[Any]:
        """The JSON bodies it was sent."""
        return [json.loads(request.content) for request in self.requests if request.content]

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        step = self._steps[min(len(self.requests), len(self._steps)) - 1]
        if isinstance(step, Exception):
            raise step
        return httpx2.Response(step.status_code, headers=step.headers, content=step.content)


def ok(document: Any = None, status: int = 200) -> httpx2.Response:
    """A successful answer, of nothing in particular unless told."""
    return httpx2.Response(status, json={"results": []} if document is None else document)


def problem(status: int, *, retry_after: float | None = None, **body: Any) -> httpx2.Response:
    """An error of HubSpot's shape."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return httpx2.Response(status, headers=headers, json={"status": "error", "message": "scripted", **body})


def daily_limit() -> httpx2.Response:
    """The answer of a portal whose calls of the day are spent."""
    return problem(429, errorType="RATE_LIMIT", policyName="DAILY", message="You have reached your daily limit.")


def missing_scope(scope: str = "crm.objects.contacts.write") -> httpx2.Response:
    """The answer to a token that may not do this."""
    return problem(403, category="MISSING_SCOPES", context={"requiredGranularScopes": [scope]})
