"""The portal's HTTP API: one call at a time, with the only retry layer of its path."""

from collections.abc import Callable
from copy import copy
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, Self

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.credentials import is_sendable
from simcrm.hubspot.api_paths import Paths
from simcrm.hubspot.errors import (
    DailyLimitError,
    PortalBusyError,
    PortalError,
    TokenRefusedError,
    UnclearWriteError,
    error_of,
)
from simcrm.hubspot.rate_limit.limiter import Grant, Limiter
from simcrm.hubspot.rate_limit.policy import Headers, Outcome, family_of

if TYPE_CHECKING:
    import httpx2

JsonObject = dict[str, Any]

ATTEMPTS = 4
"""Tries of one call inside one invocation; after that the message waits in its queue."""

TOTAL_SECONDS = 20.0
AGAIN_SECONDS = 15.0
MAX_PAUSE_SECONDS = 10.0
"""The longest pause a function sleeps through: HubSpot's rate windows are 10 s."""


class HubSpotClient:
    """Sends JSON to a portal; safe to repeat, because every write carries keys of its own."""

    def __init__(
        self,
        http: "httpx2.Client",
        paths: Paths,
        on_call: Callable[[], None] = lambda: None,
        limiter: Limiter | None = None,
        *,
        renew: "Callable[[], httpx2.Client] | None" = None,
        seconds_left: Callable[[], float] = lambda: inf,
    ) -> None:
        """``http`` has the portal as base URL and the token in its headers; ``on_call`` counts each request.

        Without a limiter calls go out at once. ``renew`` is asked after a 401 for a connection with the token that
        is valid now; without a change of it the refusal stands. Once the caller has no ``seconds_left``, no call
        begins any more, and none waits longer than that for the limit or to be tried again.
        """
        self.paths = paths
        self._http = http
        self._on_call = on_call
        self._limiter = limiter
        self._renew = renew
        self._seconds_left = seconds_left

    def guarded(self, check: Callable[[], None]) -> Self:
        """The same client, asking ``check`` just before each request; what it raises goes to the caller."""

        def before_call() -> None:
            check()
            self._on_call()

        other = copy(self)
        vars(other)["_on_call"] = before_call
        return other

    def get(self, path: str) -> JsonObject:
        """Read a document."""
        return self._send("GET", path, None)

    def post(self, path: str, body: JsonObject) -> JsonObject:
        """Send a document; the answer of any 2xx status.

        Raises:
            PortalRefusedError: no call will succeed until somebody acts.
            PortalBusyError: the portal stayed busy over all attempts.
            CallRefusedError: the content is refused.
        """
        return self._send("POST", path, body)

    def create(self, path: str, body: JsonObject) -> JsonObject:
        """Send what would be made twice if it were sent twice.

        Raises:
            UnclearWriteError: the portal may have done it; who sent it has to look.
            PortalRefusedError, PortalBusyError, CallRefusedError: as in ``post``.
        """
        return self._send("POST", path, body, repeatable=False)

    def _send(self, method: str, path: str, body: JsonObject | None, *, repeatable: bool = True) -> JsonObject:
        import stamina  # noqa: PLC0415 - only where a portal is called

        for attempt in stamina.retry_context(on=self._pause, attempts=ATTEMPTS, timeout=TOTAL_SECONDS):
            with attempt:
                try:
                    return self._with_valid_token(method, path, body)
                except UnclearWriteError as error:
                    if repeatable:
                        raise PortalBusyError(str(error), error.retry_after) from error
                    raise
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _pause(self, error: Exception) -> bool | float:
        """Stamina's hook: whether to try again, or after how many seconds."""
        if not isinstance(error, PortalBusyError) or isinstance(error, UnclearWriteError):
            return False
        longest = min(MAX_PAUSE_SECONDS, self._seconds_left())
        if error.retry_after is None:
            return longest > 0
        return error.retry_after if error.retry_after <= longest else False

    def _with_valid_token(self, method: str, path: str, body: JsonObject | None) -> JsonObject:
        """Other threads of this process may have renewed the connection meanwhile."""
        used = self._http
        try:
            return self._limited(method, path, body)
        except TokenRefusedError:
            if self._http is used:
                fresh = used if self._renew is None else self._renew()
                if fresh is used:
                    raise
                self._http = fresh
        return self._limited(method, path, body)

    def _limited(self, method: str, path: str, body: JsonObject | None) -> JsonObject:
        left = self._seconds_left()
        if left <= 0:
            raise PortalBusyError("the function's own time is over", retry_after=AGAIN_SECONDS)
        if self._limiter is None:
            return self._call(method, path, body)[0]
        grant = self._limiter.acquire(family_of(path), left)
        try:
            document, headers = self._call(method, path, body)
        except PortalError as error:
            self._limiter.settle(grant, *_learned(error))
            raise
        except BaseException:
            self._limiter.settle(grant, Outcome.FAILED, Headers(), None)
            raise
        self._learn(grant, headers)
        return document

    def _learn(self, grant: Grant, headers: "httpx2.Headers") -> None:
        if self._limiter is not None:
            self._limiter.settle(grant, Outcome.OK, _said(headers), None)

    def _call(self, method: str, path: str, body: JsonObject | None) -> "tuple[JsonObject, httpx2.Headers]":
        import httpx2  # noqa: PLC0415 - only where a portal is called

        self._on_call()
        cloudwatch_metrics.add(Measure.HUBSPOT_CALLS)
        try:
            response = self._http.request(method, path, json=body)
        except httpx2.ConnectError as error:  # nothing has reached the portal
            raise PortalBusyError(f"{method} {path}: {type(error).__name__}") from error
        except httpx2.TransportError as error:
            raise UnclearWriteError(f"{method} {path}: {type(error).__name__}") from error
        document: JsonObject = _json(response)
        if response.is_success:
            return document, response.headers
        refused = error_of(response.status_code, document, _retry_after(response))
        cloudwatch_metrics.add(Measure.HUBSPOT_THROTTLED, isinstance(refused, PortalBusyError) and refused.throttled)
        raise refused


