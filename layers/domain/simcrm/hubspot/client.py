"""The portal's HTTP API: one call at a time, with the only retry layer of its path."""

from collections.abc import Callable
from copy import copy
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, Self

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.credentials import fits_http_header
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.errors import (
    DailyLimitError,
    PortalError,
    PortalUnavailableError,
    TokenRefusedError,
    UnknownWriteOutcomeError,
    error_from_response,
)
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter, Permit
from simcrm.hubspot.rate_limit.policy import CallOutcome, RateLimitHeaders, bucket_for_path

if TYPE_CHECKING:
    import httpx2

JsonObject = dict[str, Any]

MAX_ATTEMPTS = 4
"""Tries of one call inside one invocation; after that the message waits in its queue."""

MAX_RETRY_SECONDS = 20.0
RETRY_AFTER_SECONDS = 15.0
MAX_PAUSE_SECONDS = 10.0
"""The longest pause a function sleeps through: HubSpot's rate windows are 10 s."""


class HubSpotClient:
    """Sends JSON to a portal; safe to repeat, because every write carries keys of its own."""

    def __init__(
        self,
        http: "httpx2.Client",
        paths: ApiPaths,
        on_call: Callable[[], None] = lambda: None,
        limiter: HubSpotRateLimiter | None = None,
        *,
        refresh_connection: "Callable[[], httpx2.Client] | None" = None,
        seconds_left: Callable[[], float] = lambda: inf,
    ) -> None:
        """``http`` has the portal as base URL and the token in its headers; ``on_call`` counts each request.

        Without a limiter calls go out at once. ``refresh_connection`` makes, after a 401, one with the token that
        is valid now; without a change of it the refusal stands. Once the caller has no ``seconds_left``, no call
        begins any more, and none waits longer than that for the limit or to be tried again.
        """
        self.paths = paths
        self._http = http
        self._on_call = on_call
        self._limiter = limiter
        self._refresh_connection = refresh_connection
        self._seconds_left = seconds_left

    def with_check(self, check: Callable[[], None]) -> Self:
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

    def post_once(self, path: str, body: JsonObject) -> JsonObject:
        """Send what would be made twice if it were sent twice.

        Raises:
            UnclearWriteError: the portal may have done it; who sent it has to look.
            PortalRefusedError, PortalBusyError, CallRefusedError: as in ``post``.
        """
        return self._send("POST", path, body, repeatable=False)

    def _send(self, method: str, path: str, body: JsonObject | None, *, repeatable: bool = True) -> JsonObject:
        import stamina  # noqa: PLC0415 - only where a portal is called

        for attempt in stamina.retry_context(on=self._retry_decision, attempts=MAX_ATTEMPTS, timeout=MAX_RETRY_SECONDS):
            with attempt:
                try:
                    return self._with_valid_token(method, path, body)
                except UnknownWriteOutcomeError as error:
                    if repeatable:
                        raise PortalUnavailableError(str(error), error.retry_after) from error
                    raise
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _retry_decision(self, error: Exception) -> bool | float:
        """Stamina's hook: whether to try again, or after how many seconds."""
        if not isinstance(error, PortalUnavailableError) or isinstance(error, UnknownWriteOutcomeError):
            return False
        max_pause = min(MAX_PAUSE_SECONDS, self._seconds_left())
        if error.retry_after is None:
            return max_pause > 0
        return error.retry_after if error.retry_after <= max_pause else False

    def _with_valid_token(self, method: str, path: str, body: JsonObject | None) -> JsonObject:
        """Other threads of this process may have renewed the connection meanwhile."""
        used = self._http
        try:
            return self._rate_limited(method, path, body)
        except TokenRefusedError:
            if self._http is used:
                fresh = used if self._refresh_connection is None else self._refresh_connection()
                if fresh is used:
                    raise
                self._http = fresh
        return self._rate_limited(method, path, body)

    def _rate_limited(self, method: str, path: str, body: JsonObject | None) -> JsonObject:
        seconds_left = self._seconds_left()
        if seconds_left <= 0:
            raise PortalUnavailableError("the function's own time is over", retry_after=RETRY_AFTER_SECONDS)
        if self._limiter is None:
            return self._call(method, path, body)[0]
        permit = self._limiter.acquire(bucket_for_path(path), seconds_left)
        try:
            document, headers = self._call(method, path, body)
        except PortalError as error:
            self._limiter.release(permit, *_error_outcome(error))
            raise
        except BaseException:
            self._limiter.release(permit, CallOutcome.FAILED, RateLimitHeaders(), None)
            raise
        self._release(permit, headers)
        return document

    def _release(self, permit: Permit, headers: "httpx2.Headers") -> None:
        if self._limiter is not None:
            self._limiter.release(permit, CallOutcome.OK, _rate_limit_headers(headers), None)

    def _call(self, method: str, path: str, body: JsonObject | None) -> "tuple[JsonObject, httpx2.Headers]":
        import httpx2  # noqa: PLC0415 - only where a portal is called

        self._on_call()
        cloudwatch_metrics.record(Metric.HUBSPOT_CALLS)
        try:
            response = self._http.request(method, path, json=body)
        except httpx2.ConnectError as error:  # nothing has reached the portal
            raise PortalUnavailableError(f"{method} {path}: {type(error).__name__}") from error
        except httpx2.TransportError as error:
            raise UnknownWriteOutcomeError(f"{method} {path}: {type(error).__name__}") from error
        document: JsonObject = _json(response)
        if response.is_success:
            return document, response.headers
        refused = error_from_response(response.status_code, document, _retry_after(response))
        cloudwatch_metrics.record(
            Metric.HUBSPOT_THROTTLED, isinstance(refused, PortalUnavailableError) and refused.throttled
        )
        raise refused


def _error_outcome(error: PortalError) -> tuple[CallOutcome, RateLimitHeaders, float | None]:
    """What an error says about the portal's limits: only busy answers and a spent day do."""
    if isinstance(error, DailyLimitError):
        return CallOutcome.DAILY, RateLimitHeaders(), None
    if not isinstance(error, PortalUnavailableError):
        return CallOutcome.OK, RateLimitHeaders(), None
    outcome = CallOutcome.THROTTLED if error.throttled else CallOutcome.FAILED
    return outcome, RateLimitHeaders(), error.retry_after


def _rate_limit_headers(headers: "httpx2.Headers") -> RateLimitHeaders:
    limit = "X-HubSpot-RateLimit-"
    return RateLimitHeaders(
        _int_header(headers, f"{limit}Max"),
        _int_header(headers, f"{limit}Remaining"),
        _int_header(headers, f"{limit}Daily-Remaining"),
    )


def _int_header(headers: "httpx2.Headers", name: str) -> int | None:
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


def http_client(base_url: str, token: str, timeout: float) -> "httpx2.Client":
    """An HTTP client for a portal, to be kept for the life of the process.

    With a token that no header can carry, each call ends as one that the portal refuses, and nothing is sent.
    """
    import httpx2  # noqa: PLC0415 - only where a portal is called

    headers = {"User-Agent": "simcrm"}
    if not fits_http_header(token):
        return httpx2.Client(base_url=base_url, headers=headers, event_hooks={"request": [_refuse_token]})
    headers["Authorization"] = f"Bearer {token}"
    return httpx2.Client(base_url=base_url, headers=headers, timeout=timeout)


def _refuse_token(_request: "httpx2.Request") -> None:
    raise error_from_response(HTTPStatus.UNAUTHORIZED, {}, None)


__all__ = ["HubSpotClient", "JsonObject", "PortalError", "http_client"]
