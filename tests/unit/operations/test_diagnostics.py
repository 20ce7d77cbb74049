"""What each check of a deployment finds, and how it says to mend it."""

import json
from typing import Any

import httpx2
import pytest
import redis
from botocore.exceptions import ClientError, EndpointConnectionError
from portal_in_process import LocalPortal
from scripted_portal import ScriptedPortal, missing_scope, ok, problem

from simcrm.core.config import LlmCallConfig
from simcrm.operations.diagnostics import (
    CheckState,
    check_cache,
    check_portal,
    check_queue,
    check_secret,
    unreadable_secret,
)
from simcrm.operations.llm_key_check import check_model

OK, WARNING, FAILED = CheckState.OK, CheckState.WARNING, CheckState.FAILED


class Queue:
    """A queue with these attributes, or an error."""

    def __init__(self, error: Exception | None = None, **attributes: str) -> None:
        ample = {"VisibilityTimeout": "180", "RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn"})}
        counts = {"ApproximateNumberOfMessages": "3", "ApproximateNumberOfMessagesNotVisible": "4"}
        self._attributes, self._error = ample | counts | attributes, error

    def get_queue_attributes(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"QueueUrl": "url", "AttributeNames": ["All"]}
        if self._error is not None:
            raise self._error
        return {"Attributes": self._attributes}


def queue(timeout: float = 30.0, error: Exception | None = None, **attributes: str) -> tuple[CheckState, str, str]:
    check = check_queue(Queue(error, **attributes), "url", timeout)  # type: ignore[arg-type]
    assert check.name == "queue"
    return check.state, check.found, check.remedy


def test_a_secret_without_tokens_or_that_cannot_be_read_is_named() -> None:
    empty = check_secret(["bossToken", "apiToken"])

    assert (empty.state, check_secret([]).state, unreadable_secret("no JSON").state) == (FAILED, OK, FAILED)
    assert "it lacks bossToken, apiToken" in empty.found
    assert unreadable_secret("no JSON").found == "it cannot be read: no JSON"
    assert check_secret([]).to_document() == {
        "name": "secret",
        "state": "ok",
        "found": "it is readable and contains the operator and boss tokens",
        "remedy": "",
    }


def test_a_cache_is_written_to_for_a_minute(cache: redis.Redis) -> None:
    assert check_cache(cache, is_misconfigured=False).state is OK
    assert 0 < cache.ttl("simcrm:check") <= 60
    assert cache.ttl("simcrm:check") > 50


def test_a_cache_that_is_none_or_away_or_has_a_bad_address_is_named(absent_redis_url: str) -> None:
    away = redis.Redis.from_url(absent_redis_url)
    checks = [
        check_cache(None, is_misconfigured=True),
        check_cache(None, is_misconfigured=False),
        check_cache(away, is_misconfigured=False),
    ]

    assert [check.state for check in checks] == [FAILED] * 3
    assert [check.found.split(":")[0] for check in checks] == [
        "its URL cannot be parsed",
        "there is none",
        "it does not answer (ConnectionError)",
    ]
    assert "redisUrl" in checks[0].remedy
    assert checks[0].remedy == checks[1].remedy != checks[2].remedy


def test_a_queue_is_well_if_messages_stay_hidden_for_six_writers() -> None:
    assert queue() == (OK, "7 messages are waiting", "")
    assert queue(VisibilityTimeout="180", timeout=30.0)[0] is OK
    state, found, remedy = queue(VisibilityTimeout="179")
    assert (state, found) == (FAILED, "messages reappear after 179 s, while a writer may run 30 s")
    assert "Deploy again" in remedy


@pytest.mark.parametrize("policy", ["{}", json.dumps({"maxReceiveCount": 3})])
def test_a_queue_that_drops_messages_is_named(policy: str) -> None:
    assert queue(RedrivePolicy=policy)[:2] == (FAILED, "messages that are given up would be lost")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetQueueAttributes"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="http://aws.example"), "EndpointConnectionError"),
    ],
)
def test_a_queue_that_cannot_be_asked_is_named(error: Exception, code: str) -> None:
    assert queue(error=error)[:2] == (FAILED, f"it cannot be read ({code})")


def test_a_portal_with_all_scopes_is_well(portal: LocalPortal) -> None:
    check = check_portal(portal.client())

    assert (check.name, check.state, check.remedy) == ("hubspot", OK, "")
    assert "accepts the token, which has all scopes" in check.found


