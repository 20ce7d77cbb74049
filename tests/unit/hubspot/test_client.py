import itertools

import httpx2
import pytest
from scripted_portal import ScriptedPortal, daily_limit, missing_scope, ok, problem

from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient, http_client
from simcrm.hubspot.errors import (
    PortalAccessError,
    PortalError,
    PortalUnavailableError,
    RequestRejectedError,
    TokenRefusedError,
)
from simcrm.hubspot.rate_limit.budgets import RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter, Sleeper
from simcrm.hubspot.rate_limit.local_limiter import PROCESS_SHARE

DROPPED = httpx2.RemoteProtocolError("Server disconnected without sending a response.")
SLOW = httpx2.ReadTimeout("timed out")
REFUSED = httpx2.ConnectError("connection refused")


def test_a_document_is_sent_as_json() -> None:
    portal = ScriptedPortal(ok({"id": "1"}))

    assert portal.client().post("/crm/v3/objects/contacts", {"properties": {"a": "b"}}) == {"id": "1"}
    (request,) = portal.requests
    assert (request.method, request.url.path) == ("POST", "/crm/v3/objects/contacts")
    assert portal.bodies() == [{"properties": {"a": "b"}}]


def test_reading_sends_no_body() -> None:
    portal = ScriptedPortal(ok({"results": [1]}))

    assert portal.client().get("/crm/v3/owners") == {"results": [1]}
    assert (portal.requests[0].method, portal.requests[0].content) == ("GET", b"")


@pytest.mark.parametrize("status", [200, 201, 202, 207])
def test_any_success_is_an_answer(status: int) -> None:
    assert ScriptedPortal(ok({"a": 1}, status)).client().get("/x") == {"a": 1}


def test_an_answer_without_a_body_is_an_empty_document() -> None:
    assert ScriptedPortal(httpx2.Response(204)).client().post("/x", {}) == {}


def test_a_list_is_read_as_results() -> None:
    assert ScriptedPortal(ok([1, 2])).client().get("/x") == {"results": [1, 2]}


@pytest.mark.parametrize("fault", [problem(429), problem(423), problem(502), DROPPED, SLOW, REFUSED])
def test_a_busy_portal_is_asked_again(fault: httpx2.Response | Exception) -> None:
    portal = ScriptedPortal(fault, fault, ok({"a": 1}))

    assert portal.client().get("/x") == {"a": 1}
    assert len(portal.requests) == 3


@pytest.mark.parametrize("fault", [problem(429), problem(423), problem(503), DROPPED, SLOW, REFUSED])
def test_a_portal_that_stays_busy_is_asked_four_times(fault: httpx2.Response | Exception) -> None:
    portal = ScriptedPortal(fault)

    with pytest.raises(PortalUnavailableError):
        portal.client().post("/x", {})
    assert len(portal.requests) == 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (problem(400, category="VALIDATION_ERROR"), RequestRejectedError),
        (problem(404), RequestRejectedError),
        (problem(409), RequestRejectedError),
        (problem(401), PortalAccessError),
        (missing_scope(), PortalAccessError),
        (problem(477, retry_after=3600), PortalAccessError),
        (daily_limit(), PortalAccessError),
    ],
)
def test_what_a_repetition_cannot_mend_is_asked_once(answer: httpx2.Response, error: type[PortalError]) -> None:
    portal = ScriptedPortal(answer)

    with pytest.raises(error):
        portal.client().get("/x")
    assert len(portal.requests) == 1


def test_a_repeated_call_is_the_same_call() -> None:
    portal = ScriptedPortal(DROPPED, ok())

    portal.client().post("/x", {"inputs": [1]})

    assert portal.bodies() == [{"inputs": [1]}] * 2


def test_the_portals_own_wish_for_a_pause_is_kept(pauses: list[float]) -> None:
    ScriptedPortal(problem(429, retry_after=3), problem(423), ok()).client().get("/x")

    assert pauses == [3.0, 2.0]


def test_without_a_wish_pauses_are_short_and_grow(pauses: list[float]) -> None:
    with pytest.raises(PortalUnavailableError):
        ScriptedPortal(problem(502)).client().get("/x")

    assert len(pauses) == 3
    assert all(0 < pause < 5 for pause in pauses)