def _learned(error: PortalError) -> tuple[Outcome, Headers, float | None]:
    """What an error says about the portal's limits: only busy answers and a spent day do."""
    if isinstance(error, DailyLimitError):
        return Outcome.DAILY, Headers(), None
    if not isinstance(error, PortalBusyError):
        return Outcome.OK, Headers(), None
    outcome = Outcome.THROTTLED if error.throttled else Outcome.FAILED
    return outcome, Headers(), error.retry_after


def _said(headers: "httpx2.Headers") -> Headers:
    limit = "X-HubSpot-RateLimit-"
    return Headers(
        _number(headers, f"{limit}Max"),
        _number(headers, f"{limit}Remaining"),
        _number(headers, f"{limit}Daily-Remaining"),
    )


def _number(headers: "httpx2.Headers", name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if value.isdigit() else None


def _retry_after(response: "httpx2.Response") -> float | None:
    try:
        return float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None


def _json(response: "httpx2.Response") -> JsonObject:
    if not response.content:
        return {}
    try:
        document = response.json()
    except ValueError:
        return {"message": "the answer is no JSON"}
    return document if isinstance(document, dict) else {"results": document}


def connect(base_url: str, token: str, timeout: float) -> "httpx2.Client":
    """An HTTP client for a portal, to be kept for the life of the process.

    With a token that no header can carry, each call ends as one that the portal refuses, and nothing is sent.
    """
    import httpx2  # noqa: PLC0415 - only where a portal is called

    headers = {"User-Agent": "simcrm"}
    if not is_sendable(token):
        return httpx2.Client(base_url=base_url, headers=headers, event_hooks={"request": [_refuse_token]})
    headers["Authorization"] = f"Bearer {token}"
    return httpx2.Client(base_url=base_url, headers=headers, timeout=timeout)


def _refuse_token(_request: "httpx2.Request") -> None:
    raise error_of(HTTPStatus.UNAUTHORIZED, {}, None)


__all__ = ["HubSpotClient", "JsonObject", "PortalError", "connect"]