@pytest.mark.parametrize(
    ("answer", "found", "remedy"),
    [
        (problem(401), "the portal does not accept the token", "hubspotToken"),
        (missing_scope(), "the token lacks ", "Grant them"),
        (problem(477), "HubSpot is moving this portal", "docs/hubspot.md"),
        (problem(400), "the portal cannot be reached: HubSpot answered 400", "try again later"),
        (problem(503), "the portal cannot be reached: HubSpot answered 503", "try again later"),
    ],
)
def test_a_portal_that_refuses_says_why(answer: httpx2.Response, found: str, remedy: str) -> None:
    check = check_portal(ScriptedPortal(answer).client())

    assert check.state is FAILED
    assert check.found.startswith(found)
    assert remedy in check.remedy


def test_a_production_portal_is_a_warning() -> None:
    client = ScriptedPortal(ok({"portalId": 7, "accountType": "STANDARD", "results": []})).client()

    check = check_portal(client)

    assert (check.state, check.found) == (
        WARNING,
        "portal 7 accepts the token, which has all scopes; it is a production portal",
    )
    assert "allowProductionPortal" in check.remedy


# The model


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[httpx2.Request]:
    """Requests to a provider that answers with the status in their path's query, by default 200."""
    seen: list[httpx2.Request] = []

    def handle(_transport: object, request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        status = int(request.url.host.split(".")[0].removeprefix("s")) if request.url.host.startswith("s") else 200
        if status == 0:
            raise httpx2.ConnectError("away")
        return httpx2.Response(status)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
    return seen


def config(**settings: str) -> LlmCallConfig:
    return LlmCallConfig.load({f"AI_{name.upper()}": value for name, value in settings.items()})


def test_without_a_model_nothing_is_asked(requests: list[httpx2.Request]) -> None:
    off = check_model(config(enabled="false"), "")
    synthetic = check_model(config(provider="synthetic"), "")

    assert (off.state, synthetic.state, requests) == (OK, OK, [])
    assert off.found == synthetic.found == "no model is used: text is composed from data"


def test_a_missing_key_is_a_warning_and_a_broken_one_a_failure(requests: list[httpx2.Request]) -> None:
    missing, broken = check_model(config(), ""), check_model(config(), "sk\u200b")

    assert (missing.state, broken.state, requests) == (WARNING, FAILED, [])
    assert missing.found == "there is no key: text is composed from data"
    assert broken.found == "the key contains characters that no key has"
    assert "anthropicApiKey" in missing.remedy
    assert missing.remedy == broken.remedy


@pytest.mark.parametrize(
    ("status", "state", "found"),
    [
        (200, OK, "anthropic accepts the key for m"),
        (401, FAILED, "anthropic refuses the key (401)"),
        (403, FAILED, "anthropic refuses the key (403)"),
        (404, FAILED, "anthropic has no model m"),
        (500, WARNING, "anthropic cannot be reached (500): text is composed from data meanwhile"),
        (0, WARNING, "anthropic cannot be reached (no answer): text is composed from data meanwhile"),
    ],
)
def test_a_provider_is_asked_for_its_model(
    requests: list[httpx2.Request], status: int, state: CheckState, found: str
) -> None:
    check = check_model(config(model="m", base_url=f"http://s{status}.example"), "key")

    assert (check.name, check.state, check.found) == ("model", state, found)
    assert [str(request.url) for request in requests] == [f"http://s{status}.example/v1/models/m"]
    assert (requests[0].headers["x-api-key"], requests[0].headers["anthropic-version"]) == ("key", "2023-06-01")
    assert "authorization" not in requests[0].headers


def test_another_provider_is_asked_for_its_list(requests: list[httpx2.Request]) -> None:
    assert check_model(config(provider="openai", base_url="http://m.example/v1"), "key").state is OK

    assert str(requests[0].url) == "http://m.example/v1/models"
    assert requests[0].headers["authorization"] == "Bearer key"
    assert "x-api-key" not in requests[0].headers


def test_anthropics_own_address_is_used_unless_another_is_set(requests: list[httpx2.Request]) -> None:
    elsewhere = LlmCallConfig.load({"AI_MODEL": "m", "ANTHROPIC_BASE_URL": "http://a.example"})
    check_model(config(model="m"), "key")
    check_model(elsewhere, "key")

    assert [request.url.host for request in requests] == ["api.anthropic.com", "a.example"]