def test_a_pause_longer_than_hubspots_window_is_left_to_the_queue(pauses: list[float]) -> None:
    portal = ScriptedPortal(problem(429, retry_after=11))

    with pytest.raises(PortalUnavailableError) as caught:
        portal.client().get("/x")

    assert (caught.value.retry_after, len(portal.requests), pauses) == (11.0, 1, [])


def test_a_call_is_not_repeated_after_twenty_seconds(pauses: list[float]) -> None:
    with pytest.raises(PortalUnavailableError):
        ScriptedPortal(problem(429, retry_after=10)).client().get("/x")

    assert pauses == [10.0, 10.0]


def test_a_pause_that_is_no_number_is_no_wish(pauses: list[float]) -> None:
    answer = httpx2.Response(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, json={})

    assert ScriptedPortal(answer, ok({"a": 1})).client().get("/x") == {"a": 1}
    assert len(pauses) == 1


def test_each_request_is_counted_repetitions_too() -> None:
    calls: list[None] = []
    portal = ScriptedPortal(problem(502), problem(502), ok())

    portal.client(on_call=lambda: calls.append(None)).get("/x")

    assert len(calls) == 3


def test_an_error_page_that_is_no_json_is_a_busy_portal() -> None:
    portal = ScriptedPortal(httpx2.Response(502, content=b"<html>Bad gateway</html>"))

    with pytest.raises(PortalUnavailableError, match="HubSpot answered 502: the response is not JSON"):
        portal.client().get("/x")


def test_a_lost_connection_is_named_by_its_kind() -> None:
    with pytest.raises(PortalUnavailableError, match="GET /x: RemoteProtocolError"):
        ScriptedPortal(DROPPED).client().get("/x")


def test_a_connection_carries_address_token_and_timeout() -> None:
    with http_client("http://portal.test", "secret", 7.5) as http:
        request = http.build_request("GET", "/crm/v3/owners")

    assert str(request.url) == "http://portal.test/crm/v3/owners"
    assert request.headers["Authorization"] == "Bearer secret"
    assert http.timeout == httpx2.Timeout(7.5)


def test_a_token_that_was_rotated_is_read_anew_and_the_call_repeated() -> None:
    old, new = ScriptedPortal(problem(401)), ScriptedPortal(ok({"a": 1}))
    fresh = new.http()

    assert old.client(renew=lambda: fresh).get("/x") == {"a": 1}
    assert (len(old.requests), len(new.requests)) == (1, 1)


def test_a_token_that_is_refused_after_it_was_read_anew_ends_the_call() -> None:
    old, new = ScriptedPortal(problem(401)), ScriptedPortal(problem(401))
    fresh, read = new.http(), list[None]()

    def renew() -> httpx2.Client:
        read.append(None)
        return fresh

    client = old.client(renew=renew)
    for _ in range(2):
        with pytest.raises(TokenRefusedError):
            client.get("/x")
    assert (len(old.requests), len(new.requests), len(read)) == (1, 2, 2)


def test_the_same_token_is_not_tried_twice() -> None:
    portal = ScriptedPortal(problem(401))
    http = portal.http()
    client = HubSpotClient(http, ApiPaths("v3"), refresh_connection=lambda: http)

    with pytest.raises(TokenRefusedError):
        client.get("/x")
    assert len(portal.requests) == 1


def test_once_the_callers_time_is_over_no_call_begins() -> None:
    portal, left = ScriptedPortal(ok({"a": 1})), [3.0]
    client = HubSpotClient(portal.http(), ApiPaths("v3"), seconds_left=lambda: left[0])
    client.get("/x")
    left[0] = 0.0

    with pytest.raises(PortalUnavailableError, match="about to time out") as caught:
        client.get("/x")
    assert (caught.value.retry_after, len(portal.requests)) == (15.0, 1)


def test_nobody_waits_for_the_limit_beyond_the_callers_time() -> None:
    portal, slept = ScriptedPortal(ok({"a": 1})), list[float]()
    clock = itertools.count()  # a second passes with each look at it
    timing = Sleeper(lambda: float(next(clock)), slept.append)
    limiter = HubSpotRateLimiter(None, RateLimits(standard=PROCESS_SHARE), timing)  # one call in ten seconds
    client = HubSpotClient(portal.http(), ApiPaths("v3"), limiter=limiter, seconds_left=lambda: 2.0)
    client.get("/x")

    with pytest.raises(PortalUnavailableError, match="waiting for the portal's limit"):
        client.get("/x")
    assert (slept, len(portal.requests)) == ([], 1)
