"""The portal's HTTP API: one call at a time, with the only retry layer on its path."""

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
from simcrm.hubspot.rate_limit.budgets import CallOutcome, RateLimitHeaders, bucket_for_path
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter

if TYPE_CHECKING:
    import httpx2

JsonObject = dict[str, Any]

MAX_ATTEMPTS = 4
"""Attempts at one call within one invocation; after that the message waits in its queue."""

MAX_RETRY_SECONDS = 20.0
NEXT_INVOCATION_SECONDS = 15.0
MAX_PAUSE_SECONDS = 10.0
"""The longest pause that a function sleeps through; HubSpot's rate limit windows are 10 s."""


class HubSpotClient:
    """Sends JSON to a portal; writes can be repeated safely, because each carries its own keys."""

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
        """``http`` has the portal as its base URL and the token in its headers; ``on_call`` counts each request.

        Without a limiter, calls are sent at once. After a 401, ``refresh_connection`` returns a client with the current
        token; if it is the same client, the refusal stands. Once ``seconds_left`` reaches 0, no call starts, and no
        call waits longer than that for the rate limiter or a retry.
        """
        self.paths = paths
        self._http = http
        self._on_call = on_call
        self._limiter = limiter
        self._refresh_connection = refresh_connection
        self._seconds_left = seconds_left

    def with_check(self, check: Callable[[], None]) -> Self:
        """The same client, but ``check`` runs just before each request, and what it raises goes to the caller."""

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
        """Send a document and return the body of the 2xx response.

        Raises:
            PortalAccessError: no call will succeed until somebody acts.
            PortalUnavailableError: the portal stayed unavailable for all attempts.
            RequestRejectedError: HubSpot refused the content.
        """
        return self._send("POST", path, body)

    def post_once(self, path: str, body: JsonObject) -> JsonObject:
        """Send a document that would create duplicates if it were sent twice.

        Raises:
            UnknownWriteOutcomeError: the portal may have processed it; the caller has to check.
            PortalAccessError, PortalUnavailableError, RequestRejectedError: as in ``post``.
        """
        return self._send("POST", path, body, repeatable=False)

    def _send(self, method: str, path: str, body: JsonObject | None, *, repeatable: bool = True) -> JsonObject:
        import stamina  # noqa: PLC0415 - only for calling a portal

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
        """Stamina's hook: whether to retry, or after how many seconds."""
        if not isinstance(error, PortalUnavailableError) or isinstance(error, UnknownWriteOutcomeError):
            return False
        max_pause = min(MAX_PAUSE_SECONDS, self._seconds_left())
        if error.retry_after is None:
            return max_pause > 0
        return error.retry_after if error.retry_after <= max_pause else False

    def _with_valid_token(self, method: str, path: str, body: JsonObject | None) -> JsonObject:
        """Retry with a new token after a refusal; another thread may already have refreshed the connection."""
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
            raise PortalUnavailableError("the function is about to time out", retry_after=NEXT_INVOCATION_SECONDS)
        if self._limiter is None:
            return _document(self._request(method, path, body))
        permit = self._limiter.acquire(bucket_for_path(path), seconds_left)
        outcome, headers, retry_after = CallOutcome.FAILED, RateLimitHeaders(), None
        try:
            response = self._request(method, path, body)
            headers = _rate_limit_headers(response.headers)
            document = _document(response)
            outcome = CallOutcome.OK
        except PortalError as error:
            outcome, retry_after = _error_outcome(error)
            raise
        finally:
            self._limiter.release(permit, outcome, headers, retry_after)
        return document

    def _request(self, method: str, path: str, body: JsonObject | None) -> "httpx2.Response":
        import httpx2  # noqa: PLC0415 - only for calling a portal

        self._on_call()
        cloudwatch_metrics.record(Metric.HUBSPOT_CALLS)
        try:
            return self._http.request(method, path, json=body)
        except httpx2.ConnectError as error:  # nothing reached the portal
            raise PortalUnavailableError(f"{method} {path}: {type(error).__name__}") from error
        except httpx2.TransportError as error:
            raise UnknownWriteOutcomeError(f"{method} {path}: {type(error).__name__}") from error


def _document(response: "httpx2.Response") -> JsonObject:
    """Return the body of a 2xx response.

    Raises:
        PortalError: the response is no 2xx.
    """
    document = _json(response)
    if response.is_success:
        return document
    refused = error_from_response(response.status_code, document, _retry_after(response))
    cloudwatch_metrics.record(
        Metric.HUBSPOT_THROTTLED, isinstance(refused, PortalUnavailableError) and refused.throttled
    )
    raise refused


def _error_outcome(error: PortalError) -> tuple[CallOutcome, float | None]:
    """What an error says about the portal's limits: only unavailability and a spent daily limit count."""
    if isinstance(error, DailyLimitError):
        return CallOutcome.DAILY, None
    if not isinstance(error, PortalUnavailableError):
        return CallOutcome.OK, None
    return CallOutcome.THROTTLED if error.throttled else CallOutcome.FAILED, error.retry_after


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
        return {"message": "the response is not JSON"}
    return document if isinstance(document, dict) else {"results": document}


def http_client(base_url: str, token: str, timeout: float) -> "httpx2.Client":
    """An HTTP client for a portal, to be reused for the lifetime of the process.

    If no header can carry the token, each call fails as if the portal had refused it, and nothing is sent.
    """
    import httpx2  # noqa: PLC0415 - only for calling a portal

    headers = {"User-Agent": "simcrm"}
    if not fits_http_header(token):
        return httpx2.Client(base_url=base_url, headers=headers, event_hooks={"request": [_refuse_token]})
    headers["Authorization"] = f"Bearer {token}"
    return httpx2.Client(base_url=base_url, headers=headers, timeout=timeout)


def _refuse_token(_request: "httpx2.Request") -> None:
    raise error_from_response(HTTPStatus.UNAUTHORIZED, {}, None)


__all__ = ["HubSpotClient", "JsonObject", "PortalError", "http_client"]
